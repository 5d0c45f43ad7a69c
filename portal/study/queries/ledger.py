"""Every SELECT of the whole ledger as a workbook: sessions that the viewer keeps, their lists and speeches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.study.models import StudyAttendance, StudyHeadcount, StudySession, StudySpeech, StudyTopic
from portal.study.queries import sessions
from portal.study.rules.session import SessionState


def kept(viewer: Viewer) -> Select[Any]:
    """Held sessions that the viewer keeps, with all that a sheet says of them."""
    more: list[Any] = [
        StudySession.chair,
        StudySession.lecturer,
        StudySession.lecturer_post,
        StudySession.summary,
        StudySession.publicity,
        Unit.code.label("unit_code"),
    ]
    return (
        sessions.listing(viewer)
        .where(
            sessions.visible_to(viewer, sessions.MANAGE),
            StudySession.state.in_([SessionState.HELD, SessionState.RECORDED]),
        )
        .add_columns(*more)
    )


def topics(session: Session, ids: Select[Any]) -> dict[int, list[str]]:
    """{session: its topics in order}."""
    found: dict[int, list[str]] = {}
    rows = session.execute(
        select(StudyTopic.session_id, StudyTopic.title)
        .where(StudyTopic.session_id.in_(ids))
        .order_by(StudyTopic.session_id, StudyTopic.position)
    )
    for row in rows:
        found.setdefault(row.session_id, []).append(row.title)
    return found


def headcounts(session: Session, ids: Select[Any]) -> dict[int, int]:
    """{session: people without accounts}."""
    rows = session.execute(
        select(StudyHeadcount.session_id, func.sum(StudyHeadcount.people).label("people"))
        .where(StudyHeadcount.session_id.in_(ids))
        .group_by(StudyHeadcount.session_id)
    )
    return {row.session_id: row.people for row in rows}


def people(ids: Select[Any]) -> Select[Any]:
    """Everybody on the lists of some sessions."""
    columns: list[Any] = [*StudyAttendance.__table__.columns, User.number, User.name]
    statement: Select[Any] = select(*columns).join(User, User.id == StudyAttendance.user_id)
    return statement.where(StudyAttendance.session_id.in_(ids)).order_by(StudyAttendance.session_id, StudyAttendance.id)


def speeches(ids: Select[Any]) -> Select[Any]:
    """Everybody who spoke in some sessions."""
    columns: list[Any] = [*StudySpeech.__table__.columns, User.number]
    statement: Select[Any] = select(*columns).outerjoin(User, User.id == StudySpeech.user_id)
    return statement.where(StudySpeech.session_id.in_(ids)).order_by(StudySpeech.session_id, StudySpeech.position)
