"""Rounds and years beside one another, and the exams of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.exams import bp
from portal.exams.forms.after import CompareForm
from portal.exams.forms.rounds import offered as choices
from portal.exams.queries import comparison as queries
from portal.exams.queries import history as history_queries
from portal.exams.queries.results import UnitFigures, rate_text, score_text
from portal.exams.views.rounds import MANAGE, VIEW, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.exports import send_sheet, wants_export

_PLOTTED = ("participation_rate", "pass_rate", "excellent_rate")


@bp.get("/comparison")
@requires(MANAGE, VIEW)
def round_comparison() -> ResponseReturnValue:
    """Participation, pass, excellent and mean of several rounds or years, in all and by unit."""
    now, form = clock.now(), CompareForm(request.args)
    offered = queries.comparable(db.session(), viewer(), now)
    form.round.choices = choices((each.id, each.title) for each in offered)
    chosen = [each for each in offered if each.id in (form.round.data or ())] or queries.usual(offered, now)
    problem = explain(RuleError("compare-too-many", most=queries.MOST)) if len(chosen) > queries.MOST else ""
    chosen, by_year = chosen[: queries.MOST], form.by.data == "year"
    columns = queries.columns(db.session(), viewer(), now, chosen, by_year=by_year)
    if wants_export():
        return send_sheet(_("考试对比"), _headings(), _rows(columns), record=_note())
    form.round.data = [each.id for each in chosen]
    return show(
        "exams/comparison.html", None, form=form, columns=columns, units=queries.unit_names(columns), problem=problem,
        series=_series(columns), rate=rate_text, score=score_text,
    )  # fmt: skip


def _note() -> Callable[[Session], None]:
    """What writes down that the figures leave the portal."""
    now, actor = clock.now(), viewer()
    subject = ("exam_rounds", "", _("考试对比"))

    def record(session: Session) -> None:
        note(session, actor=actor, at=now, action="results.export", subject=subject)

    return record


def _series(columns: list[queries.Column]) -> list[tuple[str, list[float]]]:
    """The three rates of every column in percent, for the plot; a rate without a base is drawn as zero."""
    names = (_("参考率"), _("及格率"), _("优秀率"))
    return [
        (name, [(getattr(column.total, part) or 0) / 100 for column in columns])
        for name, part in zip(names, _PLOTTED, strict=True)
    ]


def _headings() -> list[str]:
    return [
        _("考试"), _("单位"), _("应考"), _("实考"), _("缓考"), _("免考"), _("参考率"), _("及格率"), _("优秀率"),
        _("平均分"),
    ]  # fmt: skip


def _rows(columns: list[queries.Column]) -> Iterator[list[Any]]:
    for column in columns:
        for unit in column.units.values():
            yield [column.name, *_cells(unit)]
        yield [column.name, _("合计"), *_cells(column.total)[1:]]


def _cells(each: UnitFigures) -> list[Any]:
    return [
        each.name, each.should, each.taken, each.deferred, each.exempt, rate_text(each.participation_rate),
        rate_text(each.pass_rate), rate_text(each.excellent_rate), None if each.mean is None else each.mean / 100,
    ]  # fmt: skip


@bp.get("/history")
@requires(Permission.EXAM_TAKE)
def history() -> ResponseReturnValue:
    """Every round of mine, what came of it, and my certificates."""
    sat = history_queries.of_person(db.session(), viewer().id or 0, clock.now())
    return show("exams/history.html", None, sat=sat, score=score_text)
