"""Every SELECT on the hours ledger."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from portal.study.models import HoursEntry, StudyAttendance
from portal.study.rules.hours import Source

_OF_SESSIONS = (Source.SESSION, Source.MAKE_UP, Source.LECTURE)


def attendances(session: Session, session_id: int) -> list[StudyAttendance]:
    """Everybody on a session's list."""
    return list(session.scalars(select(StudyAttendance).where(StudyAttendance.session_id == session_id)))


def sums(session: Session, session_id: int) -> dict[tuple[int, Source], int]:
    """{(person, source): minutes} that the ledger holds of a session."""
    rows = session.execute(
        select(HoursEntry.user_id, HoursEntry.source, func.sum(HoursEntry.minutes).label("minutes"))
        .where(HoursEntry.source_id == session_id, HoursEntry.source.in_(_OF_SESSIONS))
        .group_by(HoursEntry.user_id, HoursEntry.source)
    )
    return {(row.user_id, row.source): row.minutes for row in rows}


def sum_of(session: Session, user_id: int, source: Source, source_id: int) -> int:
    """Minutes that the ledger holds of one person's single source."""
    return (
        session.scalar(
            select(func.sum(HoursEntry.minutes)).where(
                HoursEntry.user_id == user_id, HoursEntry.source == source, HoursEntry.source_id == source_id
            )
        )
        or 0
    )


def year_by_source(session: Session, user_id: int, year: int) -> dict[Source, int]:
    """{source: minutes} of a person's year."""
    rows = session.execute(
        select(HoursEntry.source, func.sum(HoursEntry.minutes).label("minutes"))
        .where(HoursEntry.user_id == user_id, HoursEntry.year == year)
        .group_by(HoursEntry.source)
    )
    return {row.source: row.minutes for row in rows}


def lines(session: Session, user_id: int, year: int) -> list[Row[Any]]:
    """A person's ledger of a year, by day."""
    return list(
        session.execute(
            select(
                HoursEntry.day,
                HoursEntry.source,
                HoursEntry.source_id,
                HoursEntry.title,
                HoursEntry.minutes,
                HoursEntry.at,
            )
            .where(HoursEntry.user_id == user_id, HoursEntry.year == year)
            .order_by(HoursEntry.day, HoursEntry.id)
        )
    )
