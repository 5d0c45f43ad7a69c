"""Study sessions and meetings for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.viewer import Viewer
from portal.meetings import services as meetings
from portal.meetings.models import Meeting
from portal.meetings.rules import MeetingKind
from portal.study.models import StudyKind, StudySession
from portal.study.rules.session import SessionState
from portal.study.services import sessions
from tests.support.people import Office

TODAY = date(2026, 11, 25)


def kind(session: Session, code: str = "centre_group") -> StudyKind:
    """A form of study by its code."""
    return session.scalars(select(StudyKind).where(StudyKind.code == code)).one()


def values_of(session: Session, office: Office, **more: Any) -> sessions.Values:
    """What a form says of a two-hour session of the bureau, unless `more` says otherwise."""
    return sessions.Values(
        **{
            "kind_id": kind(session, more.pop("code", "centre_group")).id,
            "title": "学习《信访工作条例》",
            "unit_id": office.units[more.pop("unit", "D01")].id,
            "day": date(2026, 11, 20),
            "begins": "09:00",
            "ends": "11:00",
            **more,
        }
    )


def build_session(
    session: Session,
    office: Office,
    actor: Viewer,
    *,
    state: SessionState = SessionState.HELD,
    today: date = TODAY,
    **more: Any,
) -> StudySession:
    """A session of the bureau, as of the tests' day unless `today` says otherwise."""
    values = values_of(session, office, **more)
    return sessions.create(session, actor=actor, now=clock.now(), today=today, values=values, state=state)


def build_meeting(session: Session, office: Office, actor: Viewer, **more: Any) -> Meeting:
    """A 党组会 of the bureau."""
    values = meetings.Values(
        **{
            "kind": MeetingKind.PARTY_GROUP,
            "number": "2026年第12次",
            "title": "局党组会",
            "unit_id": office.units[more.pop("unit", "D01")].id,
            "held_on": date(2026, 11, 20),
            **more,
        }
    )
    return meetings.create(session, actor=actor, now=clock.now(), values=values)
