"""Every SELECT on the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry


def entries() -> Select[Any]:
    """All entries. Whoever may read the log reads all of it; nobody reads a part."""
    return select(*AuditEntry.__table__.columns)


def done_since(session: Session, *, actor_id: int, action: str, subject: tuple[str, str], since: datetime) -> bool:
    """Whether somebody did an act to one row, (table, id), after a moment."""
    found = select(AuditEntry.id).where(
        AuditEntry.subject_type == subject[0],
        AuditEntry.subject_id == subject[1],
        AuditEntry.actor_id == actor_id,
        AuditEntry.action == action,
        AuditEntry.at > since,
    )
    return session.scalar(found.limit(1)) is not None


def entry(session: Session, entry_id: int) -> Row[Any] | None:
    """One entry."""
    return session.execute(entries().where(AuditEntry.id == entry_id)).one_or_none()
