"""Contests for those who take part: join, the name on the board, the leaderboard, one question at a time."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.exams import bp, contesting
from portal.exams.models import Attempt
from portal.exams.queries import attempts as attempt_queries
from portal.exams.queries import contest as queries
from portal.exams.queries.contest import Seat
from portal.exams.rules import attempt as rules
from portal.exams.services import attempts as attempt_services
from portal.exams.services import contest as services
from portal.exams.sitting import mine_cards
from portal.exams.views.attempts import CLOSED, TAKEN_OVER, own, secret
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.arguments import number
from portal.web.errors import explain
from portal.web.htmx import go, page


def _seat(round_id: int) -> Seat:
    """The contest as the person finds it, or 404."""
    return queries.seat(db.session(), viewer(), round_id, clock.now()) or abort(404)


def _here(round_id: int) -> str:
    return url_for("exams.contest", round_id=round_id)


@bp.get("/contests/<int:round_id>")
@requires(Permission.EXAM_TAKE)
def contest(round_id: int) -> ResponseReturnValue:
    """A contest: what I can do, and the leaderboard as far as I may see it, drawn anew every two seconds."""
    seat, now, person = _seat(round_id), clock.now(), viewer()
    mine = [attempt_queries.attempts_of(db.session(), round_id, person.id or 0)] if seat.entry else []
    cards = mine_cards(((seat.round, seat.entry.status, attempts) for attempts in mine if seat.entry), now)
    return page(
        "exams/contest_page.html",
        "board",
        seat=seat,
        round=seat.round,
        mine=cards[0] if cards else None,
        open=contesting.is_open(seat.round, now),
        shown=contesting.board_page(db.session(), seat, person, now),
        used=queries.used_text,
        taken_at=now,
    )


@bp.post("/contests/<int:round_id>/join")
@requires(Permission.EXAM_TAKE)
def contest_join(round_id: int) -> ResponseReturnValue:
    """Put oneself on the list of an open contest."""
    seat, agreed = _seat(round_id), "agreed" in request.form
    try:
        services.join(db.session(), viewer=viewer(), now=clock.now(), seat=seat, agreed=agreed)
    except RuleError as error:
        db.session.rollback()
        return go(_here(round_id), explain(error), "error")
    db.session.commit()
    return go(url_for("exams.notice", round_id=round_id), _("报名成功，核对信息后即可开始。"))


@bp.post("/contests/<int:round_id>/names")
@requires(Permission.EXAM_TAKE)
def contest_consent(round_id: int) -> ResponseReturnValue:
    """Have one's name shown on the leaderboard, or not any more."""
    seat, agreed = _seat(round_id), "agreed" in request.form
    services.set_consent(db.session(), viewer=viewer(), now=clock.now(), seat=seat, agreed=agreed)
    db.session.commit()
    said = _("排行榜将显示您的姓名和单位。") if agreed else _("排行榜不显示您的姓名和单位。")
    return go(url_for("exams.notice", round_id=round_id) if "notice" in request.form else _here(round_id), said)


@bp.post("/attempts/<int:attempt_id>/question")
@requires(Permission.EXAM_TAKE)
def contest_question(attempt_id: int) -> ResponseReturnValue:
    """Keep the answer to the open question; "next" leaves it for good, and the last one hands in."""
    attempt, round_ = own(attempt_id, lock=True)
    now, place = clock.now(), number(request.form.get("place")) or 0
    if not 1 <= place <= len(attempt.paper):
        abort(422)
    refused = _kept(attempt, place)
    if request.form.get("action") == "next" and not refused:
        services.move_on(db.session(), attempt=attempt, position=place, now=now)
        if place == len(attempt.paper):
            attempt_services.submit(
                db.session(), viewer=viewer(), now=now, attempt=attempt, round_=round_, secret=secret()
            )
    db.session.commit()
    return go(url_for("exams.attempt", attempt_id=attempt_id), refused or None, "error")


def _kept(attempt: Attempt, place: int) -> str:
    """Store what was posted for a question; why not, where it was not."""
    session, person, now = db.session(), viewer(), clock.now()
    lease = number(request.form.get("lease")) or 0
    values = request.form.getlist(f"a{place}")
    counter = rules.highest_counter(attempt_queries.answers(session, attempt.id)) + 1
    sent = [{"pos": place, "value": values, "counter": counter}]
    try:
        done = attempt_services.save(session, viewer=person, now=now, attempt=attempt, lease=lease, sent=sent)
    except RuleError as error:
        return explain(error)
    if done.status == TAKEN_OVER:
        return str(_("这场竞赛已在另一台设备或浏览器上继续作答。"))
    return str(_("考试已交卷，本页不再保存。")) if done.status == CLOSED else ""
