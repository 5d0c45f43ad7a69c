"""The quality of a bank, and which articles of a law its questions test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.audit.leaving import noted
from portal.core.permissions import Permission
from portal.exams import bp
from portal.exams.models import QuestionBank
from portal.exams.queries import bank as bank_queries
from portal.exams.queries import quality as queries
from portal.exams.rules import quality as rules
from portal.exams.rules.question import QuestionType
from portal.exams.rules.versions import LETTERS
from portal.exams.words_bank import TYPE_LABELS
from portal.exams.words_statistics import QUALITY_LABELS, QUALITY_NOTES
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.exports import Record, send_sheet, wants_export
from portal.web.htmx import page

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at: its kind (a name of QUALITY_LABELS), the question, another one like it, a word on it."""

    kind: str
    question: queries.Asked
    other: queries.Asked | None = None
    text: str = ""


@bp.get("/banks/<int:bank_id>/quality")
@requires(Permission.BANK_EDIT)
def bank_quality(bank_id: int) -> ResponseReturnValue:
    """What is worth a look in a bank."""
    bank = bank_queries.editable_bank(db.session(), viewer(), bank_id) or abort(404)
    asked = queries.questions(db.session(), bank_id)
    found = _findings(asked, queries.answered(db.session(), bank_id))
    if wants_export():
        return _sheet(bank, found)
    habits = rules.habits((each.type, each.options, each.key) for each in asked)
    return page(
        "exams/banks/quality.html",
        bank=bank,
        count=len(asked),
        found={kind: [each for each in found if each.kind == kind] for kind in QUALITY_LABELS},
        shown=_SHOWN,
        labels=QUALITY_LABELS,
        notes=QUALITY_NOTES,
        habits=habits,
        letters=list(LETTERS[: len(habits.letters)]),
    )


def _findings(asked: Sequence[queries.Asked], answered: dict[int, tuple[int, int]]) -> list[Finding]:
    by_id = {each.id: each for each in asked}
    found = [
        Finding("near", by_id[pair.first], by_id[pair.second], f"{pair.share * 100:.0f}%")
        for pair in rules.near_pairs({each.id: each.stem for each in asked})
    ]
    found += [Finding("length", each) for each in asked if rules.gives_away(each.type, each.options, each.key)]
    for each in asked:
        if (place := rules.all_of_the_above(each.options)) is not None:
            found.append(Finding("all-above", each, text=f"{LETTERS[place]}. {each.options[place]}"))
        found += _by_answers(each, *answered.get(each.id, (0, 0)))
    return found


def _by_answers(each: queries.Asked, times: int, whole: int) -> list[Finding]:
    if not times:
        return [Finding("unused", each)]
    if times < rules.MIN_ANSWERS or 0 < whole < times:
        return []
    kind = "never-right" if whole == 0 else "always-right"
    return [Finding(kind, each, text=_("%(n)s 人作答", n=times))]


def _sheet(bank: QuestionBank, found: Sequence[Finding]) -> ResponseReturnValue:
    head = [_("检查项"), _("编号"), _("题型"), _("题干"), _("另一道题"), _("说明")]
    rows = (
        [
            str(QUALITY_LABELS[each.kind]), each.question.id, str(TYPE_LABELS[each.question.type]), each.question.stem,
            each.other.id if each.other else None, each.text,
        ]
        for each in found
    )  # fmt: skip
    return send_sheet(_("%(name)s题目质量", name=bank.name), head, rows, record=_note_export(bank, len(found)))


def _note_export(bank: QuestionBank, questions: int) -> Record:
    return noted(action="bank.export", subject=("question_banks", str(bank.id), bank.name), questions=questions)


@bp.get("/banks/<int:bank_id>/coverage")
@requires(Permission.BANK_VIEW)
def bank_coverage(bank_id: int) -> ResponseReturnValue:
    """Which articles of a law are tested by how many questions of which type."""
    bank, _unit, mine = bank_queries.bank(db.session(), viewer(), bank_id) or abort(404)
    laws = queries.laws(db.session(), bank_id)
    titles = [title for title, _count in laws]
    title = request.args.get("law", "")
    title = title if title in titles else titles[0] if titles else ""
    rows = _rows(bank_id, title) if title else []
    if wants_export() and title:
        return _matrix_sheet(bank, title, rows)
    return page(
        "exams/banks/coverage.html", "matrix", bank=bank, mine=mine, laws=laws, law=title, rows=rows, types=TYPE_LABELS
    )


Rows = list[tuple[str, dict[QuestionType, int]]]


def _rows(bank_id: int, title: str) -> Rows:
    session = db.session()
    return rules.matrix(queries.cited(session, bank_id, title), queries.known_articles(session, title))


def _matrix_sheet(bank: QuestionBank, title: str, rows: Rows) -> ResponseReturnValue:
    head = [_("条款"), *(str(TYPE_LABELS[kind]) for kind in QuestionType), _("合计")]
    cells: list[list[Any]] = [[article, *counts.values(), sum(counts.values())] for article, counts in rows]
    record = _note_export(bank, sum(sum(counts.values()) for _article, counts in rows))
    return send_sheet(_("%(title)s题目覆盖", title=title), head, cells, record=record)
