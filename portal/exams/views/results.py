"""Results for officers: by person, by unit, the distribution, who has not sat, one attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core import clock
from portal.exams import bp, words_marking
from portal.exams.forms.marking import ReasonForm
from portal.exams.forms.results import VoidForm
from portal.exams.models import Attempt, ExamRound
from portal.exams.queries import attempts as attempt_queries
from portal.exams.queries import marking, regrades, rounds
from portal.exams.queries import results as queries
from portal.exams.queries.evidence import happenings
from portal.exams.rules import attempt as rules
from portal.exams.rules import regrade
from portal.exams.rules.evidence import counts
from portal.exams.rules.marking import round_half_up
from portal.exams.services import attempts as attempt_services
from portal.exams.services import results as services
from portal.exams.sitting import LETTERS, said_key, sheet_of
from portal.exams.views.rounds import MANAGE, VIEW, managed, phase, seen, show
from portal.exams.words_evidence import STATE_LABELS
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.confirmation import always, recently_confirmed
from portal.web.exports import send_listing, send_sheet, wants_export
from portal.web.htmx import go


def note_export(round_: ExamRound, sheet: str) -> Callable[[Session], None]:
    """What writes down that a sheet of this round leaves the portal."""
    now, actor, round_id, title = clock.now(), viewer(), round_.id, round_.title
    return lambda session: services.note_export(
        session, actor=actor, now=now, round_id=round_id, title=title, sheet=sheet
    )


def _show(template: str, round_: ExamRound, block: str | None = None, **context: Any) -> ResponseReturnValue:
    return show(
        template, block, round=round_, phase=phase(round_),
        rate=queries.rate_text, score=queries.score_text, **context,
    )  # fmt: skip


@bp.get("/rounds/<int:round_id>/results")
@requires(MANAGE, VIEW)
def round_results(round_id: int) -> ResponseReturnValue:
    """By person."""
    round_, now = seen(round_id), clock.now()
    table, statement = queries.people_table(db.session(), round_, now, viewer())
    if wants_export():
        title, record = _("%(title)s个人成绩", title=round_.title), note_export(round_, _("个人成绩"))
        return send_listing(title, table, db.session(), statement, record=record)
    total = queries.overall(queries.by_unit(db.session(), round_, now, viewer()))
    listing = table.read(db.session(), statement)
    manages = rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None
    return _show(
        "exams/results.html",
        round_,
        "results",
        listing=listing,
        total=total,
        used=queries.minutes_used,
        manages=manages,
    )  # fmt: skip


@bp.get("/rounds/<int:round_id>/results/units")
@requires(MANAGE, VIEW)
def round_units(round_id: int) -> ResponseReturnValue:
    """By unit."""
    round_ = seen(round_id)
    units = queries.by_unit(db.session(), round_, clock.now(), viewer())
    total = queries.overall(units, _("合计"))
    if wants_export():
        return _units_sheet(round_, [*units, total])
    return _show("exams/results_units.html", round_, units=units, total=total)


def _units_sheet(round_: ExamRound, units: list[queries.UnitFigures]) -> ResponseReturnValue:
    headings = [
        _("单位"), _("应考"), _("实考"), _("缓考"), _("免考"), _("参考率"), _("及格率"), _("优秀率"), _("平均分"),
    ]  # fmt: skip
    rows = (
        [
            each.name, each.should, each.taken, each.deferred, each.exempt,
            queries.rate_text(each.participation_rate), queries.rate_text(each.pass_rate),
            queries.rate_text(each.excellent_rate), None if each.mean is None else each.mean / 100,
        ]
        for each in units
    )  # fmt: skip
    record = note_export(round_, _("单位成绩"))
    return send_sheet(_("%(title)s单位成绩", title=round_.title), headings, rows, record=record)


@bp.get("/rounds/<int:round_id>/results/distribution")
@requires(MANAGE, VIEW)
def round_distribution(round_id: int) -> ResponseReturnValue:
    """How the scores spread, in bands of ten points."""
    round_, now = seen(round_id), clock.now()
    total = queries.overall(queries.by_unit(db.session(), round_, now, viewer()))
    bands = queries.bands(db.session(), round_, now, viewer())
    labels = [f"{band.low // 100}–{queries.score_text(band.high)}" for band in bands]
    counts = [band.count for band in bands]
    manages = rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None
    return _show("exams/results_distribution.html", round_, labels=labels, counts=counts, total=total, manages=manages)


@bp.get("/rounds/<int:round_id>/results/not-sat")
@requires(MANAGE, VIEW)
def round_not_sat(round_id: int) -> ResponseReturnValue:
    """未考 by unit, with texts to paste."""
    round_, config = seen(round_id), current_app.config["PORTAL"]
    rows = queries.absent(db.session(), round_, clock.now(), viewer())
    said: Any = {"site": config.site_name, "phone": config.phone, "over": phase(round_) in {"closed", "archived"}}
    units = services.by_unit(rows, round_, **said)
    everybody = [(unit.unit_name, services.names_of(unit.people)) for unit in units]
    text = services.reminder(round_, everybody, **said)
    return _show("exams/results_not_sat.html", round_, units=units, text=text, count=len(rows))


@bp.get("/rounds/<int:round_id>/results/attempts/<int:attempt_id>")
@requires(MANAGE)
def round_attempt(round_id: int, attempt_id: int) -> ResponseReturnValue:
    """One attempt, read only; answers and keys once it is handed in. Only for those who manage the round, since others
    who may read its results may still have to sit it.
    """
    round_ = managed(round_id)
    attempt, person, entry = queries.attempt_of(db.session(), round_id, attempt_id) or abort(404)
    state = rules.phase(attempt_queries.attempt_view(attempt), clock.now())
    return _show(
        "exams/results_attempt.html",
        round_,
        attempt=attempt,
        person=person,
        entry=entry,
        state=state.value,
        over=not state.writable,
        lines=[] if state.writable else _lines(attempt),
        counts=counts(happenings(db.session(), attempt_id)),
        states=STATE_LABELS,
        siblings=attempt_queries.attempts_of(db.session(), round_id, attempt.user_id),
        form=VoidForm(),
        reopen_form=ReasonForm(),
        regrades=regrades.of_attempt(db.session(), attempt_id),
        said=words_marking,
    )


def _lines(attempt: Attempt) -> list[dict[str, Any]]:
    session = db.session()
    sheet = sheet_of(attempt_queries.paper(session, attempt), attempt_queries.answers(session, attempt.id))
    keys = attempt_queries.keys(session, attempt.paper)
    marks = regrade.read(attempt.marks or [])
    corrections = regrades.corrections(session, attempt.round_id)
    by_hand = marking.marks_of(session, attempt.id)
    tasks = {task.position: task for task in marking.tasks_of(session, attempt.id)}
    return [
        {
            "place": each.question.place,
            "stem": each.question.stem,
            "options": list(zip(LETTERS, each.question.options, strict=False)),
            "answer": each.text,
            "short": each.question.type.value == "short",
            "key": said_key(each.question, drawn["o"], keys[drawn["v"]], corrections.get(drawn["v"])),
            "mark": _rounded(marks, each.question.place),
            "void": drawn["v"] in corrections and corrections[drawn["v"]].mode is regrade.Mode.VOID,
            "given": by_hand.get(each.question.place, []),
            "task": tasks.get(each.question.place),
            "version": drawn["v"],
            "points": each.question.points,
        }
        for each, drawn in zip(sheet.questions, attempt.paper, strict=True)
    ]


def _rounded(marks: regrade.Marks, place: int) -> int | None:
    exact = marks[place - 1] if marks else None
    return None if exact is None else round_half_up(exact)


@bp.post("/rounds/<int:round_id>/results/attempts/<int:attempt_id>/void")
@requires(MANAGE)
@recently_confirmed(always)
def void_attempt(round_id: int, attempt_id: int) -> ResponseReturnValue:
    """Take an attempt out of the count."""
    managed(round_id)
    attempt, _person, _entry = queries.attempt_of(db.session(), round_id, attempt_id) or abort(404)
    here, form = url_for("exams.round_attempt", round_id=round_id, attempt_id=attempt_id), VoidForm()
    if not form.validate_on_submit():
        return go(here, _("请填写作废原因，最多 200 个字。"), "error")
    reason = form.reason.data
    return act(
        here,
        _("答卷已作废，不再计入成绩。"),
        lambda: attempt_services.void(db.session(), actor=viewer(), now=clock.now(), attempt=attempt, reason=reason),
    )
