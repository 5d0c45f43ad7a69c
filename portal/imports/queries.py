"""Every SELECT on imports. A batch is seen by whoever uploaded it and by nobody else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.imports.models import ImportBatch


def visible_to(viewer: Viewer) -> Select[ImportBatch]:
    """The viewer's own batches."""
    return select(ImportBatch).where(ImportBatch.owner_id == (viewer.id or 0))


def own(session: Session, viewer: Viewer, batch_id: str, *, lock: bool = False) -> ImportBatch | None:
    """One of the viewer's batches; `lock` keeps it until the commit where the engine knows row locks."""
    statement = visible_to(viewer).where(ImportBatch.id == batch_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def recent(session: Session, viewer: Viewer, kind: str, limit: int = 5) -> list[ImportBatch]:
    """The viewer's latest batches of a kind."""
    latest = visible_to(viewer).where(ImportBatch.kind == kind).order_by(ImportBatch.created_at.desc()).limit(limit)
    return list(session.scalars(latest))


def by_id(session: Session, batch_id: str, *, lock: bool = False) -> ImportBatch | None:
    """A batch for the job that works on it."""
    statement = select(ImportBatch).where(ImportBatch.id == batch_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def expired(session: Session, before: datetime) -> list[ImportBatch]:
    """Batches whose files still lie on the disk and that were brought in, or decided on, before a moment."""
    last = func.coalesce(ImportBatch.decided_at, ImportBatch.created_at)
    return list(session.scalars(select(ImportBatch).where(last < before, ImportBatch.removed_at.is_(None))))
