"""Study on the first page: what is asked of me, and for who keeps study what waits to be completed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.meetings import queries as meetings
from portal.study.queries import attendance, own, sessions
from portal.study.rules.hours import hours

MOST_MAKE_UPS = 3
MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class MyStudy:
    """My make-up tasks, the decisions that I carry out, and the year's hours."""

    make_ups: Sequence[Any]
    decisions: Sequence[Any]
    hours: str
    year: int


def mine(session: Session, viewer: Viewer, today: date) -> MyStudy:
    """Three statements, whoever asks."""
    person = viewer.id or 0
    minutes = own.minutes(session, person, today.year)
    return MyStudy(
        attendance.make_ups_of(session, person)[:MOST_MAKE_UPS],
        meetings.mine(session, viewer, limit=MOST_MAKE_UPS),
        hours(minutes),
        today.year,
    )


@dataclass(frozen=True, slots=True)
class StudyDesk:
    """Held sessions with people who are not marked yet, and decisions whose day is past."""

    sessions: Sequence[Any]
    overdue: Sequence[Any]


def desk(session: Session, viewer: Viewer, today: date) -> StudyDesk | None:
    """The desk of whoever keeps study or meetings; None for everybody else."""
    if not viewer.can(Permission.STUDY_MANAGE) and not viewer.can(Permission.MEETING_MANAGE):
        return None
    return StudyDesk(
        sessions.to_complete(session, viewer, limit=MOST_ROWS),
        meetings.overdue(session, viewer, today, limit=MOST_ROWS),
    )
