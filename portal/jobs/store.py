"""Progress rows, in a database of their own, so that writing progress never waits for, or delays, the real data."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import (
    JSON,
    Column,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    create_engine,
    insert,
    select,
    update,
)

from portal.core import clock
from portal.core.db import UtcDateTime

_KEY = "job-store"
# A job that has not stirred for so long has lost its worker.
STALE_AFTER = timedelta(minutes=2)


class JobState(StrEnum):
    """排队, 进行中, 完成, 失败."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


FINISHED = frozenset({JobState.DONE, JobState.FAILED})

_metadata = MetaData()
_jobs = Table(
    "jobs",
    _metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("owner_id", Integer),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("message", String(500), nullable=False, default=""),
    Column("back_url", String(300), nullable=False, default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("stirred_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of background work as its row tells it. `done` and `total` count whatever the work counts."""

    id: str
    kind: str
    arguments: dict[str, Any]
    owner_id: int | None
    state: JobState
    done: int
    total: int
    message: str
    back_url: str

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in FINISHED

    @property
    def percent(self) -> int:
        """0 to 100."""
        if self.state == JobState.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0


class JobStore:
    """The table of progress rows."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        _metadata.create_all(engine)

    def add(self, kind: str, arguments: Mapping[str, Any], *, owner_id: int | None, back_url: str) -> Job:
        """A new queued row."""
        now = clock.now()
        values = {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "arguments": dict(arguments),
            "owner_id": owner_id,
            "state": JobState.QUEUED.value,
            "done": 0,
            "total": 0,
            "message": "",
            "back_url": back_url,
            "created_at": now,
            "stirred_at": now,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(_jobs).values(values))
        return self.get(str(values["id"]))

    def get(self, job_id: str) -> Job:
        """A row by id. Raises LookupError."""
        with self.engine.connect() as connection:
            row = connection.execute(select(_jobs).where(_jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise LookupError(job_id)
        return _job(row)

    def start(self, job_id: str) -> bool:
        """Take a queued job; False when somebody else has it or it is over."""
        with self.engine.begin() as connection:
            taken = connection.execute(
                update(_jobs)
                .where(_jobs.c.id == job_id, _jobs.c.state == JobState.QUEUED.value)
                .values(state=JobState.RUNNING.value, stirred_at=clock.now())
            )
        return taken.rowcount == 1

    def progress(self, job_id: str, done: int, total: int) -> None:
        """How far it has come."""
        self._set(job_id, done=done, total=total)

    def finish(self, job_id: str, state: JobState, message: str = "") -> None:
        """How it ended."""
        self._set(job_id, state=state.value, message=message[:500])

    def put_back_stale(self, *, everything: bool = False) -> list[str]:
        """Queue again what a vanished worker left; `everything` when the only worker starts. Returns the ids."""
        limit = clock.now() - STALE_AFTER
        orphaned = _jobs.c.state == JobState.RUNNING.value
        if not everything:
            orphaned = orphaned & (_jobs.c.stirred_at < limit)
        with self.engine.begin() as connection:
            connection.execute(update(_jobs).where(orphaned).values(state=JobState.QUEUED.value))
            queued = select(_jobs.c.id).where(_jobs.c.state == JobState.QUEUED.value).order_by(_jobs.c.created_at)
            return list(connection.execute(queued).scalars())

    def _set(self, job_id: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(_jobs).where(_jobs.c.id == job_id).values(stirred_at=clock.now(), **values))


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        arguments=row.arguments,
        owner_id=row.owner_id,
        state=JobState(row.state),
        done=row.done,
        total=row.total,
        message=row.message,
        back_url=row.back_url,
    )


def store(app: Flask | None = None) -> JobStore:
    """This application's store, opened when first needed."""
    target: Flask = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if _KEY not in target.extensions:
        target.extensions[_KEY] = JobStore(create_engine(f"sqlite:///{path(target)}"))
    opened: JobStore = target.extensions[_KEY]
    return opened


def path(app: Flask) -> Path:
    """The file of the progress rows."""
    folder: Path = app.config["PORTAL"].instance
    return folder / "jobs.db"
