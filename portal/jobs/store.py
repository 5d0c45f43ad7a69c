"""Job rows, in a database of their own, so that writing progress never waits for, or delays, the real data."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, Engine, Row, Select, and_, create_engine, delete, insert, or_, select, update

from portal.core import clock
from portal.jobs import schema
from portal.jobs.schema import JOBS, MESSAGE_LENGTH

_KEY = "job-store"
# A job that has not stirred for so long has lost its worker.
STALE_AFTER = timedelta(minutes=2)
# Whoever adds a job may first commit the rows that it works on, waiting for a lock as long as `busy_timeout` allows,
# and sends it then. Sent by another before that, it would find nothing.
SENT_WITHIN = timedelta(seconds=15)
# A job that takes its worker down with it is not begun a fourth time.
MAX_ATTEMPTS = 3
KEEP_RESULTS = timedelta(days=7)
KEEP_ROWS = timedelta(days=90)
_TITLE_LENGTH = 200


class JobState(StrEnum):
    """排队, 进行中, 完成, 失败, 已取消."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
RETRIABLE = frozenset({JobState.FAILED, JobState.CANCELLED})


class Standing(StrEnum):
    """What a running job learns when it reports: go on, stop because its owner asked, or another worker has it."""

    GOING = "going"
    CANCEL = "cancel"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of background work as its row tells it.

    `done` and `total` count whatever the work counts. `message` is a `Told` as it is stored, or in an older row
    a sentence. `attempts` counts the workers that took it; `sent_at` is when its id last went into the queue.
    `result_size` is in bytes.
    """

    id: str
    kind: str
    arguments: dict[str, Any]
    owner_id: int | None
    owner_name: str
    title: str
    state: JobState
    done: int
    total: int
    message: str
    back_url: str
    attempts: int
    cancel_asked: bool
    created_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None
    result_name: str
    result_size: int

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in FINISHED

    @property
    def retriable(self) -> bool:
        """Whether its owner may have it done again."""
        return self.state in RETRIABLE

    @property
    def percent(self) -> int:
        """0 to 100."""
        return percent_of(self.state, self.done, self.total)


def percent_of(state: str, done: int, total: int) -> int:
    """How far a job is, 0 to 100; only a finished one is at a hundred."""
    if state == JobState.DONE:
        return 100
    return min(99, done * 100 // total) if total else 0


class JobStore:
    """The table of job rows. Every change is one short transaction that says which state it expects."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        schema.upgrade(engine)

    def add(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        owner_id: int | None,
        owner_name: str,
        back_url: str,
        title: str = "",
    ) -> Job:
        """A new queued row. The list of everybody's jobs shows the owner's name."""
        now = clock.now()
        values = {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "arguments": dict(arguments),
            "owner_id": owner_id,
            "owner_name": owner_name,
            "title": title[:_TITLE_LENGTH],
            "state": JobState.QUEUED.value,
            "back_url": back_url,
            "created_at": now,
            "stirred_at": now,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(JOBS).values(values))
        return self.get(str(values["id"]))

    def get(self, job_id: str) -> Job:
        """A row by id. Raises LookupError."""
        with self.engine.connect() as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).one_or_none()
        if row is None:
            raise LookupError(job_id)
        return _job(row)

    def unfinished(self, kind: str, owner_id: int | None, arguments: Mapping[str, Any]) -> Job | None:
        """A job of the same person for the same thing that is still to come or under way."""
        waiting = JOBS.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value])
        wanted = select(JOBS).where(waiting, JOBS.c.kind == kind, JOBS.c.owner_id == owner_id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(JOBS.c.created_at)).all()
        return next((_job(row) for row in rows if row.arguments == dict(arguments)), None)

    # --- the worker's part ---------------------------------------------------------------------------------------

    def start(self, job_id: str, worker: str = "") -> bool:
        """Take a queued job; False when somebody else has it or it is over."""
        taken = {"state": JobState.RUNNING.value, "worker": worker, "attempts": JOBS.c.attempts + 1}
        return self._change(job_id, JOBS.c.state == JobState.QUEUED.value, **taken)

    def progress(self, job_id: str, done: int, total: int, attempt: int | None = None) -> Standing:
        """Note how far it has come, and learn whether to go on."""
        if not self._change(job_id, _held(attempt), done=done, total=total):
            return Standing.LOST
        return Standing.CANCEL if self.get(job_id).cancel_asked else Standing.GOING

    def beat(self, job_id: str, attempt: int) -> bool:
        """A sign of life of the worker that has the job, however long the work is silent."""
        return self._change(job_id, _held(attempt))

    def finish(
        self,
        job_id: str,
        state: JobState,
        message: str = "",
        *,
        attempt: int | None = None,
        result: tuple[str, int] = ("", 0),
    ) -> bool:
        """Note how it ended; False when another worker has it by now. `result` is name and size of its file."""
        name, size = result
        ended = {"state": state.value, "message": message[:MESSAGE_LENGTH], "finished_at": clock.now()}
        return self._change(job_id, _held(attempt), **ended, result_name=name[-_TITLE_LENGTH:], result_size=size)

    def put_back(self, job_id: str, attempt: int) -> bool:
        """Hand a job back unfinished because the worker is told to stop: that costs it no attempt."""
        again = {"state": JobState.QUEUED.value, "attempts": JOBS.c.attempts - 1, "sent_at": None}
        cancelled = self._change(job_id, and_(_held(attempt), JOBS.c.cancel_asked), **self._cancelled())
        return cancelled or self._change(job_id, _held(attempt), **again)

    def put_back_stale(self, *, worker: str | None = None) -> list[str]:
        """Take back what vanished workers left, and give the ids of all that are queued.

        With `worker`, the name of one that starts now, also whatever its earlier life had. A job whose owner asked to
        cancel is cancelled instead; one that took MAX_ATTEMPTS workers down has failed.
        """
        orphaned = JOBS.c.stirred_at < clock.now() - STALE_AFTER
        if worker is not None:
            orphaned = or_(orphaned, JOBS.c.worker.in_([worker, ""]))
        orphaned = and_(JOBS.c.state == JobState.RUNNING.value, orphaned)
        given_up = {"state": JobState.FAILED.value, "message": "job-gave-up", "finished_at": clock.now()}
        with self.engine.begin() as connection:
            for condition, values in (
                (JOBS.c.cancel_asked, self._cancelled()),
                (JOBS.c.attempts >= MAX_ATTEMPTS, given_up),
                (JOBS.c.attempts < MAX_ATTEMPTS, {"state": JobState.QUEUED.value, "sent_at": None}),
            ):
                connection.execute(update(JOBS).where(orphaned, condition).values(values))
        return self.queued()

    def queued(self, *, unsent: bool = False) -> list[str]:
        """Ids of the jobs that wait, oldest first; `unsent` gives those that never reached the queue."""
        wanted = select(JOBS.c.id).where(JOBS.c.state == JobState.QUEUED.value).order_by(JOBS.c.created_at)
        # What nobody has touched since it was added is still with whoever adds it.
        alone = or_(JOBS.c.stirred_at > JOBS.c.created_at, JOBS.c.created_at <= clock.now() - SENT_WITHIN)
        wanted = wanted.where(alone)
        with self.engine.connect() as connection:
            return list(connection.execute(wanted.where(JOBS.c.sent_at.is_(None)) if unsent else wanted).scalars())

    def note_sent(self, job_id: str, *, arrived: bool) -> None:
        """Its id lies in the queue, or did not get there; either way the rows that it works on are committed."""
        self._change(job_id, JOBS.c.state == JobState.QUEUED.value, sent_at=clock.now() if arrived else None)

    # --- the owner's part ----------------------------------------------------------------------------------------

    def cancel(self, job_id: str) -> bool:
        """Cancel a waiting job now and ask a running one to stop; False for one that is over."""
        if self._change(job_id, JOBS.c.state == JobState.QUEUED.value, **self._cancelled()):
            return True
        with self.engine.begin() as connection:
            asked = update(JOBS).where(JOBS.c.id == job_id, JOBS.c.state == JobState.RUNNING.value)
            # Not a sign of life: a worker that is gone must not seem to be there because its job was cancelled.
            return connection.execute(asked.values(cancel_asked=True)).rowcount == 1

    def retry(self, job_id: str) -> bool:
        """Queue a failed or cancelled job again, as if it were new; False for any other."""
        again = {"state": JobState.QUEUED.value, "done": 0, "total": 0, "message": "", "attempts": 0}
        over = JOBS.c.state.in_([state.value for state in RETRIABLE])
        return self._change(job_id, over, **again, cancel_asked=False, sent_at=None, finished_at=None, worker="")

    # --- keeping order -------------------------------------------------------------------------------------------

    def without_result(self, job_ids: list[str]) -> None:
        """The files of these are gone."""
        with self.engine.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id.in_(job_ids)).values(result_size=0))

    def with_results(self, job_ids: list[str], *, since: datetime) -> set[str]:
        """Which of the ids still offer a file that was made since a moment, or are at work on one."""
        offered = or_(JOBS.c.finished_at.is_(None), and_(JOBS.c.result_size > 0, JOBS.c.finished_at >= since))
        with self.engine.connect() as connection:
            return set(connection.execute(select(JOBS.c.id).where(JOBS.c.id.in_(job_ids), offered)).scalars())

    def forget_before(self, moment: datetime) -> int:
        """Delete the rows of jobs that ended before a moment; gives their number."""
        with self.engine.begin() as connection:
            return connection.execute(delete(JOBS).where(JOBS.c.finished_at < moment)).rowcount

    @staticmethod
    def _cancelled() -> dict[str, Any]:
        return {"state": JobState.CANCELLED.value, "message": "job-cancelled", "finished_at": clock.now()}

    def _change(self, job_id: str, expected: ColumnElement[bool], **values: Any) -> bool:
        """Change a row that is as expected, which counts as a sign of life; False when it is otherwise."""
        with self.engine.begin() as connection:
            changed = update(JOBS).where(JOBS.c.id == job_id, expected).values(stirred_at=clock.now(), **values)
            return connection.execute(changed).rowcount == 1


def _held(attempt: int | None) -> ColumnElement[bool]:
    """Running, and by the worker that took it as that attempt: one that was given up on changes nothing any more."""
    running = JOBS.c.state == JobState.RUNNING.value
    return running if attempt is None else and_(running, JOBS.c.attempts == attempt)


def _job(row: Row[Any]) -> Job:
    values = {each.name: getattr(row, each.name) for each in fields(Job)}
    return Job(**{**values, "state": JobState(row.state)})


def listed(owner_id: int | None = None) -> Select[Any]:
    """Rows as lists show them: a person's own, or for None everybody's without what is in them."""
    plain = (
        JOBS.c.id, JOBS.c.kind, JOBS.c.owner_name, JOBS.c.state, JOBS.c.done, JOBS.c.total, JOBS.c.cancel_asked,
        JOBS.c.attempts, JOBS.c.created_at, JOBS.c.finished_at,
    )  # fmt: skip
    if owner_id is None:
        return select(*plain)
    own = (JOBS.c.title, JOBS.c.message, JOBS.c.back_url, JOBS.c.result_name, JOBS.c.result_size)
    return select(*plain, *own).where(JOBS.c.owner_id == owner_id)


def store(app: Flask | None = None) -> JobStore:
    """This application's store, opened when first needed."""
    target: Flask = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if _KEY not in target.extensions:
        target.extensions[_KEY] = JobStore(create_engine(target.config["PORTAL"].jobs_url, hide_parameters=True))
    opened: JobStore = target.extensions[_KEY]
    return opened
