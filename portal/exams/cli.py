"""Questions on the command line: a file in, a sheet out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import system_viewer
from portal.exams import exports, importing
from portal.exams.exports import paper
from portal.exams.importers import Judged, ParseResult, Verdict, classify, summarise
from portal.exams.importers.model import CHOICES
from portal.exams.models import QuestionBank
from portal.exams.queries import bank as queries
from portal.exams.services import bank as services
from portal.exams.services import bank_rows
from portal.exams.words_bank import FORMAT_LABELS, LOSS_LABELS, TYPE_LABELS
from portal.extensions import db, writing
from portal.files.guard import run_guarded
from portal.web.commands import clear_errors

questions = AppGroup("questions", help="Question banks: import and export.")


@dataclass(frozen=True, slots=True)
class Done:
    """What an import found and did; `summary` is what --json prints, `format` how the file was read."""

    summary: dict[str, Any]
    judged: list[Judged]
    format: str
    warnings: list[str]


@questions.command("import")
@click.argument("file")
@click.option("--bank", "bank_name", required=True, help="Name of the bank; it is made where there is none.")
@click.option("--answers", help="A second file that holds the answers.")
@click.option("--format", "wanted", type=click.Choice(CHOICES), help="What FILE is, where its content misleads.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@clear_errors
def import_(file: str, bank_name: str, answers: str | None, wanted: str | None, dry_run: bool, as_json: bool) -> None:
    """Read FILE (.docx, .xlsx, .csv, .txt, GIFT, Aiken, Moodle XML, QTI) and write its good questions into a bank."""
    second = _existing(answers) if answers else None
    done = import_file(_existing(file), bank_name, second, dry_run=dry_run, wanted=wanted or "")
    if as_json:
        click.echo(json.dumps(done.summary, ensure_ascii=False))
        return
    for line in _lines(done, dry_run=dry_run):
        click.echo(line)


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise RuleError("file-missing", name=name)
    return path.resolve()


def import_file(path: Path, bank_name: str, answers: Path | None, *, dry_run: bool, wanted: str = "") -> Done:
    """Read, judge and, unless `dry_run`, write. Nothing is held open while the file is read. Raises RuleError."""
    parsed = run_guarded(
        importing.PARSE,
        [str(path), path.name, str(answers) if answers else None, answers.name if answers else None, wanted],
        seconds=importing.SECONDS,
        memory_mb=importing.MEMORY_MB,
    )
    result = ParseResult.from_dict(parsed)
    bank = queries.bank_by_name(db.session(), bank_name)
    existing = queries.identities(db.session(), bank.id) if bank else ({}, set())
    db.session.rollback()
    judged = classify(result.rows, *existing)
    summary = summarise(judged)
    if not dry_run:
        _write(bank_name, judged, summary, path.name)
    return Done(
        summary, judged, result.format, [importing.explain(each.code, dict(each.params)) for each in result.warnings]
    )


def _write(bank_name: str, judged: list[Judged], summary: dict[str, Any], source: str) -> None:
    now, actor = clock.now(), system_viewer()
    good = [item.row.content for item in judged if item.verdict is Verdict.ACCEPTED and item.row.content]
    prepared = bank_rows.prepare(good, dialect=db.engine.dialect, now=now, author_id=None, source=source)
    with writing() as session:
        bank = queries.bank_by_name(session, bank_name) or _make_bank(bank_name)
        done = bank_rows.write(session, bank.id, prepared)
        subject = ("question_banks", str(bank.id), bank.name)
        note(session, actor=actor, at=now, action="bank.import", subject=subject, accepted=done.accepted, file=source)
        session.commit()
    summary["accepted"] = done.accepted
    summary["duplicates"] += len(prepared) - done.accepted


def _make_bank(name: str) -> QuestionBank:
    """A bank of the unit at the top. Raises RuleError("no-unit")."""
    unit_id = queries.top_unit_id(db.session())
    if unit_id is None:
        raise RuleError("no-unit")
    return services.create_bank(db.session(), actor=system_viewer(), now=clock.now(), name=name, unit_id=unit_id)


def _lines(done: Done, *, dry_run: bool) -> list[str]:
    """The summary for a person."""
    summary = done.summary
    found, accepted, duplicates = summary["found"], summary["accepted"], summary["duplicates"]
    rejected = len(summary["rejected"])
    kinds = "，".join(f"{TYPE_LABELS[kind]} {count}" for kind, count in summary["types"].items() if count)
    lines = [
        f"共识别 {found} 题 = 可导入 {accepted} + 重复 {duplicates} + 未导入 {rejected}",
        f"found {found} = accepted {accepted} + duplicates {duplicates} + rejected {rejected}",
        f"题型：{kinds or '无'}",
        f"按“{FORMAT_LABELS[done.format]}”格式读取。 Read as: {done.format}",
    ]
    lines += [f"  ! {text}" for text in done.warnings]
    lines += [
        f"  {item.row.where}：{importing.explain(item.reason, _params(item))}"
        for item in done.judged
        if item.verdict in {Verdict.REJECTED, Verdict.CONFLICT}
    ]
    return [*lines, "试运行，没有写入。 Dry run: nothing was written."] if dry_run else lines


def _params(item: Judged) -> dict[str, str]:
    for problem in item.row.problems:
        if problem.code == item.reason:
            return dict(problem.params)
    return {"like": item.like} if item.like else {}


@questions.command("export")
@click.option("--bank", "bank_name", required=True, help="Name of the bank.")
@click.option("--format", "name", type=click.Choice([*exports.FORMATS, "docx"]), default="xlsx", show_default=True)
@click.option(
    "--paper",
    "paper_kind",
    type=click.Choice(list(paper.Kind)),
    default=paper.Kind.KEY,
    show_default=True,
    help="For docx: questions alone, with answers, or the answer sheet.",
)
@click.argument("target", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@clear_errors
def export(bank_name: str, name: str, paper_kind: str, target: Path) -> None:
    """Write a bank, answers included, to TARGET; what the format cannot hold is named on standard error."""
    with writing() as session:
        bank = queries.bank_by_name(session, bank_name)
        if bank is None:
            raise RuleError("bank-missing", name=bank_name)
        contents = queries.contents(session, queries.question_ids(session, bank.id))
        subject = ("question_banks", str(bank.id), bank.name)
        actor = system_viewer()
        note(
            session,
            actor=actor,
            at=clock.now(),
            action="bank.export",
            subject=subject,
            questions=len(contents),
            format=name,
        )
        session.commit()
    if name == "docx":
        target.write_bytes(paper.write(bank_name, paper.parts_of(contents), paper.Kind(paper_kind)))
        click.echo(f"{len(contents)} -> {target.name}")
        return
    written = exports.write(name, bank_name, contents)
    target.write_bytes(written.data)
    click.echo(f"{len(written.places)} -> {target.name}")
    for loss in exports.losses(name, written, contents):
        click.echo(
            f"  ! {loss.place + 1} {loss.stem[:30]}：{'、'.join(str(LOSS_LABELS[x]) for x in loss.what)}", err=True
        )
