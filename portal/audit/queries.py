"""Every SELECT on the audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry


def entries() -> Select[Any]:
    """All entries. Whoever may read the log reads all of it; nobody reads a part."""
    return select(*AuditEntry.__table__.columns)


def entry(session: Session, entry_id: int) -> Row[Any] | None:
    """One entry."""
    return session.execute(entries().where(AuditEntry.id == entry_id)).one_or_none()
