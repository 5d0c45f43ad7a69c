"""Figures of study over a year: forms and units by month, topics, who spoke and who never did. All grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, extract, func, literal, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.org.queries import in_force as units_in_force
from portal.org.queries import within
from portal.org.rules import UnitKind
from portal.study.models import StudyAttendance, StudyKind, StudySession, StudySpeech, StudyTopic
from portal.study.queries.sessions import VIEW, visible_to
from portal.study.rules.attendance import ATTENDED
from portal.study.rules.session import SessionState

MONTHS = range(1, 13)
_HELD = (SessionState.HELD, SessionState.RECORDED)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A line of a matrix: sessions held in each of the twelve months."""

    id: int
    name: str
    months: tuple[int, ...]
    english: str = ""

    @property
    def total(self) -> int:
        """Sessions of the year."""
        return sum(self.months)


def _held(viewer: Viewer, year: int, *, kind_id: int | None = None) -> list[ColumnElement[bool]]:
    """Sessions held in a year by units in sight, own ones only: another bureau's are not the unit's."""
    conditions: list[ColumnElement[bool]] = [
        visible_to(viewer),
        StudySession.state.in_(_HELD),
        StudySession.own.is_(True),
        StudySession.first_day.between(date(year, 1, 1), date(year, 12, 31)),
    ]
    return conditions if kind_id is None else [*conditions, StudySession.kind_id == kind_id]


def _matrix(session: Session, statement: Select[Any]) -> list[MonthRow]:
    found: dict[int, tuple[str, str, list[int]]] = {}
    for row in session.execute(statement):
        line = found.setdefault(row.id, (row.name, row.english, [0] * len(MONTHS)))
        line[2][int(row.month) - 1] = row.times
    return [MonthRow(key, name, tuple(months), english) for key, (name, english, months) in found.items()]


def by_kind(session: Session, viewer: Viewer, year: int) -> list[MonthRow]:
    """Forms of study x months."""
    month = extract("month", StudySession.first_day).label("month")
    columns: list[Any] = [StudyKind.id, StudyKind.name, StudyKind.english, month, func.count().label("times")]
    return _matrix(
        session,
        select(*columns)
        .join(StudyKind, StudyKind.id == StudySession.kind_id)
        .where(*_held(viewer, year))
        .group_by(StudyKind.id, StudyKind.name, StudyKind.english, StudyKind.position, month)
        .order_by(StudyKind.position),
    )


def by_unit(session: Session, viewer: Viewer, year: int) -> list[MonthRow]:
    """Units x months; a unit that held nothing is not in it."""
    month = extract("month", StudySession.first_day).label("month")
    columns: list[Any] = [Unit.id, Unit.name, literal("").label("english"), month, func.count().label("times")]
    return _matrix(
        session,
        select(*columns)
        .join(Unit, Unit.id == StudySession.unit_id)
        .where(*_held(viewer, year))
        .group_by(Unit.id, Unit.name, Unit.code, month)
        .order_by(Unit.code),
    )


def idle_units(session: Session, viewer: Viewer, year: int, day: date) -> list[str]:
    """The names of units in sight and in use that held nothing of their own in a year.

    Sections do not hold sessions by themselves, and the district is the bureau's to speak for.
    """
    busy = select(StudySession.unit_id).where(*_held(viewer, year))
    units = units_in_force(select(Unit), day).where(
        within(Unit.id, viewer.units_for(VIEW)),
        Unit.kind.not_in([UnitKind.SECTION, UnitKind.DISTRICT]),
        Unit.id.not_in(busy),
    )
    return list(session.scalars(units.with_only_columns(Unit.name).order_by(Unit.code)))


@dataclass(frozen=True, slots=True)
class Totals:
    """A year in figures: sessions, person-times, expected person-times, speeches, minutes spoken where known."""

    sessions: int
    attended: int
    expected: int
    speeches: int
    speakers: int


def totals(session: Session, viewer: Viewer, year: int, *, kind_id: int | None = None) -> Totals:
    """The figures of a year, or of one form in it; three statements."""
    held = _held(viewer, year, kind_id=kind_id)
    sessions = session.scalar(select(func.count()).select_from(StudySession).where(*held)) or 0
    counted = func.sum(func.coalesce(_one(StudyAttendance.status.in_(sorted(ATTENDED))), 0))
    exempt = func.sum(func.coalesce(_one(StudyAttendance.status == "exempt"), 0))
    people = session.execute(
        select(func.count().label("listed"), counted.label("attended"), exempt.label("exempt"))
        .select_from(StudyAttendance)
        .join(StudySession, StudySession.id == StudyAttendance.session_id)
        .where(*held)
    ).one()
    spoken = session.execute(
        select(func.count().label("speeches"), func.count(StudySpeech.user_id.distinct()).label("speakers"))
        .join(StudySession, StudySession.id == StudySpeech.session_id)
        .where(*held)
    ).one()
    attended = int(people.attended or 0)
    expected = people.listed - int(people.exempt or 0)
    return Totals(sessions, attended, expected, spoken.speeches, spoken.speakers)


def _one(condition: ColumnElement[bool]) -> Any:
    return case((condition, 1))


def topics(session: Session, viewer: Viewer, year: int, kind_id: int) -> list[Row[Any]]:
    """(session id, day, session title, topic) of one form in a year, by day."""
    columns: list[Any] = [StudySession.id, StudySession.first_day, StudySession.title, StudyTopic.title.label("topic")]
    return list(
        session.execute(
            select(*columns)
            .outerjoin(StudyTopic, StudyTopic.session_id == StudySession.id)
            .where(*_held(viewer, year, kind_id=kind_id))
            .order_by(StudySession.first_day, StudySession.id, StudyTopic.position)
        )
    )


def speakers(session: Session, viewer: Viewer, year: int, kind_id: int) -> list[Row[Any]]:
    """(name, times, minutes where known) of who spoke in one form, most often first; guests by their name."""
    columns: list[Any] = [
        StudySpeech.name,
        func.count().label("times"),
        func.sum(func.coalesce(StudySpeech.minutes, 0)).label("minutes"),
    ]
    return list(
        session.execute(
            select(*columns)
            .join(StudySession, StudySession.id == StudySpeech.session_id)
            .where(*_held(viewer, year, kind_id=kind_id))
            .group_by(StudySpeech.user_id, StudySpeech.name)
            .order_by(func.count().desc(), StudySpeech.name)
        )
    )


def silent(session: Session, viewer: Viewer, year: int, kind_id: int) -> Sequence[Row[Any]]:
    """(name, unit, times attended) of who attended sessions of one form and never spoke in any of them."""
    held = _held(viewer, year, kind_id=kind_id)
    spoke = (
        select(StudySpeech.user_id)
        .join(StudySession, StudySession.id == StudySpeech.session_id)
        .where(*held, StudySpeech.user_id.is_not(None))
    )
    columns: list[Any] = [User.name, Unit.name.label("unit_name"), func.count().label("times")]
    return session.execute(
        select(*columns)
        .select_from(StudyAttendance)
        .join(StudySession, StudySession.id == StudyAttendance.session_id)
        .join(User, User.id == StudyAttendance.user_id)
        .join(Unit, Unit.id == User.unit_id)
        .where(*held, StudyAttendance.status.in_(sorted(ATTENDED)), User.id.not_in(spoke))
        .group_by(User.id, User.name, Unit.name, Unit.code)
        .order_by(Unit.code, User.id)
    ).all()
