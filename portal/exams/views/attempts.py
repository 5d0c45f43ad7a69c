"""The pages of whoever sits an exam, and the address where their answers are saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import abort, current_app, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.exams import attached, bp, exam_page, words_evidence
from portal.exams.contesting import last_moment, open_question
from portal.exams.evidence import evidence_of
from portal.exams.models import Attempt, ExamRound
from portal.exams.queries import attempts as queries
from portal.exams.queries import contest as contests
from portal.exams.rules import attempt as rules
from portal.exams.rules.round import RoundKind
from portal.exams.save_body import saved_body, well_formed
from portal.exams.saving import commit_save
from portal.exams.services import attempts as services
from portal.exams.sitting import mine_cards, result_of, sheet_of
from portal.exams.words_rounds import PARTIAL_LABELS
from portal.extensions import db, own_transaction
from portal.files import queries as file_queries
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.htmx import go, page
from portal.web.pages import kept_page

TAKEN_OVER, CLOSED = 409, 410


def secret() -> bytes:
    """What attempts are sealed with."""
    return bytes(current_app.config["PORTAL"].secret_key, "utf-8")


def own(attempt_id: int, *, lock: bool = False) -> tuple[Attempt, ExamRound]:
    """The signed-in person's attempt, or 404."""
    return queries.own_attempt(db.session(), viewer().id, attempt_id, lock=lock) or abort(404)


@bp.get("/")
@requires(Permission.EXAM_TAKE)
def mine() -> ResponseReturnValue:
    """My exams: what is open, what comes, what I have sat."""
    cards = mine_cards(queries.my_rounds(db.session(), viewer().id or 0), clock.now())
    joinable = contests.joinable(db.session(), viewer(), clock.now())
    return kept_page("exams/mine.html", None, {"cards": cards, "joinable": joinable})


@bp.get("/take/<int:round_id>")
@requires(Permission.EXAM_TAKE)
def notice(round_id: int) -> ResponseReturnValue:
    """考试须知: who I am, what is recorded, the deadline that will hold."""
    round_, entry = queries.my_round(db.session(), viewer().id or 0, round_id) or abort(404)
    now = clock.now()
    sections = queries.section_rules(db.session(), round_id)
    begins = max(now, round_.opens_at)
    due = rules.due_at(begins, round_.minutes, round_.closes_at, entry.extra_minutes)
    seat = contests.seat(db.session(), viewer(), round_id, now) if round_.kind is RoundKind.CONTEST else None
    return page(
        "exams/notice.html",
        round=round_,
        entry=entry,
        mine=mine_cards([(round_, entry.status, queries.attempts_of(db.session(), round_id, entry.user_id))], now)[0],
        sections=sections,
        partial_labels=PARTIAL_LABELS,
        files=file_queries.of(db.session(), attached.KIND, round_id),
        seat=seat,
        due=min(due, last_moment(seat, sections, begins)) if seat else due,
    )


@bp.post("/take/<int:round_id>/start")
@requires(Permission.EXAM_TAKE)
def start(round_id: int) -> ResponseReturnValue:
    """Begin, or go on with what was begun."""
    try:
        attempt = services.start(db.session(), viewer=viewer(), now=clock.now(), round_id=round_id, secret=secret())
    except RuleError as error:
        db.session.rollback()
        return go(url_for("exams.mine"), explain(error), "error")
    db.session.commit()
    return go(url_for("exams.attempt", attempt_id=attempt.id))


@bp.get("/attempts/<int:attempt_id>")
@requires(Permission.EXAM_TAKE)
def attempt(attempt_id: int) -> ResponseReturnValue:
    """The exam page; from another browser, first the question whether to go on here."""
    person = viewer()
    found = queries.sheet_to_show(db.session(), person.id, attempt_id) or abort(404)
    if not rules.phase(queries.attempt_view(found), clock.now()).writable:
        return go(url_for("exams.result", attempt_id=attempt_id))
    if found.lease_session != (person.session_id or ""):
        return page("exams/takeover.html", attempt=found, round=found)
    if found.kind is RoundKind.CONTEST and (turn := _open_question(attempt_id)):
        return turn
    return exam_page.answer(db.session(), found, queries.answers_as_stored(db.session(), attempt_id))


def _open_question(attempt_id: int) -> ResponseReturnValue | None:
    """The page of the one question that is open, where each has its own clock. It is drawn anew each time."""
    found, round_ = own(attempt_id)
    turn = open_question(db.session(), found, clock.now())
    return page("exams/contest_question.html", attempt=found, round=round_, open=turn) if turn else None


@bp.post("/attempts/<int:attempt_id>/take-over")
@requires(Permission.EXAM_TAKE)
def take_over(attempt_id: int) -> ResponseReturnValue:
    """Go on with the attempt in this browser."""
    found, _round = own(attempt_id, lock=True)
    try:
        services.take_over(db.session(), viewer=viewer(), now=clock.now(), attempt=found)
    except RuleError:
        db.session.rollback()
        return go(url_for("exams.result", attempt_id=attempt_id))
    db.session.commit()
    return go(url_for("exams.attempt", attempt_id=attempt_id))


@bp.post("/attempts/<int:attempt_id>/answers")
@requires(Permission.EXAM_TAKE)
@own_transaction
def save(attempt_id: int) -> ResponseReturnValue:
    """Save answers: 200 stored or already there, 409 taken over elsewhere, 410 closed, 422 not an answer.

    Of a contest with clocks 410 may be one question's: its "code" is then "question-closed".
    """
    body, now, person = _body(), clock.now(), viewer()

    def work(session: Session) -> tuple[rules.Merge, datetime] | None:
        found = queries.sheet_to_save(session, person.id, attempt_id)
        if found is None:
            return None
        lease, sent = body["lease"], body["answers"]
        return services.save(session, viewer=person, now=now, attempt=found, lease=lease, sent=sent), found.due_at

    db.session.rollback()  # the reading transaction in which the person was looked up
    try:
        result, due = commit_save(work) or abort(404)
    except RuleError as error:
        return jsonify(code=error.code, message=explain(error)), CLOSED if error.code == "question-closed" else 422
    return _saved(attempt_id, result, due, now)


def _saved(attempt_id: int, result: rules.Merge, due: Any, now: Any) -> ResponseReturnValue:
    if result.status == TAKEN_OVER:
        return jsonify(message=_("这场考试已在另一台设备或浏览器上继续作答，本页不再保存。")), TAKEN_OVER
    if result.status == CLOSED:
        where = url_for("exams.result", attempt_id=attempt_id)
        return jsonify(message=_("考试已交卷，本页不再保存。"), url=where), CLOSED
    return jsonify(saved_body(result, due, now))


def _body() -> dict[str, Any]:
    body: dict[str, Any] = request.get_json()
    if not well_formed(body):
        abort(422)
    return body


@bp.post("/attempts/<int:attempt_id>/events")
@requires(Permission.EXAM_TAKE)
def events(attempt_id: int) -> ResponseReturnValue:
    """Note what the page saw: focus lost, connection lost."""
    found, _round = own(attempt_id)
    reported = [each for each in _body()["events"] if isinstance(each, dict)]
    services.note_events(db.session(), viewer=viewer(), now=clock.now(), attempt=found, events=reported)
    db.session.commit()
    return "", 204


@bp.post("/attempts/<int:attempt_id>/form")
@requires(Permission.EXAM_TAKE)
def save_form(attempt_id: int) -> ResponseReturnValue:
    """The page without script: store the whole form, then back to it or on to the review."""
    found, _round = own(attempt_id, lock=True)
    result = services.save_form(
        db.session(), viewer=viewer(), now=clock.now(), attempt=found, values=_form_values(found)
    )
    db.session.commit()
    if result.status == CLOSED:
        return go(url_for("exams.result", attempt_id=attempt_id))
    if request.form.get("action") == "review":
        return go(url_for("exams.review", attempt_id=attempt_id))
    return go(url_for("exams.attempt", attempt_id=attempt_id), _("已保存。"))


def _form_values(found: Attempt) -> dict[int, list[str]]:
    """Every question's values; a question of which the form sent nothing is blank."""
    return {place: request.form.getlist(f"a{place}") for place in range(1, len(found.paper) + 1)}


@bp.get("/attempts/<int:attempt_id>/review")
@requires(Permission.EXAM_TAKE)
def review(attempt_id: int) -> ResponseReturnValue:
    """交卷确认: what is still blank, before it is too late; where each question has its clock, it is."""
    found, round_ = own(attempt_id)
    now = clock.now()
    if not rules.phase(queries.attempt_view(found), now).writable:
        return go(url_for("exams.result", attempt_id=attempt_id))
    if contests.clock_of(db.session(), found):
        return go(url_for("exams.attempt", attempt_id=attempt_id))
    sheet = sheet_of(queries.paper(db.session(), found), queries.answers(db.session(), attempt_id))
    return page("exams/review.html", attempt=found, round=round_, sheet=sheet, server_now=now)


@bp.post("/attempts/<int:attempt_id>/submit")
@requires(Permission.EXAM_TAKE)
def submit(attempt_id: int) -> ResponseReturnValue:
    """Hand in, with what came along; once is enough."""
    found, round_ = own(attempt_id, lock=True)
    now = clock.now()
    if "lease" in request.form and rules.phase(queries.attempt_view(found), now).writable:
        services.save_form(db.session(), viewer=viewer(), now=now, attempt=found, values=_form_values(found))
    services.submit(db.session(), viewer=viewer(), now=now, attempt=found, round_=round_, secret=secret())
    db.session.commit()
    return go(url_for("exams.result", attempt_id=attempt_id))


@bp.get("/attempts/<int:attempt_id>/result")
@requires(Permission.EXAM_TAKE)
def result(attempt_id: int) -> ResponseReturnValue:
    """The result, as far as the round lets it be shown."""
    found, round_ = own(attempt_id)
    now = clock.now()
    if rules.phase(queries.attempt_view(found), now).writable:
        return go(url_for("exams.attempt", attempt_id=attempt_id))
    shown = result_of(db.session(), found, round_, now)
    # Who may read the result may read what was noted about them on the way to it.
    course = evidence_of(db.session(), found, secret()) if shown.shows("score") else None
    return page("exams/result.html", attempt=found, round=round_, result=shown, evidence=course, said=words_evidence)
