"""What a calendar shows somebody: sessions and meetings in sight, and the days on which something of theirs is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.viewer import Viewer
from portal.meetings import queries as meetings
from portal.study.models import CalendarToken, StudyAttendance, StudySession
from portal.study.queries import sessions
from portal.study.rules.attendance import MakeUp
from portal.study.rules.session import Precision, SessionState


@dataclass(frozen=True, slots=True)
class Event:
    """One entry. `kind` is session, meeting, make_up or decision; `exact` is False where only part of a month is known.

    No other person's name is in it: the feed leaves the portal.
    """

    kind: str
    id: int
    title: str
    first: date
    last: date
    exact: bool = True
    begins: str = ""
    ends: str = ""
    place: str = ""
    note: str = ""


def events(session: Session, viewer: Viewer, first: date, last: date) -> list[Event]:
    """Everything in a span of days, both included, in its order; four statements."""
    shown = sessions.between(sessions.listing(viewer), first, last).where(StudySession.state != SessionState.CANCELLED)
    found = [
        Event(
            "session", row.id, row.title, row.first_day, row.last_day, row.precision is Precision.DAY, row.begins,
            row.ends, row.place, row.kind_name,
        )
        for row in session.execute(shown)
    ]  # fmt: skip
    found += [
        Event(
            "meeting", row.id, f"{row.title} {row.number}".strip(), row.held_on, row.held_on, begins=row.begins,
            ends=row.ends, place=row.place,
        )
        for row in meetings.between(session, viewer, first, last)
    ]  # fmt: skip
    found += [
        Event("make_up", row.session_id, row.title, row.make_up_due, row.make_up_due)
        for row in session.execute(_make_ups(viewer, first, last))
    ]
    found += [
        Event("decision", row.id, row.text, row.due_on, row.due_on)
        for row in meetings.my_due(session, viewer, first, last)
    ]
    return sorted(found, key=lambda event: (event.first, event.begins, event.kind, event.id))


def _make_ups(viewer: Viewer, first: date, last: date) -> Any:
    columns: list[Any] = [StudyAttendance.session_id, StudyAttendance.make_up_due, StudySession.title]
    return (
        select(*columns)
        .join(StudySession, StudySession.id == StudyAttendance.session_id)
        .where(
            StudyAttendance.user_id == viewer.id,
            StudyAttendance.make_up == MakeUp.DUE,
            StudyAttendance.make_up_due.between(first, last),
        )
    )


def token(session: Session, user_id: int) -> CalendarToken | None:
    """A person's token."""
    return session.get(CalendarToken, user_id)


def owner(session: Session, digest: str) -> int | None:
    """Whose feed a token opens: somebody in office."""
    return session.scalar(
        select(CalendarToken.user_id)
        .join(User, User.id == CalendarToken.user_id)
        .where(CalendarToken.digest == digest, User.state == UserState.ACTIVE)
    )


def subscribed_since(session: Session, user_id: int) -> datetime | None:
    """Since when a person has a feed; None for none."""
    return session.scalar(select(CalendarToken.created_at).where(CalendarToken.user_id == user_id))
