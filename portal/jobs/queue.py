"""Kinds of job, how one is handed to the worker, and how the worker runs it.

The row in the store is the truth; huey only carries its id. A task lost with its worker is queued again when a worker
starts, so every task must give the same result when it runs twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

from portal.core.errors import RuleError, is_disk_full
from portal.extensions import db, set_writing
from portal.jobs import results
from portal.jobs.progress import JobInterrupted, Progress
from portal.jobs.store import Job, JobState, Standing, store
from portal.jobs.telling import Told

if TYPE_CHECKING:
    from huey.api import Huey

log = logging.getLogger("portal.jobs")

Task = Callable[[dict[str, Any], Progress], Told]

_HUEY = "huey"
# A page waits no longer for a queue that does not answer; the worker's blocking read takes one second of the second.
CONNECT_SECONDS, ANSWER_SECONDS = 1, 3
_tasks: dict[str, Task] = {}
_labels: dict[str, Any] = {}
_stopping = threading.Event()
_current: dict[str, int] = {}


def task(kind: str, label: Any) -> Callable[[Task], Task]:
    """Register the function that does a kind of job, and what the kind is called on the pages.

    It gets the arguments and a Progress, works inside an application context, commits for itself, and returns what it
    tells the reader.
    """

    def register(function: Task) -> Task:
        _tasks[kind], _labels[kind] = function, label
        return function

    return register


def label(kind: str) -> str:
    """What a kind of job is called; the kind itself where this version no longer knows it."""
    return str(_labels.get(kind, kind))


def huey(app: Flask) -> Huey:
    """The queue of this application: a file in the data folder, or Redis where one is configured."""
    if _HUEY not in app.extensions:
        queue = _redis(app) if app.config["PORTAL"].redis_url else _file(app)

        def perform(job_id: str) -> None:
            with app.app_context():
                run(job_id)

        app.extensions[_HUEY] = queue
        app.extensions["huey-task"] = queue.task(name="perform")(perform)
    opened: Huey = app.extensions[_HUEY]
    return opened


def _file(app: Flask) -> Huey:
    from huey import SqliteHuey  # it loads the clients of several databases, so only where something is handed over

    return SqliteHuey("portal", filename=str(app.config["PORTAL"].instance / "queue.db"), fsync=True)


def _redis(app: Flask) -> Huey:
    """Messages are signed: whoever can write to Redis must not be able to run code here."""
    from huey import RedisHuey
    from huey.serializer import SignedSerializer
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    pool = ConnectionPool.from_url(
        app.config["PORTAL"].redis_url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    signed = SignedSerializer(secret=app.config["SECRET_KEY"], salt="portal-jobs")
    return RedisHuey("portal", connection_pool=pool, serializer=signed, results=False)


def enqueue(
    kind: str,
    arguments: dict[str, Any],
    *,
    owner_id: int | None,
    owner_name: str,
    back_url: str,
    title: str = "",
) -> Job:
    """Hand a job to the worker. Call it after the commit that made its rows.

    The list of everybody's jobs shows the owner's name.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    job = store().add(kind, arguments, owner_id=owner_id, back_url=back_url, owner_name=owner_name, title=title)
    send(app, job.id)
    return job


def send(app: Flask, job_id: str) -> bool:
    """Put a job's id into the queue; False when the queue does not answer, and then the worker sends it later."""
    try:
        huey(app)
        app.extensions["huey-task"](job_id)
    except Exception as error:  # whatever the queue's client raises: the row waits, nothing is lost
        log.warning("job %s waits: the queue does not answer (%s)", job_id, error)
        arrived = False
    else:
        arrived = True
    store(app).note_sent(job_id, arrived=arrived)
    return arrived


def send_waiting(app: Flask) -> None:
    """Send what never reached the queue, and everything that waits where the queue has come back empty."""
    jobs = store(app)
    try:
        lost = huey(app).pending_count() == 0
    except Exception as error:  # as above
        log.warning("the queue does not answer (%s)", error)
        return
    for job_id in jobs.queued(unsent=not lost):
        if not send(app, job_id):
            return


def at_work() -> list[tuple[str, int]]:
    """(id, attempt) of the jobs that run in this process."""
    return list(_current.items())


def stop_jobs() -> None:
    """Make every job that runs in this process stop at its next report."""
    _stopping.set()


def run(job_id: str, worker: str = "") -> None:
    """Do a job now, in the process at hand; its row tells how it went."""
    jobs = store()
    if not jobs.start(job_id, worker or current_app.extensions.get("worker-name", "")):
        return
    job = jobs.get(job_id)
    progress = Progress(jobs, job, _stopping)
    _current[job_id] = job.attempts
    set_writing(True)
    try:
        told = _tasks[job.kind](job.arguments, progress)
    except JobInterrupted as interrupted:
        db.session.rollback()
        _interrupted(job, interrupted.standing)
    except Exception as error:
        db.session.rollback()
        results.discard(job_id)
        jobs.finish(job_id, JobState.FAILED, _said(job, error).stored(), attempt=job.attempts)
    else:
        jobs.finish(job_id, JobState.DONE, told.stored(), attempt=job.attempts, result=progress.result)
    finally:
        _current.pop(job_id, None)
        set_writing(False)
        db.session.remove()


def _interrupted(job: Job, standing: Standing) -> None:
    """Undo is done; say what becomes of it. Another worker that has the job says so itself."""
    if standing is Standing.CANCEL:
        results.discard(job.id)
        store().finish(job.id, JobState.CANCELLED, "job-cancelled", attempt=job.attempts)
    elif standing is Standing.GOING:
        store().put_back(job.id, job.attempts)


def _said(job: Job, error: Exception) -> Told:
    """What the owner reads: what the rule says, or a sentence that gives no detail away."""
    if isinstance(error, RuleError):
        return Told.of(error)
    log.error("job %s (%s) failed", job.id, job.kind, exc_info=error)
    return Told("disk-full" if is_disk_full(error) else "job-fault")
