"""Every SELECT on recurring sessions."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.org.queries import within
from portal.study.models import StudySeries, StudySession
from portal.study.queries.sessions import MANAGE, listing, visible_to
from portal.study.rules.session import SessionState


def by_id(session: Session, viewer: Viewer, series_id: int) -> StudySeries | None:
    """A series of a unit whose study the viewer keeps."""
    mine = within(StudySeries.unit_id, viewer.units_for(MANAGE))
    return session.scalar(select(StudySeries).where(StudySeries.id == series_id, mine))


def sessions_of(session: Session, viewer: Viewer, series_id: int) -> list[Row[Any]]:
    """Its sessions in sight, by day."""
    found = listing(viewer).where(StudySession.series_id == series_id)
    return list(session.execute(found.order_by(StudySession.first_day, StudySession.id)))


def rest_of(session: Session, viewer: Viewer, series_id: int, today: date) -> list[StudySession]:
    """What is still planned of it from a day on, of units whose study the viewer keeps."""
    return list(
        session.scalars(
            select(StudySession)
            .where(
                StudySession.series_id == series_id,
                StudySession.state == SessionState.PLANNED,
                StudySession.first_day >= today,
                visible_to(viewer, MANAGE),
            )
            .order_by(StudySession.first_day)
        )
    )


def cancelled_with(session: Session, viewer: Viewer, series: StudySeries) -> list[StudySession]:
    """What was cancelled with the rest of a series, and not by itself."""
    return list(
        session.scalars(
            select(StudySession)
            .where(
                StudySession.series_id == series.id,
                StudySession.state == SessionState.CANCELLED,
                StudySession.cancelled_at == series.ended_at,
                visible_to(viewer, MANAGE),
            )
            .order_by(StudySession.first_day)
        )
    )
