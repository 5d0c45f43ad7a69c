"""Tables of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk


class AuditEntry(Base):
    """Who did what to which row, and what changed. Append-only: triggers refuse UPDATE and DELETE.

    `detail` is {"changes": {column: [before, after]}, ...}; secrets and answers never enter it.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at_id", "at", "id"),
        Index("ix_audit_entries_subject", "subject_type", "subject_id"),
    )

    id: Mapped[IntPk]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject_type: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str] = mapped_column(String(64))
    subject_label: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]]


class AuditSeal(Base):
    """The seal of an entry, by its place in the chain; see portal/audit/chain.py. Append-only as well."""

    __tablename__ = "audit_seals"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))
    kid: Mapped[str] = mapped_column(String(8))
