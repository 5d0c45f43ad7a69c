"""Files that jobs leave for their owners: written aside, named when whole, deleted after some days."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flask import current_app

from portal.config import make_private
from portal.jobs.store import KEEP_RESULTS, JobStore

_PART = ".part"


def folder() -> Path:
    """Where they lie, private to the site."""
    place: Path = current_app.config["PORTAL"].instance / "job-results"
    make_private(place)
    return place


def path_of(job_id: str) -> Path:
    """The file of a job; it need not exist."""
    return folder() / job_id


@contextlib.contextmanager
def writing(job_id: str) -> Iterator[Path]:
    """A path to write to; the file takes its place when the block ends well, and is gone when it does not."""
    part = folder() / f"{job_id}{_PART}"
    try:
        yield part
        part.replace(path_of(job_id))
    finally:
        part.unlink(missing_ok=True)


def discard(job_id: str) -> None:
    """Delete what a job left, whole or half."""
    path_of(job_id).unlink(missing_ok=True)
    (folder() / f"{job_id}{_PART}").unlink(missing_ok=True)


def clear(jobs: JobStore, now: datetime) -> int:
    """Delete files past their time, and those of no job; gives their number."""
    found = {path.name.removesuffix(_PART) for path in folder().iterdir()}
    kept = jobs.with_results(sorted(found), since=now - KEEP_RESULTS)
    for job_id in found - kept:
        discard(job_id)
    jobs.without_result(sorted(found - kept))
    return len(found - kept)
