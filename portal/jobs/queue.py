"""Kinds of job, how one is handed to the worker, and how the worker runs it.

The row in the store is the truth; huey only carries its id. A task lost with its worker is queued again when a worker
starts, so every task must give the same result when it runs twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from huey import SqliteHuey
from huey.api import Huey

from portal.core.errors import RuleError
from portal.extensions import db, set_writing
from portal.jobs.store import Job, JobState, store
from portal.web.errors import explain

log = logging.getLogger("portal.jobs")

Progress = Callable[[int, int], None]
Task = Callable[[dict[str, Any], Progress], str]

_HUEY = "huey"
_tasks: dict[str, Task] = {}


def task(kind: str) -> Callable[[Task], Task]:
    """Register the function that does a kind of job.

    It gets the arguments and a progress function, works inside an application context, commits for itself, and returns
    a line for the reader.
    """

    def register(function: Task) -> Task:
        _tasks[kind] = function
        return function

    return register


def huey(app: Flask) -> Huey:
    """The queue of this application."""
    if _HUEY not in app.extensions:
        queue = SqliteHuey("portal", filename=str(app.config["PORTAL"].instance / "queue.db"), fsync=True)

        def perform(job_id: str) -> None:
            with app.app_context():
                run(job_id)

        app.extensions[_HUEY] = queue
        app.extensions["huey-task"] = queue.task(name="perform")(perform)
    opened: Huey = app.extensions[_HUEY]
    return opened


def enqueue(kind: str, arguments: dict[str, Any], *, owner_id: int | None, back_url: str) -> Job:
    """Hand a job to the worker. Call it after the commit that made its rows."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    job = store().add(kind, arguments, owner_id=owner_id, back_url=back_url)
    send(app, job.id)
    return job


def send(app: Flask, job_id: str) -> None:
    """Put a job's id into the queue."""
    huey(app)
    app.extensions["huey-task"](job_id)


def run(job_id: str) -> None:
    """Do a job now, in the process at hand; its row tells how it went."""
    jobs = store()
    if not jobs.start(job_id):
        return
    job = jobs.get(job_id)
    set_writing(True)
    try:
        message = _tasks[job.kind](job.arguments, lambda done, total: jobs.progress(job_id, done, total))
    except RuleError as error:
        db.session.rollback()
        jobs.finish(job_id, JobState.FAILED, explain(error))
    except Exception:
        db.session.rollback()
        log.exception("job %s (%s) failed", job_id, job.kind)
        jobs.finish(job_id, JobState.FAILED, "fault")
    else:
        jobs.finish(job_id, JobState.DONE, message)
    finally:
        set_writing(False)
        db.session.remove()
