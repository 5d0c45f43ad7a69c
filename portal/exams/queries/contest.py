"""Every SELECT on contests: who may take part, the clock of an attempt, the leaderboard. Units: contest_units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from portal.accounts.models import User
from portal.core.db import UtcDateTime
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.contest_models import Contest, ContestClock, ContestConsent
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.queries.rounds import handed_in, lines_of, over_since
from portal.exams.rules import contest as rules
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.contest import NamesShown, QuestionClock
from portal.exams.rules.round import RoundKind, RoundState
from portal.org.models import UnitScope
from portal.web.tables import Column, Filter, Table, contains

TOP = 50
"""So many lines does the board of the participants show; the officer's list has them all."""
SECONDS = "c"
"""The key of a paper's line under which the seconds of its question stand."""


class _WholeSeconds(FunctionElement[int]):
    """The whole seconds of the epoch up to a moment, so that a difference is what two clocks show."""

    type = Integer()
    inherit_cache = True


@compiles(_WholeSeconds)
def _on_sqlite(element: _WholeSeconds, compiler: Any, **words: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **words)}) AS INTEGER)"


@compiles(_WholeSeconds, "postgresql")
def _on_postgresql(element: _WholeSeconds, compiler: Any, **words: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **words)})) AS BIGINT)"


# ---- one contest, and whoever looks at it ------------------------------------------------------------------------


def settings(session: Session, round_id: int) -> Contest:
    """How a contest is held; as by default where nobody has said."""
    return session.get(Contest, round_id) or default_settings(round_id)


def as_shown(session: Session, round_id: int) -> dict[str, Any]:
    """How a contest is held, as plain values for a page."""
    found = settings(session, round_id)
    names = ("question_seconds", "self_enrol", "names", "board_during", "board_after", "least_people")
    return {name: getattr(found, name) for name in names}


def default_settings(round_id: int) -> Contest:
    """A contest with one clock for the whole, by list; not stored."""
    defaults = {"names": NamesShown.AGREED, "board_during": rules.Audience.PARTICIPANTS}
    return Contest(
        round_id=round_id, question_seconds=None, self_enrol=False, board_after=rules.Audience.EVERYBODY,
        least_people=3, **defaults,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """A contest as one person of its reach finds it; `entry` is None while they have not joined."""

    round: ExamRound
    contest: Contest
    entry: RosterEntry | None
    agreed: bool
    handed_in: bool


def _in_reach(unit: Any) -> ColumnElement[bool]:
    """The unit is the contest's, or below it."""
    return exists().where(UnitScope.unit_id == unit, UnitScope.ancestor_id == ExamRound.unit_id)


def seat(session: Session, viewer: Viewer, round_id: int, now: datetime) -> Seat | None:
    """A published contest that lists the person, or that the person may join; one statement."""
    mine = viewer.id or 0
    sat = exists().where(Attempt.round_id == ExamRound.id, Attempt.user_id == mine, handed_in(over_since(now)))
    found = session.execute(
        select(ExamRound, Contest, RosterEntry, ContestConsent.agreed, sat.label("sat"))
        .outerjoin(Contest, Contest.round_id == ExamRound.id)
        .outerjoin(RosterEntry, and_(RosterEntry.round_id == ExamRound.id, RosterEntry.user_id == mine))
        .outerjoin(ContestConsent, and_(ContestConsent.round_id == ExamRound.id, ContestConsent.user_id == mine))
        .where(
            ExamRound.id == round_id,
            ExamRound.kind == RoundKind.CONTEST,
            ExamRound.state != RoundState.DRAFT,
            or_(RosterEntry.id.is_not(None), and_(Contest.self_enrol, _in_reach(viewer.unit_id or 0))),
        )
    ).one_or_none()
    if found is None:
        return None
    round_, contest, entry, agreed, handed = found
    return Seat(round_, contest or default_settings(round_id), entry, bool(agreed), bool(handed))


def joinable(session: Session, viewer: Viewer, now: datetime) -> Sequence[Any]:
    """Contests that are open to the person and do not list them yet, the next to close first."""
    return _JOINABLE.all(session, user=viewer.id or 0, unit=viewer.unit_id or 0, now=now)


_NOW = bindparam("now", type_=UtcDateTime())
_JOINABLE = Statement(
    select(ExamRound.id, ExamRound.title, ExamRound.kind, ExamRound.closes_at)
    .join(Contest, Contest.round_id == ExamRound.id)
    .where(
        ExamRound.kind == RoundKind.CONTEST,
        ExamRound.state == RoundState.PUBLISHED,
        ExamRound.opens_at <= _NOW,
        ExamRound.closes_at > _NOW,
        Contest.self_enrol,
        _in_reach(bindparam("unit")),
        ~exists().where(RosterEntry.round_id == ExamRound.id, RosterEntry.user_id == bindparam("user")),
    )
    .order_by(ExamRound.closes_at, ExamRound.id)
)


def consent(session: Session, round_id: int, user_id: int) -> ContestConsent | None:
    """What somebody said about their name."""
    return session.get(ContestConsent, (round_id, user_id))


# ---- the clock of an attempt -------------------------------------------------------------------------------------


def clock_row(session: Session, attempt_id: int) -> ContestClock | None:
    """Where an attempt last moved by hand."""
    return session.get(ContestClock, attempt_id)


def clock_of(session: Session, attempt: Any) -> QuestionClock | None:
    """The clock of an attempt's questions, None where they have none. `attempt`: id, paper and due_at.

    What a paper has not been stamped with costs no look-up.
    """
    seconds = attempt.paper[0].get(SECONDS) if attempt.paper else None
    if seconds is None:
        return None
    row = session.execute(
        select(ContestClock.position, ContestClock.opened_at).where(ContestClock.attempt_id == attempt.id)
    ).one()
    return QuestionClock(seconds, len(attempt.paper), row.position, row.opened_at, attempt.due_at)


# ---- the leaderboard ---------------------------------------------------------------------------------------------


def standings(round_id: int) -> Subquery:
    """Everybody whose attempt is handed in and marked: user_id, score, used, ended (seconds), place.

    The attempt that counts is the one that counts for the result: the best, the earliest on a tie. The order is that
    of rules.contest.ranking.
    """
    moment = case((Attempt.submitted_at < Attempt.due_at, Attempt.submitted_at), else_=Attempt.due_at)
    order = (Attempt.score.desc(), Attempt.submitted_at, Attempt.id)
    each = (
        select(
            Attempt.user_id,
            Attempt.score,
            (_WholeSeconds(moment) - _WholeSeconds(Attempt.started_at)).label("used"),
            _WholeSeconds(Attempt.submitted_at).label("ended"),
            func.row_number().over(partition_by=Attempt.user_id, order_by=order).label("nth"),
        )
        .where(Attempt.round_id == round_id, Attempt.state == AttemptState.SUBMITTED, Attempt.score.is_not(None))
        .subquery()
    )
    place = func.rank().over(order_by=(each.c.score.desc(), each.c.used, each.c.ended))
    return (
        select(each.c.user_id, each.c.score, each.c.used, each.c.ended, place.label("place"))
        .where(each.c.nth == 1)
        .subquery()
    )


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one person stands, with all that a board says of them; `used` is in seconds."""

    user_id: int
    place: int
    score: int
    used: int
    name: str
    unit_id: int
    unit_name: str
    agreed: bool


def all_standings(session: Session, round_id: int) -> list[Stand]:
    """Everybody who has handed in and is marked, from the first to the last; one statement."""
    line = standings(round_id)
    rows = session.execute(
        select(
            line.c.user_id,
            line.c.place,
            line.c.score,
            line.c.used,
            User.name,
            RosterEntry.unit_id,
            RosterEntry.unit_name,
            func.coalesce(ContestConsent.agreed, False),
        )
        .join(User, User.id == line.c.user_id)
        .join(RosterEntry, and_(RosterEntry.round_id == round_id, RosterEntry.user_id == line.c.user_id))
        .outerjoin(ContestConsent, and_(ContestConsent.round_id == round_id, ContestConsent.user_id == line.c.user_id))
        .order_by(line.c.place, line.c.user_id)
    )
    return [Stand(*row) for row in rows]


def state_of_board(session: Session, round_id: int) -> tuple[Any, ...]:
    """What differs as soon as the board does: a hand-in, a mark, a name shown or not; one statement, index alone."""
    marked = select(
        func.count().label("count"),
        func.max(Attempt.submitted_at).label("newest"),
        func.sum(Attempt.score).label("scores"),
        func.sum(Attempt.score * Attempt.user_id).label("whose"),
    ).where(Attempt.round_id == round_id, Attempt.state == AttemptState.SUBMITTED)
    names = select(func.count().label("said"), func.max(ContestConsent.at).label("said_last")).where(
        ContestConsent.round_id == round_id
    )
    first, second = marked.subquery(), names.subquery()
    both = select(*first.c, *second.c).select_from(first.join(second, true()))
    return tuple(session.execute(both).one())


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A line of the board. `name` and `unit_name` are empty for whoever is not to be named; `used` is in seconds."""

    place: int
    name: str
    unit_name: str
    score: int
    used: int
    mine: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The first lines of the board, my own line wherever it stands, and how many have handed in."""

    lines: list[BoardLine]
    own: BoardLine | None
    count: int


def board(stands: Sequence[Stand], contest: Contest, viewer: Viewer | None, *, top: int = TOP) -> Board:
    """The board as the settings show it to everybody: nobody is named who is not to be.

    `viewer` None is a wall: nobody's own line. Where only one's own place is shown there are no other lines.
    """
    mine = viewer.id if viewer else None
    shown = 0 if contest.names is NamesShown.OWN else top
    own = next((each for each in stands if each.user_id == mine), None)
    return Board(
        lines=[_line(each, contest, mine) for each in stands[:shown]],
        own=_line(own, contest, mine) if own else None,
        count=len(stands),
    )


def _line(stand: Stand, contest: Contest, mine: int | None) -> BoardLine:
    own = stand.user_id == mine
    shown = own or rules.named(contest.names, agreed=stand.agreed)
    name, unit = (stand.name, stand.unit_name) if shown else ("", "")
    return BoardLine(stand.place, name, unit, stand.score, stand.used, own)


def officers_board(round_: ExamRound, viewer: Viewer) -> Select[Any]:
    """The whole board by name, for the lines that the viewer may read; places count everybody."""
    line = standings(round_.id)
    return (
        select(RosterEntry.id, User.number, User.name, RosterEntry.unit_name, *line.c)
        .join(line, line.c.user_id == RosterEntry.user_id)
        .join(User, User.id == RosterEntry.user_id)
        .where(RosterEntry.round_id == round_.id, lines_of(viewer, round_))
    )


def board_table(statement: Select[Any]) -> Table:
    """The officer's list of the board."""
    columns = statement.selected_columns
    return Table(
        name="board",
        columns=(
            Column("place", _l("名次"), lambda row: row.place, sort=columns.place, css="num", fixed=True),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name, css="nowrap", fixed=True),
            Column("number", _l("工号"), lambda row: row.number, sort=User.number),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
            Column("score", _l("得分"), lambda row: row.score / 100, sort=columns.score, css="num half"),
            Column("used", _l("用时"), lambda row: used_text(row.used), sort=columns.used, css="num half"),
            Column("ended", _l("交卷时间"), lambda row: datetime.fromtimestamp(row.ended, UTC), css="nowrap"),
        ),
        filters=(
            Filter(
                "q",
                _l("关键词"),
                contains(User.name, User.number, RosterEntry.unit_name),
                kind="text",
                placeholder=_l("姓名、工号、单位"),
            ),
        ),
        identity=RosterEntry.__table__.c.id,
        sort="place",
        page_size=50,
    )


def used_text(seconds: int) -> str:
    """754 -> "12:34"."""
    return f"{seconds // 60}:{seconds % 60:02d}"
