"""Questions on their way out: a bank or a round's paper in the formats that others read, and on paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.exams import bp, exports, printing
from portal.exams.bank_table import questions_table
from portal.exams.exports import paper
from portal.exams.queries import bank as queries
from portal.exams.rules.drawing import new_seed
from portal.exams.rules.question import QuestionContent
from portal.exams.views.rounds import MANAGE, managed, show
from portal.exams.words_bank import EXPORT_LABELS, EXPORT_NOTES, LOSS_LABELS, PAPER_LABELS
from portal.extensions import db, side_write
from portal.web.access import requires, viewer
from portal.web.arguments import number
from portal.web.docx import DOCX
from portal.web.errors import explain
from portal.web.exports import attachment
from portal.web.htmx import go, page

_WORDS = {"formats": EXPORT_LABELS, "notes": EXPORT_NOTES, "papers": PAPER_LABELS, "losses": LOSS_LABELS}
# 2**53 is the largest whole number that a browser keeps.
_SEEDS = 2**53


@bp.get("/banks/<int:bank_id>/export")
@requires(Permission.BANK_EDIT)
def bank_export(bank_id: int) -> ResponseReturnValue:
    """The questions of a bank, narrowed as its list was: the formats to choose from, what each loses, and the files."""
    found = queries.editable_bank(db.session(), viewer(), bank_id) or abort(404)
    wanted, checked = request.args.get("format", ""), request.args.get("check", "")
    ids = _listed(bank_id)
    contents = queries.contents(db.session(), ids) if wanted or checked else []
    if data := _file(wanted, found.name, contents, paper.parts_of(contents)):
        _note("bank.export", ("question_banks", str(bank_id), found.name), len(contents), wanted)
        return data
    return page(
        "exams/banks/export.html",
        bank=found,
        count=len(ids),
        checked=checked if checked in exports.FORMATS else "",
        lost=_lost(checked, found.name, contents),
        words=_WORDS,
        kept=_kept(),
    )


def _listed(bank_id: int) -> list[int]:
    session = db.session()
    table = questions_table(tuple(queries.law_titles(session, bank_id)))
    return [row.id for row in table.everything(session, queries.questions(bank_id))]


def _kept() -> dict[str, str]:
    """The filters of the list, to go on with."""
    return {name: value for name, value in request.args.items() if name not in {"format", "check"}}


def _lost(name: str, title: str, contents: Sequence[QuestionContent]) -> list[exports.Loss]:
    if name not in exports.FORMATS or not contents:
        return []
    return exports.losses(name, exports.write(name, title, contents), contents)


def _file(
    name: str, title: str, contents: Sequence[QuestionContent], parts: Sequence[paper.Part], about: Sequence[str] = ()
) -> ResponseReturnValue | None:
    """A file of the format asked for, None where that is none."""
    day = f"{clock.today():%Y%m%d}"
    if name in exports.FORMATS:
        format_ = exports.FORMATS[name]
        data = exports.write(name, title, contents).data
        return attachment(io.BytesIO(data), f"{title}-{day}{format_.suffix}", format_.mimetype)
    if name in PAPER_LABELS:
        kind = paper.Kind(name)
        data = paper.write(title, parts, kind, about)
        return attachment(io.BytesIO(data), f"{title}{paper.KIND_WORDS[kind]}-{day}.docx", DOCX)
    return None


def _note(action: str, subject: tuple[str, str, str], questions: int, format_: str) -> None:
    now, actor = clock.now(), viewer()
    with side_write() as session:
        note(session, actor=actor, at=now, action=action, subject=subject, questions=questions, format=format_)


@bp.get("/rounds/<int:round_id>/papers")
@requires(MANAGE)
def round_papers(round_id: int) -> ResponseReturnValue:
    """A round's paper for print and for other systems; a paper by rule is drawn anew for each number."""
    round_ = managed(round_id)
    seed, wanted = number(request.args.get("seed"), len(str(_SEEDS))) or 0, request.args.get("format", "")
    try:
        parts = printing.parts_of(db.session(), round_, seed)
    except RuleError as error:
        return go(url_for("exams.round_page", round_id=round_id), explain(error), "error")
    contents = [question for part in parts for question in part.questions]
    title = round_.title
    if data := _file(wanted, title, contents, parts, printing.about(round_, parts)):
        _note("round.export-paper", ("exam_rounds", str(round_id), title), len(contents), wanted)
        return data
    return show("exams/round_papers.html", **_paper_page(round_, contents, seed))


def _paper_page(round_: Any, contents: Sequence[QuestionContent], seed: int) -> dict[str, Any]:
    return {
        "round": round_,
        "count": len(contents),
        "seed": seed,
        "another": new_seed() % _SEEDS,
        "export_words": _WORDS,
    }
