"""What the worker does for files."""

from __future__ import annotations

from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import db
from portal.files import services
from portal.files.storage import storage
from portal.jobs.ticks import every

HOUR = 3600


@every(HOUR)
def purge_removed() -> None:
    """Delete the bytes of files that were removed long ago."""
    purged = services.mark_purged(db.session(), actor=system_viewer("定时任务"), now=clock.now())
    keys = [key for each in purged for key in (each.storage_key, each.thumb_key) if key]
    db.session.commit()
    for key in keys:
        storage().delete(key)
