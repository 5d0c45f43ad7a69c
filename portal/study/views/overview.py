"""The year of study at a glance: forms and units by month; for one form its topics, who spoke, who never did."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.extensions import db
from portal.study import bp
from portal.study.models import StudyKind
from portal.study.queries import overview as queries
from portal.study.views.own import asked_year
from portal.study.views.sessions import MANAGE, VIEW, record_export, show
from portal.web.access import requires, viewer
from portal.web.exports import send_sheet, wants_export


@bp.get("/overview")
@requires(VIEW, MANAGE)
def overview() -> ResponseReturnValue:
    """Forms x months, units x months, and the sums."""
    session, year = db.session(), asked_year()
    units = queries.by_unit(session, viewer(), year)
    if wants_export():
        return _sheet(units)
    kinds = queries.by_kind(session, viewer(), year)
    return show(
        "study/overview.html",
        year=year,
        kinds=kinds,
        units=units,
        by_month=[sum(row.months[month - 1] for row in kinds) for month in queries.MONTHS],
        idle=queries.idle_units(session, viewer(), year, clock.today()),
        totals=queries.totals(session, viewer(), year),
        months=_months(),
    )


def _months() -> list[str]:
    return [_("%(n)s月", n=month) for month in queries.MONTHS]


def _sheet(units: list[queries.MonthRow]) -> ResponseReturnValue:
    heads = [_("单位"), *_months(), _("合计")]
    rows = ([row.name, *row.months, row.total] for row in units)
    return send_sheet(_("学习情况"), heads, rows, record=record_export())


@bp.get("/overview/<int:kind_id>")
@requires(VIEW, MANAGE)
def overview_kind(kind_id: int) -> ResponseReturnValue:
    """One form of study in a year."""
    session, year = db.session(), asked_year()
    kind = session.get(StudyKind, kind_id) or abort(404)
    return show(
        "study/overview_kind.html",
        year=year,
        kind=kind,
        totals=queries.totals(session, viewer(), year, kind_id=kind_id),
        topics=queries.topics(session, viewer(), year, kind_id),
        speakers=queries.speakers(session, viewer(), year, kind_id),
        silent=queries.silent(session, viewer(), year, kind_id),
    )
