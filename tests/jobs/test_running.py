"""A job at work: it stops when asked, undoes what it began, leaves a file or none, and says what went wrong."""

from __future__ import annotations

import errno
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.audit.services import record
from portal.core import clock
from portal.core.errors import is_disk_full
from portal.core.viewer import system_viewer
from portal.extensions import db
from portal.jobs import queue, results
from portal.jobs.progress import Progress
from portal.jobs.store import KEEP_RESULTS, JobState, JobStore
from portal.jobs.telling import Told
from portal.org.models import Unit


def add(jobs: JobStore) -> str:
    return jobs.add("count", {}, owner_id=1, owner_name="Jia", back_url="").id


def unit() -> Unit:
    return db.session.query(Unit).filter_by(code="D").one()


def rename_half_way(then: Any) -> Any:
    """A task that changes a row, does `then`, and reports."""

    def work(_arguments: dict[str, Any], progress: Progress) -> Told:
        progress(1, 3)
        unit().name = "改到一半"
        record(db.session(), actor=system_viewer(), at=clock.now(), action="unit.update", row=unit())
        then(progress)
        progress(2, 3)
        db.session.commit()
        return Told("改完了")

    return work


def test_a_cancelled_job_is_undone(jobs: JobStore, kinds: dict[str, Any]) -> None:
    kinds["count"] = rename_half_way(lambda progress: jobs.cancel(progress.job.id))
    job_id = add(jobs)
    queue.run(job_id)
    assert jobs.get(job_id).state is JobState.CANCELLED
    assert unit().name == "测试区"
    kinds["count"] = rename_half_way(lambda progress: None)
    assert jobs.retry(job_id)
    queue.run(job_id)
    assert (jobs.get(job_id).state, unit().name) == (JobState.DONE, "改到一半")


def test_a_job_is_put_back_when_the_worker_stops(
    jobs: JobStore, kinds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_stopping", type(queue._stopping)())
    kinds["count"] = rename_half_way(lambda _progress: queue.stop_jobs())
    job_id = add(jobs)
    queue.run(job_id)
    job = jobs.get(job_id)
    assert (job.state, job.attempts, unit().name) == (JobState.QUEUED, 0, "测试区")
    assert queue.at_work() == []


def test_a_job_that_another_worker_has_by_now_is_undone_and_left_alone(jobs: JobStore, kinds: dict[str, Any]) -> None:
    def taken_over(progress: Progress) -> None:
        jobs.put_back_stale(worker="")
        jobs.start(progress.job.id, "quick")

    kinds["count"] = rename_half_way(taken_over)
    job_id = add(jobs)
    queue.run(job_id)
    job = jobs.get(job_id)
    assert (job.state, job.attempts, unit().name) == (JobState.RUNNING, 2, "测试区")


# --- a full disk --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OSError(errno.EFBIG, "File too large"), True),
        (OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked")), False),
        (ZeroDivisionError("disk I/O"), False),
    ],
)
def test_a_full_disk_is_told_from_other_faults(error: BaseException, full: bool) -> None:
    # As SQLAlchemy does it: the driver's own error stands behind.
    error.__cause__ = getattr(error, "orig", None)
    outer = RuntimeError("wrapped")
    outer.__context__ = error
    assert (is_disk_full(error), is_disk_full(outer)) == (full, full)


def test_a_full_disk_in_a_job_is_told_in_words(jobs: JobStore, kinds: dict[str, Any]) -> None:
    def fill(_progress: Progress) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kinds["count"] = rename_half_way(fill)
    job_id = add(jobs)
    queue.run(job_id)
    assert (jobs.get(job_id).state, jobs.get(job_id).message) == (JobState.FAILED, "disk-full")
    assert unit().name == "测试区"


# --- files --------------------------------------------------------------------------------------------------------


def leaving(content: str, then: Any = lambda progress: None) -> Any:
    """A task that leaves a file."""

    def work(_arguments: dict[str, Any], progress: Progress) -> Told:
        with progress.leave_file("名单.xlsx") as path:
            path.write_text(content)
            then(progress)
        progress(1, 1)
        return Told("好")

    return work


def files(app: Flask) -> list[Path]:
    return list((app.config["PORTAL"].instance / "job-results").iterdir())


def test_a_job_leaves_a_file(live_app: Flask, jobs: JobStore, kinds: dict[str, Any]) -> None:
    kinds["count"] = leaving("abc")
    job_id = add(jobs)
    queue.run(job_id)
    job = jobs.get(job_id)
    assert (job.state, job.result_name, job.result_size) == (JobState.DONE, "名单.xlsx", 3)
    assert results.path_of(job_id).read_text() == "abc"
    assert results.folder().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("how", ["fails", "is cancelled", "is cancelled after the file"])
def test_a_job_that_does_not_end_well_leaves_none(
    live_app: Flask, jobs: JobStore, kinds: dict[str, Any], how: str
) -> None:
    def fail(progress: Progress) -> None:
        if how == "fails":
            raise OSError(errno.ENOSPC, "No space left on device")
        jobs.cancel(progress.job.id)
        if how == "is cancelled":
            progress(0, 1)

    kinds["count"] = leaving("abc", fail)
    job_id = add(jobs)
    queue.run(job_id)
    assert jobs.get(job_id).state in {JobState.FAILED, JobState.CANCELLED}
    assert (jobs.get(job_id).result_name, files(live_app)) == ("", [])


def test_files_are_cleared_after_some_days(live_app: Flask, jobs: JobStore, kinds: dict[str, Any]) -> None:
    kinds["count"] = leaving("abc")
    job_id = add(jobs)
    queue.run(job_id)
    (results.folder() / "of-nobody").write_text("x")
    assert results.clear(jobs, clock.now() + KEEP_RESULTS - timedelta(minutes=1)) == 1
    assert [path.name for path in files(live_app)] == [job_id]
    assert results.clear(jobs, clock.now() + KEEP_RESULTS + timedelta(minutes=1)) == 1
    assert files(live_app) == []
    assert (jobs.get(job_id).result_name, jobs.get(job_id).result_size) == ("名单.xlsx", 0)


def test_the_file_of_a_job_at_work_is_not_cleared_away(live_app: Flask, jobs: JobStore, kinds: dict[str, Any]) -> None:
    cleared: list[int] = []
    kinds["count"] = leaving("abc", lambda _progress: cleared.append(results.clear(jobs, clock.now())))
    job_id = add(jobs)
    queue.run(job_id)
    assert cleared == [0]
    assert results.path_of(job_id).exists()
