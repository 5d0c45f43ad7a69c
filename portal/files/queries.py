"""Every SELECT on attachments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.files.models import Attachment
from portal.files.owners import owner_of

# Built once: pages of every feature list files.
_ALL = select(*Attachment.__table__.columns).where(
    Attachment.kind == bindparam("kind"), Attachment.owner_id == bindparam("owner")
)
_OF = Statement(_ALL.where(Attachment.removed_at.is_(None)).order_by(Attachment.id))
_REMOVED = Statement(
    _ALL.where(Attachment.removed_at.is_not(None), Attachment.purged_at.is_(None))
    .order_by(Attachment.removed_at.desc())
    .limit(10)
)


def of(session: Session, kind: str, owner_id: int) -> Sequence[Any]:
    """The files of a row in the order they came, as pages list them."""
    return _OF.all(session, kind=kind, owner=owner_id)


def removed_of(session: Session, kind: str, owner_id: int) -> Sequence[Any]:
    """The files taken off a row that can still be brought back, latest first; at most ten."""
    return _REMOVED.all(session, kind=kind, owner=owner_id)


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
