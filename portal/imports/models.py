"""The table of imports: who brought which file in, and what became of it. The rows themselves wait in a file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code


class BatchState(StrEnum):
    """读取, 待确认, 无法读取, 写入, 已导入, 已取消."""

    READING = "reading"
    READY = "ready"
    FAILED = "failed"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


class ImportBatch(Base):
    """One uploaded file on its way in.

    `options` is what the importer needs to know (which bank); `size` is in bytes. `summary` holds found, accepted,
    duplicates and rejected as counted at the preview, "warnings" about the file, and after the write "result", or
    "error" where the file could not be read. `removed_at` is when file and rows were deleted from the disk.
    """

    __tablename__ = "import_batches"
    __table_args__ = (Index("ix_import_batches_owner_id_created_at", "owner_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[Code]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    filename: Mapped[str] = mapped_column(String(200))
    second_name: Mapped[str] = mapped_column(String(200), default="")
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[BatchState] = mapped_column(default=BatchState.READING)
    options: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    job_id: Mapped[str] = mapped_column(String(36), default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
