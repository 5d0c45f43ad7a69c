"""Question files as the imports know them: how they are judged against a bank and written into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.exports import TYPE_WORDS, sheet, width_of
from portal.exams.exports import row as sheet_row
from portal.exams.importers import Judged, Note, ParsedRow, ParseResult, classify
from portal.exams.importers import Verdict as Judgment
from portal.exams.importers.model import CHOICES
from portal.exams.models import QuestionBank
from portal.exams.queries import bank as queries
from portal.exams.rules.question import QuestionContent
from portal.exams.services import bank_rows
from portal.exams.words_bank import FORMAT_LABELS, TYPE_LABELS, sentence
from portal.extensions import db
from portal.files.sniffing import kind_of
from portal.imports.registry import (
    Importer,
    Judgement,
    Mode,
    RowNote,
    StagedRow,
    Target,
    Verdict,
    Written,
    reasons,
    register,
)
from portal.web.arguments import number

PARSE = "portal.exams.importers.reading:parse_to_json"
SECONDS, MEMORY_MB = 120, 1024
SUFFIXES = (".docx", ".xlsx", ".xls", ".csv", ".txt", ".gift", ".aiken", ".xml", ".zip")

_VERDICTS = {
    Judgment.ACCEPTED: Verdict.ACCEPTED,
    Judgment.DUPLICATE: Verdict.DUPLICATE,
    Judgment.CONFLICT: Verdict.REJECTED,
    Judgment.REJECTED: Verdict.REJECTED,
}


def target(session: Session, viewer: Viewer, args: Mapping[str, Any]) -> Target:
    """The bank that the questions go to. Raises LookupError for one that the viewer may not change."""
    asked = number(str(args.get("bank", "")))
    bank = queries.editable_bank(session, viewer, asked) if asked is not None else None
    if bank is None:
        raise LookupError(asked)
    return Target({"bank": bank.id}, bank.name, url_for("exams.bank", bank_id=bank.id))


def known(session: Session, options: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """What the bank holds already."""
    return queries.identities(session, options["bank"])


def judge(parsed: Any, existing: tuple[dict[str, str], set[str]], _options: Mapping[str, Any]) -> Judgement:
    """Every question found, with what will become of it."""
    result = ParseResult.from_dict(parsed)
    judged = classify(result.rows, *existing)
    kinds = [item.row.kind.value for item in judged]
    return Judgement(
        rows=[_staged(item) for item in judged],
        warnings=[_note(each) for each in result.warnings],
        extra={"format": result.format, "kinds": {kind: kinds.count(kind) for kind in TYPE_LABELS}},
    )


def _staged(item: Judged) -> StagedRow:
    row = item.row
    notes = list(row.problems) if item.verdict is Judgment.REJECTED else []
    if item.reason and item.reason not in {each.code for each in notes}:
        notes.insert(0, Note.of(item.reason))
    if item.same_stem:
        notes.append(Note.of("same-stem"))
    notes += row.warnings
    return StagedRow(
        verdict=_VERDICTS[item.verdict],
        where=row.where,
        title=row.stem,
        kind=row.kind.value,
        flagged=item.same_stem or bool(row.warnings) or item.verdict is Judgment.CONFLICT,
        notes=[_note(each, like=item.like) for each in notes],
        payload=row.to_dict(),
    )


def _note(each: Note, like: str = "") -> RowNote:
    extra = {"like": like} if like and each.code in {"duplicate", "conflict"} else {}
    return RowNote(each.code, {**dict(each.params), **extra})


def explain(code: str, params: Mapping[str, str]) -> str:
    """A note in words, naming the earlier question where there is one in the same file."""
    text = sentence(code, params)
    return _("%(text)s（见本文件%(where)s）", text=text, where=params["like"]) if params.get("like") else text


def contents(payloads: Iterable[Any]) -> list[QuestionContent]:
    """The questions of accepted rows."""
    rows = (ParsedRow.from_dict(payload) for payload in payloads)
    return [row.content for row in rows if row.content is not None]


def prepare(
    payloads: Iterable[Any], options: Mapping[str, Any], actor: Viewer, now: datetime
) -> list[bank_rows.PreparedQuestion]:
    """Accepted rows as rows of the tables."""
    source, dialect = str(options.get("source", "")), db.engine.dialect
    return bank_rows.prepare(contents(payloads), dialect=dialect, now=now, author_id=actor.id, source=source)


def write(
    session: Session,
    prepared: list[bank_rows.PreparedQuestion],
    options: Mapping[str, Any],
    actor: Viewer,
    now: datetime,
) -> Written:
    """Insert into the bank and note it."""
    bank = session.get_one(QuestionBank, options["bank"])
    done = bank_rows.write(session, bank.id, prepared)
    subject = ("question_banks", str(bank.id), bank.name)
    note(session, actor=actor, at=now, action="bank.import", subject=subject, accepted=done.accepted)
    return Written(done.accepted, done.duplicates, done.conflicts)


def failed(rows: Sequence[Any]) -> tuple[list[str], Iterable[list[Any]]]:
    """The rows that stayed out, as far as they could be read, with their place and the reasons; (headings, rows)."""
    parsed = [ParsedRow.from_dict(row.payload) for row in rows]
    contents = [each.content for each in parsed if each.content]
    head, _rows = sheet(contents)
    shape = (len(head), width_of(contents), any(each.weights for each in contents))
    return [*head, _("位置"), _("未导入的原因")], (
        [*_cells(each, row, *shape), row.place, reasons(row, explain)] for each, row in zip(parsed, rows, strict=True)
    )


def _cells(parsed: ParsedRow, row: Any, columns: int, width: int, weighted: bool) -> list[Any]:
    if parsed.content is not None:
        return sheet_row(parsed.content, width, weighted=weighted)
    return [TYPE_WORDS[parsed.kind], row.title, *([""] * (columns - 2))]


register(
    Importer(
        kind="questions",
        label=_l("题库"),
        permission=Permission.BANK_EDIT,
        mode=Mode.PARTIAL,
        suffixes=SUFFIXES,
        parse=PARSE,
        check=kind_of,
        target=target,
        known=known,
        judge=judge,
        prepare=prepare,
        write=write,
        sentence=explain,
        failed=failed,
        help=_l(
            "可上传 Word（.docx）、Excel（.xlsx、.csv）、文本（.txt），"
            "或从其他系统导出的 GIFT、Aiken、Moodle XML、QTI 题库。题型、选项、答案、解析由系统识别，导入前可逐题核对。"
        ),
        second_label=_l("答案文件（题目和答案分在两个文件时）"),
        kinds=TYPE_LABELS,
        formats=FORMAT_LABELS,
        format_choices=CHOICES,
        seconds=SECONDS,
        memory_mb=MEMORY_MB,
    )
)
