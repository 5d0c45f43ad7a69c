"""The table of attachments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk


class Attachment(Base):
    """A file that belongs to a row of some feature: `kind` and `owner_id` say which (see owners.py).

    `key` and `thumb_key` are where the storage keeps the bytes and, of an image, the small picture. A removed one can
    be brought back until its bytes are purged.
    """

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_kind_owner_id", "kind", "owner_id", "id"),)

    id: Mapped[IntPk]
    kind: Mapped[str] = mapped_column(String(32))
    owner_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    storage_key: Mapped[str] = mapped_column(String(80))
    thumb_key: Mapped[str] = mapped_column(String(80), default="")
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    uploader_name: Mapped[str] = mapped_column(String(50))
    uploaded_at: Mapped[datetime]
    removed_at: Mapped[datetime | None] = mapped_column(index=True)
    purged_at: Mapped[datetime | None]
