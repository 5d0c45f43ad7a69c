"""Every SELECT on the audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from portal.audit.models import AuditEntry


def entries() -> Select[Any]:
    """All entries. Whoever may read the log reads all of it; nobody reads a part."""
    return select(*AuditEntry.__table__.columns)
