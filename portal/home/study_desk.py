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
from portal.study import progress
from portal.study.queries import attendance, own, plans, sessions
from portal.study.rules.hours import PlanItemKind, hours

MOST_MAKE_UPS = 3
MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Behind:
    """One thing that a plan asks for and that is late by today: done of what was due, hours as people read them."""

    plan_id: int
    title: str
    done: str
    due: str


@dataclass(frozen=True, slots=True)
class MyStudy:
    """My make-up tasks, the decisions that I carry out, what plans ask and I am behind with, and the year's hours."""

    make_ups: Sequence[Any]
    decisions: Sequence[Any]
    behind: list[Behind]
    hours: str
    year: int


def mine(session: Session, viewer: Viewer, today: date) -> MyStudy:
    """Four statements, and four more for whom a plan asks something."""
    person = viewer.id or 0
    minutes = own.minutes(session, person, today.year)
    return MyStudy(
        attendance.make_ups_of(session, person)[:MOST_MAKE_UPS],
        meetings.mine(session, viewer, limit=MOST_MAKE_UPS),
        _behind(session, person, today),
        hours(minutes),
        today.year,
    )


def _behind(session: Session, person: int, today: date) -> list[Behind]:
    asked = plans.of_person(session, person, today.year)
    if not asked:
        return []
    items = plans.items_of(session, [plan.id for plan in asked])
    found = progress.figures(session, [person], today.year)
    late = []
    for plan in asked:
        for each in progress.of_person(items.get(plan.id, []), found, person, today, today.year):
            if each.progress.behind:
                said = hours if each.item.kind is PlanItemKind.MINUTES else str
                late.append(Behind(plan.id, each.item.title, said(each.progress.done), said(each.progress.due_so_far)))
    return late[:MOST_MAKE_UPS]


@dataclass(frozen=True, slots=True)
class StudyDesk:
    """Sessions that wait to be completed or to be said held, and decisions whose day is past."""

    sessions: Sequence[Any]
    overdue: Sequence[Any]


def desk(session: Session, viewer: Viewer, today: date) -> StudyDesk | None:
    """The desk of whoever keeps study or meetings; None for everybody else."""
    if not viewer.can(Permission.STUDY_MANAGE) and not viewer.can(Permission.MEETING_MANAGE):
        return None
    return StudyDesk(
        sessions.to_complete(session, viewer, today, limit=MOST_ROWS),
        meetings.overdue(session, viewer, today, limit=MOST_ROWS),
    )
