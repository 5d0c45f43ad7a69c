"""Contests for those who hold them: the whole leaderboard, units, and the page for a wall."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.exams import bp, contesting
from portal.exams.contest_models import Contest
from portal.exams.kept_boards import standings_of
from portal.exams.models import ExamRound
from portal.exams.queries import contest as queries
from portal.exams.queries import contest_units, rounds
from portal.exams.rules.contest import RankedUnit
from portal.exams.rules.round import RoundKind, RoundState
from portal.exams.views.results import note_export
from portal.exams.views.rounds import MANAGE, VIEW, managed, phase, seen, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.exports import send_listing, send_sheet, wants_export

WALL_TOP = 10
WALL_UNITS = 8


def _contest(round_id: int) -> ExamRound:
    """A published contest that the person may look at, or 404."""
    round_ = seen(round_id)
    if round_.kind is not RoundKind.CONTEST or round_.state is RoundState.DRAFT:
        abort(404)
    return round_


def _units(round_: ExamRound, contest: Contest) -> list[RankedUnit]:
    stands = standings_of(db.session(), round_.id, clock.now())
    return contest_units.ranked_units(db.session(), round_, contest, stands, viewer())


@bp.get("/rounds/<int:round_id>/results/board")
@requires(MANAGE, VIEW)
def round_board(round_id: int) -> ResponseReturnValue:
    """The leaderboard by name, for the lines that the person may read, and that of the units."""
    round_ = _contest(round_id)
    statement = queries.officers_board(round_, viewer())
    table = queries.board_table(statement)
    if wants_export():
        title, record = _("%(title)s排行榜", title=round_.title), note_export(round_, _("排行榜"))
        return send_listing(title, table, db.session(), statement, record=record)
    contest = queries.settings(db.session(), round_id)
    units = _units(round_, contest)
    return show(
        "exams/contest_board.html", "results", round=round_, phase=phase(round_), contest=contest,
        listing=table.read(db.session(), statement), figures=contest_units.figures_of(each.entry for each in units),
        manages=rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None,
    )  # fmt: skip


@bp.get("/rounds/<int:round_id>/results/board/units")
@requires(MANAGE, VIEW)
def round_board_units(round_id: int) -> ResponseReturnValue:
    """Units by mean and by participation."""
    round_ = _contest(round_id)
    contest = queries.settings(db.session(), round_id)
    units = _units(round_, contest)
    if wants_export():
        return _units_sheet(round_, units)
    return show("exams/contest_units.html", None, round=round_, phase=phase(round_), contest=contest, units=units)


def _units_sheet(round_: ExamRound, units: list[RankedUnit]) -> ResponseReturnValue:
    headings = [
        _("单位"), _("应参赛"), _("参赛"), _("平均分"), _("平均分名次"), _("参与率"), _("参与率名次"),
    ]  # fmt: skip
    rows = (
        [
            each.entry.name, each.entry.people, each.entry.took,
            None if each.entry.mean is None else round(float(each.entry.mean) / 100, 2), each.by_mean,
            f"{float(each.entry.participation):.2%}", each.by_participation,
        ]
        for each in units
    )  # fmt: skip
    record = note_export(round_, _("单位排行"))
    return send_sheet(_("%(title)s单位排行", title=round_.title), headings, rows, record=record)


@bp.get("/rounds/<int:round_id>/wall")
@requires(MANAGE)
def contest_wall(round_id: int) -> ResponseReturnValue:
    """The leaderboard for a screen on the wall: large, without a menu, drawn anew every two seconds."""
    round_, now = _contest(managed(round_id).id), clock.now()
    return show(
        "exams/contest_wall.html",
        "board",
        round=round_,
        contest=queries.settings(db.session(), round_id),
        shown=contesting.wall_page(db.session(), round_, now, top=WALL_TOP),
        units_shown=WALL_UNITS,
        used=queries.used_text,
        taken_at=now,
    )
