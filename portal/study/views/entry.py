"""记一次学习: the one-minute entry of what was held or is planned; the days of what comes back are shown first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.calendar import is_announced, what
from portal.core.errors import RuleError
from portal.extensions import db
from portal.files import receiving
from portal.study import attached, bp
from portal.study.forms.sessions import EntryForm
from portal.study.models import StudySession
from portal.study.queries import attendance as people
from portal.study.queries import sessions as queries
from portal.study.rules.recurrence import proposed
from portal.study.rules.session import SessionState
from portal.study.services import attendance, series, sessions
from portal.study.views.sessions import MANAGE, fill, session_url, show
from portal.web.access import requires, viewer
from portal.web.htmx import go


@bp.route("/sessions/new", methods=["GET", "POST"])
@requires(MANAGE)
def session_new() -> ResponseReturnValue:
    """记一次学习."""
    form = EntryForm(day=clock.today(), unit_id=queries.usual_unit(db.session(), viewer()))
    fill(form)
    if form.validate_on_submit() and "back" not in request.form:
        try:
            return _again_and_again(form) if form.repeat.data else _photos(_enter(form).id)
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, "until" if error.code == "recurrence-range" else None)
    latest = queries.latest_topics(db.session(), viewer())
    context = {"form": form, "latest": latest, "suggested": latest}
    return show("study/session_new.html", None, 422 if form.errors else 200, **context)


def _told() -> dict[str, Any]:
    return {"actor": viewer(), "now": clock.now(), "today": clock.today()}


def _enter(form: EntryForm) -> StudySession:
    """Write a new session with its topics and, where there is one, last time's list."""
    session, told = db.session(), _told()
    row = sessions.create(session, **told, values=form.values(), state=SessionState(form.state.data))
    sessions.set_topics(session, **told, row=row, topics=form.topics_chosen())
    if form.last_list.data and people.last_with_list(session, row) is not None:
        attendance.add_last_list(session, **told, row=row)
    session.commit()
    return row


def _photos(session_id: int) -> ResponseReturnValue:
    """Take the photos that came with the entry, and go on to the list of people."""
    sent = [each for each in request.files.getlist("files") if each.filename]
    _taken, refused = receiving.take_all(attached.KIND, session_id, sent)
    where = session_url(session_id, "people")
    return go(where, "".join(refused), "error") if refused else go(where, _("已记录。接着登记到会情况。"))


# ---- what comes back -----------------------------------------------------------------------------------------------


def _again_and_again(form: EntryForm) -> ResponseReturnValue:
    """Show the days of a recurring session, or plan those that were chosen. Raises RuleError as the service does."""
    offered = form.dates()
    if "confirm" not in request.form:
        return _preview(form, offered, [day for day in offered if proposed(form.rule(), day)])
    sent = set(request.form.getlist("days"))
    chosen = [day for day in offered if day.isoformat() in sent]
    if not chosen:
        return _preview(form, offered, [], _("没有选中任何日期。请至少勾选一天。"))
    made = series.create(
        db.session(), **_told(), values=replace(form.values(), day=chosen[0]), rule=form.rule(), days=chosen,
        topics=form.topics_chosen(), last_list=bool(form.last_list.data),
    )  # fmt: skip
    db.session.commit()
    return go(url_for("study.series_page", series_id=made.id), _("已安排 %(n)s 次学习。", n=len(chosen)))


def _preview(form: EntryForm, offered: list[date], chosen: list[date], problem: str = "") -> ResponseReturnValue:
    own = {"csrf_token", "days", "confirm"}
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in own]
    return show(
        "study/series_preview.html",
        None,
        422 if problem else 200,
        form=form,
        rule=form.rule(),
        days=[(day, what(day)) for day in offered],
        chosen=set(chosen),
        kept=kept,
        unannounced=sorted({day.year for day in offered if not is_announced(day.year)}),
        problem=problem,
    )
