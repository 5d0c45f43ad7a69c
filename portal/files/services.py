"""Files come in, are removed, are brought back, and at last are purged."""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.files import queries
from portal.files.images import redraw
from portal.files.models import Attachment
from portal.files.rules import KEPT_DAYS, FileType, clean_name, file_type
from portal.files.storage import Storage

MOST = 50
"""Files of one row."""

# One picture at a time: unpacked it takes some hundred megabytes.
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose bytes the storage has, not yet of any row. `size` in bytes, `width` and `height` in pixels."""

    name: str
    media_type: str
    size: int
    sha256: str
    storage_key: str
    thumb_key: str = ""
    width: int | None = None
    height: int | None = None


def keep(storage: Storage, *, name: str, path: Path) -> Kept:
    """Take the file that lies at `path`: look what it is, draw a picture anew, keep the bytes.

    It takes its time, so no transaction may be open meanwhile. Raises RuleError upload-not-kept or what
    rules.file_type and images.redraw say; nothing is kept then.
    """
    shown = clean_name(name)
    found = file_type(path, shown)
    try:
        return _keep_picture(storage, shown, path, found) if found.image else _keep_bytes(storage, shown, path, found)
    except OSError as error:
        raise RuleError("upload-not-kept", name=shown) from error


def _keep_bytes(storage: Storage, name: str, path: Path, found: FileType) -> Kept:
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        return Kept(name, found.media_type, path.stat().st_size, digest, storage.put(source))


def _keep_picture(storage: Storage, name: str, path: Path, found: FileType) -> Kept:
    with _drawing:
        data, small, width, height = redraw(path, found, name)
    key = storage.put(io.BytesIO(data))
    try:
        thumb_key = storage.put(io.BytesIO(small))
    except OSError:
        storage.delete(key)
        raise
    return Kept(name, found.media_type, len(data), hashlib.sha256(data).hexdigest(), key, thumb_key, width, height)


def forget(storage: Storage, kept: Kept) -> None:
    """Keep the bytes no longer, since no row came of them."""
    for key in filter(None, (kept.storage_key, kept.thumb_key)):
        storage.delete(key)


def add(session: Session, *, actor: Viewer, now: datetime, kind: str, owner_id: int, kept: Kept) -> Attachment:
    """Give a kept file to a row. Raises RuleError files-full."""
    _check_room(session, kind, owner_id)
    row = Attachment(
        kind=kind, owner_id=owner_id, name=kept.name, media_type=kept.media_type, size=kept.size, sha256=kept.sha256,
        width=kept.width, height=kept.height, storage_key=kept.storage_key, thumb_key=kept.thumb_key,
        uploaded_by=actor.id, uploader_name=actor.name, uploaded_at=now,
    )  # fmt: skip
    session.add(row)
    record(session, actor=actor, at=now, action="file.add", row=row, label=kept.name)
    return row


def remove(session: Session, *, actor: Viewer, now: datetime, attachment: Attachment) -> None:
    """Take a file off its row; it can be brought back for KEPT_DAYS."""
    if attachment.removed_at is None:
        attachment.removed_at = now
        record(session, actor=actor, at=now, action="file.remove", row=attachment, label=attachment.name)


def restore(session: Session, *, actor: Viewer, now: datetime, attachment: Attachment) -> None:
    """Bring a removed file back. Raises RuleError files-full."""
    if attachment.removed_at is None:
        return
    _check_room(session, attachment.kind, attachment.owner_id)
    attachment.removed_at = None
    record(session, actor=actor, at=now, action="file.restore", row=attachment, label=attachment.name)


def mark_purged(session: Session, *, actor: Viewer, now: datetime) -> list[Attachment]:
    """Note of files removed long ago that their bytes go; the rows stay as a record. The caller commits, then deletes.

    In this order: a row that promises bytes which are gone would be an error, bytes that no row names are not.
    """
    found = queries.to_purge(session, now - timedelta(days=KEPT_DAYS))
    for each in found:
        each.purged_at = now
        record(session, actor=actor, at=now, action="file.purge", row=each, label=each.name)
    return found


def _check_room(session: Session, kind: str, owner_id: int) -> None:
    if len(queries.of(session, kind, owner_id)) >= MOST:
        raise RuleError("files-full", most=MOST)
