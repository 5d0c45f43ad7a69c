"""A recurring session: its days, and the end of its rest."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.extensions import db
from portal.study import bp
from portal.study.forms.sessions import ReasonForm
from portal.study.models import StudySeries
from portal.study.queries import series as queries
from portal.study.queries import sessions
from portal.study.rules.recurrence import Recurrence
from portal.study.services import series as services
from portal.study.views.sessions import MANAGE, show
from portal.web.access import requires, viewer
from portal.web.acts import act


def _managed(series_id: int) -> StudySeries:
    return queries.by_id(db.session(), viewer(), series_id) or abort(404)


def _url(series_id: int) -> str:
    return url_for("study.series_page", series_id=series_id)


def _told(row: StudySeries) -> dict[str, Any]:
    return {"actor": viewer(), "now": clock.now(), "today": clock.today(), "series": row}


@bp.get("/series/<int:series_id>")
@requires(MANAGE)
def series_page(series_id: int) -> ResponseReturnValue:
    """All days of it, and what is still to come."""
    row, session = _managed(series_id), db.session()
    return show(
        "study/series.html",
        row=row,
        rule=Recurrence(row.weekday, row.nth, row.month_day),
        kind=sessions.kind(session, row.kind_id),
        sessions=queries.sessions_of(session, viewer(), series_id),
        rest=len(queries.rest_of(session, viewer(), series_id, clock.today())),
        reason_form=ReasonForm(formdata=None),
    )


@bp.post("/series/<int:series_id>/end")
@requires(MANAGE)
def series_end(series_id: int) -> ResponseReturnValue:
    """Cancel the rest; the next page offers to take that back."""
    row, reason = _managed(series_id), request.form.get("reason", "").strip()[:200]
    return act(
        _url(series_id),
        lambda rest: _("已取消其余 %(n)s 次学习。", n=len(rest)),
        lambda: services.end(db.session(), **_told(row), reason=reason),
        undo=url_for("study.series_resume", series_id=series_id),
    )


@bp.post("/series/<int:series_id>/resume")
@requires(MANAGE)
def series_resume(series_id: int) -> ResponseReturnValue:
    """Plan it again as it was."""
    row = _managed(series_id)
    return act(
        _url(series_id),
        lambda rows: _("已恢复 %(n)s 次学习。", n=len(rows)),
        lambda: services.resume(db.session(), **_told(row)),
    )
