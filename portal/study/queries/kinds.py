"""Every SELECT on the forms of study, for whoever keeps them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from portal.study.models import StudyKind, StudySession


def everything(session: Session) -> list[StudyKind]:
    """All forms, switched off or not, in their order."""
    return list(session.scalars(select(StudyKind).order_by(StudyKind.position, StudyKind.id)))


def by_id(session: Session, kind_id: int) -> StudyKind | None:
    """One form."""
    return session.get(StudyKind, kind_id)


def used(session: Session) -> dict[int, int]:
    """{form: how many sessions have it}, of all units."""
    rows = session.execute(select(StudySession.kind_id, func.count().label("times")).group_by(StudySession.kind_id))
    return {row.kind_id: row.times for row in rows}


def named(session: Session, name: str) -> int | None:
    """The form of a name."""
    return session.scalar(select(StudyKind.id).where(StudyKind.name == name))


def last(session: Session) -> Row[Any]:
    """(newest id, last position)."""
    columns: list[Any] = [
        func.coalesce(func.max(StudyKind.id), 0).label("newest"),
        func.coalesce(func.max(StudyKind.position), 0).label("position"),
    ]
    return session.execute(select(*columns)).one()


def count_active(session: Session) -> int:
    """How many are in use."""
    return session.scalar(select(func.count()).select_from(StudyKind).where(StudyKind.active)) or 0
