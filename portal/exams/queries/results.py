"""Every SELECT on results: the best attempt of each person, figures by unit, who has not sat.

The best attempt counts, the earliest on a tie; one whose time is over counts as handed in though no row says so yet.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import User
from portal.core.db import UtcDateTime
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, ExamRound, PaperSection, RosterEntry
from portal.exams.queries import recorded
from portal.exams.queries.rounds import going_on, handed_in, lines_from, lines_of, over_since, tops_of
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.marking import round_half_up
from portal.exams.rules.roster import Band, distribution, rate
from portal.exams.rules.round import RosterStatus
from portal.exams.words_rounds import OUTCOME_LABELS
from portal.org.models import Unit
from portal.web.forms import points_text
from portal.web.tables import Column, Filter, Table, contains

_OUTCOMES = ("passed", "failed", "not-sat", "marking", "waiting")
_FINISHED = ("passed", "failed")
_ABSENT = ("not-sat", "sitting")


def _ended(attempt: Any) -> Any:
    return func.coalesce(attempt.submitted_at, attempt.due_at)


def _handed_in(attempt: Any, over: Any) -> ColumnElement[bool]:
    """The attempt is one that the person of the line handed in.

    Looked up line by line: SQLite puts no index on a table made on the way, and would compare everybody with everybody.
    """
    of_line = and_(attempt.round_id == RosterEntry.round_id, attempt.user_id == RosterEntry.user_id)
    return and_(of_line, handed_in(over, attempt))


def people(round_: ExamRound, now: datetime, viewer: Viewer | None = None) -> tuple[Select[Any], Any]:
    """One line for everybody on the list with the attempt that counts; and the expression of the outcome.

    `outcome` is passed, failed, marking (a short answer waits for a person), waiting (handed in, not marked), sitting,
    not-sat, deferred or exempt. Here as in all that builds on it, the viewer reads only the lines of their units;
    None (a command) reads everything.
    """
    tops = None if viewer is None else tops_of(viewer)
    return _people(round_, over_since(now), tops) if round_.kind.online else recorded.people(round_, tops)


def _people(round_: Any, over: Any, tops: frozenset[int] | None) -> tuple[Select[Any], Any]:
    each, best = aliased(Attempt), aliased(Attempt)
    mine = _handed_in(each, over)
    order = (func.coalesce(each.score, -1).desc(), _ended(each), each.id)
    best_id = select(each.id).where(mine).order_by(*order).limit(1).correlate(RosterEntry).scalar_subquery()
    handed = select(func.count()).select_from(each).where(mine).correlate(RosterEntry).scalar_subquery()
    unmarked = exists().where(mine, each.score.is_(None)).correlate(RosterEntry)
    by_hand = exists().where(mine, each.score.is_(None), each.state == AttemptState.SUBMITTED).correlate(RosterEntry)
    sitting = exists().where(
        Attempt.round_id == round_.id,
        Attempt.user_id == RosterEntry.user_id,
        going_on(Attempt, over),
    )
    outcome = case(
        (best.score >= round_.pass_line, "passed"),
        (by_hand, "marking"),
        (unmarked, "waiting"),
        (best.id.is_not(None), "failed"),
        (RosterEntry.status == RosterStatus.DEFERRED, "deferred"),
        (RosterEntry.status == RosterStatus.EXEMPT, "exempt"),
        (sitting, "sitting"),
        else_="not-sat",
    )
    statement: Select[Any] = (
        select(
            *RosterEntry.__table__.columns,
            User.number,
            User.name,
            best.id.label("attempt_id"),
            best.score,
            best.started_at,
            _ended(best).label("ended_at"),
            best.late_seconds,
            handed.label("attempts"),
            outcome.label("outcome"),
        )
        .join(User, User.id == RosterEntry.user_id)
        .outerjoin(best, best.id == best_id)
        .where(RosterEntry.round_id == round_.id, lines_from(tops, round_))
    )
    return statement, outcome


def minutes_used(row: Any) -> int | None:
    """Whole minutes from start to hand-in, begun ones counted; None without an attempt."""
    if row.started_at is None or row.ended_at is None:
        return None
    return -int((row.started_at - row.ended_at).total_seconds() // 60)


def _points(value: int | None) -> float | int | None:
    if value is None:
        return None
    return value // 100 if value % 100 == 0 else value / 100


def people_table(
    session: Session, round_: ExamRound, now: datetime, viewer: Viewer | None = None
) -> tuple[Table, Select[Any]]:
    """The list of results by person with its filters, and the statement to read it with."""
    statement, outcome = people(round_, now, viewer)

    def of_outcome(narrowed: Select[Any], value: str) -> Select[Any]:
        return narrowed.where(outcome.in_(_ABSENT if value == "not-sat" else (value,)))

    best_score = statement.selected_columns.score
    scored = func.coalesce(best_score, -1)
    table = Table(
        name="results",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=User.number),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name, css="nowrap", fixed=True),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
            Column("position", _l("职务"), lambda row: row.position),
            Column("score", _l("成绩"), lambda row: _points(row.score), sort=scored, css="num half"),
            Column("outcome", _l("结果"), lambda row: str(OUTCOME_LABELS[row.outcome]), css="half"),
            Column("attempts", _l("次数"), lambda row: row.attempts, css="num half"),
            Column("ended", _l("交卷时间"), lambda row: row.ended_at, css="nowrap"),
            Column("used", _l("用时（分钟）"), minutes_used, css="num half"),
            Column("late", _l("迟交（秒）"), lambda row: row.late_seconds or None, css="num half"),
        ),
        filters=(
            Filter(
                "q",
                _l("关键词"),
                contains(User.name, User.number, RosterEntry.position),
                kind="text",
                placeholder=_l("姓名、工号、职务"),
            ),
            Filter(
                "unit",
                _l("单位"),
                lambda narrowed, value: narrowed.where(RosterEntry.unit_id == int(value)),
                choices=lambda: units(session, round_, viewer),
            ),
            Filter("outcome", _l("结果"), of_outcome, choices=[(code, OUTCOME_LABELS[code]) for code in _OUTCOMES]),
        ),
        identity=RosterEntry.__table__.c.id,
        sort="unit",
        page_size=50,
    )
    return table, statement


def units(session: Session, round_: ExamRound, viewer: Viewer | None = None) -> list[tuple[str, str]]:
    """(id, name of that day) of the units on the list, in the order of their codes."""
    rows = session.execute(
        select(RosterEntry.unit_id, func.max(RosterEntry.unit_name))
        .join(Unit, Unit.id == RosterEntry.unit_id)
        .where(RosterEntry.round_id == round_.id, lines_of(viewer, round_))
        .group_by(RosterEntry.unit_id, Unit.code)
        .order_by(Unit.code)
    )
    return [(str(row[0]), row[1]) for row in rows]


@dataclass(frozen=True)
class UnitFigures:
    """Head counts of a unit or of all. Rates are hundredths of a percent, points hundredths; None without a base."""

    name: str
    should: int
    taken: int
    deferred: int
    exempt: int
    passed: int
    excellent: int
    marked: int
    points: int

    @property
    def participation_rate(self) -> int | None:
        """参考率: 实考 of 应考."""
        return rate(self.taken, self.should)

    @property
    def pass_rate(self) -> int | None:
        """及格率: of those who sat and whose marking is finished."""
        return rate(self.passed, self.marked)

    @property
    def excellent_rate(self) -> int | None:
        """优秀率: of those who sat and whose marking is finished."""
        return rate(self.excellent, self.marked)

    @property
    def waiting(self) -> int:
        """Those who sat and have no final result yet; rates and mean leave them out."""
        return self.taken - self.marked

    @property
    def mean(self) -> int | None:
        """平均分 of the attempts marked, rounded half up."""
        return round_half_up(Fraction(self.points, self.marked)) if self.marked else None


class _Given:
    """A round whose values are given when the statement is run."""

    id = bindparam("round", type_=Integer)
    unit_id = bindparam("unit", type_=Integer)
    pass_line = bindparam("pass_line", type_=Integer)
    excellent_line = bindparam("excellent_line", type_=Integer)


def by_unit(session: Session, round_: Any, now: datetime, viewer: Viewer | None = None) -> list[UnitFigures]:
    """The figures of every unit on the list, grouped by the database; one statement."""
    given = {
        "over": over_since(now),
        "round": round_.id,
        "unit": round_.unit_id,
        "pass_line": round_.pass_line,
        "excellent_line": 10**9 if round_.excellent_line is None else round_.excellent_line,
    }
    figures = _by_unit(None if viewer is None else tops_of(viewer), sat_here=round_.kind.online)
    return [UnitFigures(*row) for row in figures.all(session, **given)]


def _outcomes(over: Any, tops: frozenset[int] | None) -> Select[Any]:
    """What head counts need of people(): status, whether there is an attempt, and outcome and score where it is marked.

    One look into the attempts for each line. The best attempt is the one with the highest score, so what else it is
    need not be found out; and of the outcomes only those of who has finished count.
    """
    handed, marked, best = func.count(Attempt.id), func.count(Attempt.score), func.max(Attempt.score)
    outcome = case((best >= _Given.pass_line, "passed"), (handed > marked, "waiting"), (handed > 0, "failed"))
    return (
        select(
            RosterEntry.unit_id,
            RosterEntry.unit_name,
            RosterEntry.status,
            func.nullif(handed, 0).label("attempt_id"),
            best.label("score"),
            outcome.label("outcome"),
        )
        .outerjoin(Attempt, _handed_in(Attempt, over))
        .where(RosterEntry.round_id == _Given.id, lines_from(tops, _Given))
        .group_by(RosterEntry.id)
    )


@functools.lru_cache(64)
def _by_unit(tops: frozenset[int] | None, *, sat_here: bool) -> Statement:
    over = bindparam("over", type_=UtcDateTime())
    line = (_outcomes(over, tops) if sat_here else recorded.people(_Given, tops)[0]).subquery()
    due = line.c.status == RosterStatus.SHOULD
    finished = line.c.outcome.in_(_FINISHED)

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return Statement(
        select(
            func.max(line.c.unit_name),
            count(due),
            count(and_(due, line.c.attempt_id.is_not(None))),
            count(line.c.status == RosterStatus.DEFERRED),
            count(line.c.status == RosterStatus.EXEMPT),
            count(and_(due, line.c.outcome == "passed")),
            count(and_(due, finished, line.c.score >= _Given.excellent_line)),
            count(and_(due, finished)),
            func.coalesce(func.sum(case((and_(due, finished), line.c.score))), 0),
        )
        .join(Unit, Unit.id == line.c.unit_id)
        .group_by(line.c.unit_id, Unit.code)
        .order_by(Unit.code)
    )


def overall(units_: list[UnitFigures], name: str = "") -> UnitFigures:
    """The sum of all units."""
    parts = ("should", "taken", "deferred", "exempt", "passed", "excellent", "marked", "points")
    return UnitFigures(name, *(sum(getattr(unit, part) for unit in units_) for part in parts))


def full_marks(session: Session, round_id: int) -> int:
    """Points of the whole paper, or as given where the exam is sat elsewhere; in hundredths."""
    paper = select(func.sum(PaperSection.count * PaperSection.points)).where(PaperSection.round_id == round_id)
    given = select(func.coalesce(ExamRound.full_marks, paper.scalar_subquery())).where(ExamRound.id == round_id)
    return session.execute(given).scalar_one() or 0


def bands(session: Session, round_: ExamRound, now: datetime, viewer: Viewer | None = None) -> list[Band]:
    """How many people's best scores fall into each ten points."""
    line = people(round_, now, viewer)[0].subquery()
    rows = session.execute(
        select(line.c.score, func.count())
        .where(line.c.status == RosterStatus.SHOULD, line.c.outcome.in_(_FINISHED))
        .group_by(line.c.score)
    )
    scores = [score for score, count in rows for _ in range(count)]
    maximum = full_marks(session, round_.id)
    return distribution(scores, maximum) if maximum else []


def absent(session: Session, round_: ExamRound, now: datetime, viewer: Viewer | None = None) -> list[Any]:
    """未考: everybody who should sit and has not handed in, in the order of units; `outcome` "sitting" is at it now."""
    statement, outcome = people(round_, now, viewer)
    return list(
        session.execute(
            statement.join(Unit, Unit.id == RosterEntry.unit_id)
            .where(outcome.in_(_ABSENT))
            .order_by(Unit.code, User.name, User.id)
        )
    )


def attempt_of(session: Session, round_id: int, attempt_id: int) -> tuple[Attempt, User, RosterEntry] | None:
    """An attempt at this round with its person and the line on the list."""
    found = session.execute(
        select(Attempt, User, RosterEntry)
        .join(User, User.id == Attempt.user_id)
        .join(RosterEntry, and_(RosterEntry.round_id == Attempt.round_id, RosterEntry.user_id == Attempt.user_id))
        .where(Attempt.id == attempt_id, Attempt.round_id == round_id)
    ).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def rate_text(value: int | None) -> str:
    """9167 -> "91.67%", "—" without a base."""
    return "—" if value is None else f"{value / 100:.2f}%"


def score_text(value: int | None) -> str:
    """Points as people write them, "—" for none."""
    return "—" if value is None else points_text(value)
