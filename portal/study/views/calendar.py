"""The calendar of a month, and the private feed that other programs read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import queries as accounts
from portal.core import clock
from portal.core.calendar import what
from portal.extensions import db
from portal.study import bp, ics
from portal.study.queries import calendar as queries
from portal.study.queries.calendar import Event
from portal.study.rules import month as rules
from portal.study.services import feed as services
from portal.study.views.sessions import EVERYBODY, show
from portal.web.access import public, requires, viewer
from portal.web.htmx import go
from portal.web.throttle import Throttle

ICS = "text/calendar; charset=utf-8"
BACK, AHEAD = timedelta(days=90), timedelta(days=400)
# A program asks a few times an hour; a guess is one of 2**256, so the limit only keeps the load away.
_ASKED = Throttle(60, timedelta(hours=1))
_WRONG = Throttle(20, timedelta(minutes=10))


def event_url(event: Event, *, external: bool = False) -> str:
    """The page of an entry."""
    where: dict[str, tuple[str, dict[str, Any]]] = {
        "session": ("study.session_page", {"session_id": event.id}),
        "make_up": ("study.make_up", {"session_id": event.id}),
        "meeting": ("meetings.meeting", {"meeting_id": event.id}),
        "decision": ("meetings.decision", {"decision_id": event.id}),
    }
    endpoint, values = where[event.kind]
    return url_for(endpoint, _external=external, **values)


@bp.get("/calendar")
@requires(EVERYBODY)
def calendar() -> ResponseReturnValue:
    """A month of sessions, meetings and what is due."""
    return calendar_page()


def calendar_page(feed_url: str = "") -> ResponseReturnValue:
    """The month that is asked for; `feed_url` is a fresh address, shown this once."""
    session, today = db.session(), clock.today()
    first = rules.month_of(request.args.get("month", ""), today)
    found = queries.events(session, viewer(), first, rules.last_day(first))
    exact: dict[date, list[Event]] = {}
    for event in found:
        if event.exact:
            exact.setdefault(event.first, []).append(event)
    return show(
        "study/calendar.html",
        first=first,
        days=[(day, what(day)) for day in rules.days(first)],
        exact=exact,
        vague=[event for event in found if not event.exact],
        today=today,
        earlier=rules.before(first),
        later=rules.after(first),
        event_url=event_url,
        feed_url=feed_url,
        since=queries.subscribed_since(session, viewer().id or 0),
    )


@bp.post("/calendar/feed")
@requires(EVERYBODY)
def feed_new() -> ResponseReturnValue:
    """A private address for other programs; the one before ends."""
    token = services.new_token(db.session(), actor=viewer(), now=clock.now())
    db.session.commit()
    return calendar_page(url_for("study.feed", token=token, _external=True))


@bp.post("/calendar/feed/end")
@requires(EVERYBODY)
def feed_end() -> ResponseReturnValue:
    """No feed any more."""
    services.end_token(db.session(), actor=viewer(), now=clock.now())
    db.session.commit()
    return go(url_for("study.calendar"), _("日历订阅已停用，原来的地址不再有效。"))


@bp.get("/feed/<string:token>")
@public
def feed(token: str) -> ResponseReturnValue:
    """The calendar of whoever the token belongs to, without a session and without anybody else's name."""
    now, address = clock.now(), request.remote_addr or ""
    if _WRONG.full(address, now):
        abort(429)
    user_id = queries.owner(db.session(), services.digest_of(token))
    if user_id is None:
        _WRONG.allow(address, now)
        abort(404)
    if not _ASKED.allow(str(user_id), now):
        abort(429)
    person, today = accounts.viewer_of(db.session(), user_id), clock.today()
    data = ics.write(
        queries.events(db.session(), person, today - BACK, today + AHEAD),
        name=_("学习和会议"),
        host=request.host.partition(":")[0],
        now=now,
        labels={"make_up": _("补学到期："), "decision": _("议定事项到期：")},
        url=lambda event: event_url(event, external=True),
    )
    answer = Response(data, content_type=ICS)
    answer.headers["Cache-Control"] = "no-store"
    return answer
