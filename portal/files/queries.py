"""Every SELECT on attachments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.files.models import Attachment
from portal.files.owners import owner_of


def of(session: Session, kind: str, owner_id: int) -> list[Attachment]:
    """The files of a row in the order they came."""
    return list(
        session.scalars(
            select(Attachment)
            .where(Attachment.kind == kind, Attachment.owner_id == owner_id, Attachment.removed_at.is_(None))
            .order_by(Attachment.id)
        )
    )


def removed_of(session: Session, kind: str, owner_id: int) -> list[Attachment]:
    """The files taken off a row that can still be brought back, latest first; at most ten."""
    return list(
        session.scalars(
            select(Attachment)
            .where(
                Attachment.kind == kind,
                Attachment.owner_id == owner_id,
                Attachment.removed_at.is_not(None),
                Attachment.purged_at.is_(None),
            )
            .order_by(Attachment.removed_at.desc())
            .limit(10)
        )
    )


def visible(session: Session, viewer: Viewer, attachment_id: int, *, edit: bool = False) -> Attachment | None:
    """A file that the viewer may read (or change, with `edit`; then also one that was removed)."""
    found = session.get(Attachment, attachment_id)
    if found is None or found.purged_at is not None or (found.removed_at is not None and not edit):
        return None
    owner = owner_of(found.kind)
    check = owner and (owner.may_edit if edit else owner.may_view)
    return found if check and check(session, viewer, found.owner_id) else None


def to_purge(session: Session, before: datetime, *, limit: int = 200) -> list[Attachment]:
    """Files removed before a moment whose bytes are still there."""
    return list(
        session.scalars(
            select(Attachment)
            .where(Attachment.removed_at < before, Attachment.purged_at.is_(None))
            .order_by(Attachment.removed_at)
            .limit(limit)
        )
    )
