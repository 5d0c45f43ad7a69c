"""Saves of answers that wait together are committed together.

A durable commit on SQLite waits for the disk, and one writes at a time: in the last minute of an exam each save would
queue behind the disk. One thread a process takes whatever waits, runs it in one transaction and commits once; a save is
answered only after that commit. PostgreSQL groups commits by itself.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Generic, TypeVar

from flask import current_app
from sqlalchemy import JSON, Connection, Engine, bindparam, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.core.db import UtcDateTime
from portal.core.errors import RuleError
from portal.exams.rules.attempt import GRACE
from portal.extensions import db, set_writing

if os.name == "posix":
    import fcntl

Result = TypeVar("Result")
Work = Callable[[Session], Result]
Rows = list[dict[str, Any]]
Item = TypeVar("Item")


# So many saves share a commit at most: the first of them waits for the last.
MOST = 64
_OPENING = threading.Lock()


class Turn:
    """One writer of all processes at a time, the others asleep until it is done.

    SQLite lets those who find it locked look again and again, later and later; under load one looks in vain for
    seconds while others come and go. Whoever waits for a lock on a file is woken. Where there is no such lock
    (Windows, which has one process), SQLite's own is enough.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-turn")
        self._descriptor = -1

    def __enter__(self) -> None:
        if os.name != "posix":
            return
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_error: object) -> None:
        if os.name == "posix":
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


class Writer(Generic[Item]):
    """A thread that takes whatever waits and commits it at once."""

    name = "writer"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Turn(Path(engine.url.database or ""))
        self._waiting: queue.SimpleQueue[tuple[Item, Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._live, name=self.name, daemon=True).start()

    def wait_for(self, item: Item) -> Any:
        """What became of the item, once it is on the disk. Raises what it raised."""
        future: Future[Any] = Future()
        self._waiting.put((item, future))
        return future.result()

    def together(self, items: list[Item]) -> list[Any]:
        """Do all items in one transaction; an outcome for each, a RuleError for one that was refused."""
        raise NotImplementedError

    def _live(self) -> None:
        set_writing(True)
        while True:
            batch = [self._waiting.get()]
            while len(batch) < MOST and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._commit(batch)

    def _commit(self, batch: list[tuple[Item, Future[Any]]]) -> None:
        try:
            with self._turn:
                outcomes = self.together([item for item, _ in batch])
        except OperationalError as error:  # a full disk refuses all of them alike
            for _, future in batch:
                future.set_exception(error)
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            else:  # one of them is broken: each alone, so that the others are stored
                for each in batch:
                    self._commit([each])
        else:
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, RuleError):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)


class SaveWriter(Writer[Work[Any]]):
    """Commits works: each reads, then writes; what it refuses (RuleError) it refuses before it writes."""

    name = "save-writer"

    def run(self, work: Work[Result]) -> Result:
        """What `work` gave, once it is on the disk. Raises what it raised."""
        result: Result = self.wait_for(work)
        return result

    def together(self, items: list[Work[Any]]) -> list[Any]:
        """Each work in turn."""
        with Session(self._engine) as session, session.begin():
            return [_outcome(work, session) for work in items]


class RowWriter(Writer[Rows]):
    """Commits rows of answers that were judged before, on SQLite.

    One statement for all that wait: nothing else happens while the others are kept out. What could have changed since
    the judgement stands in the statement as conditions, so a row of a paper handed in or taken over meanwhile is not
    written; whoever sent it is told that it was not.
    """

    name = "row-writer"

    def store(self, rows: Rows) -> bool:
        """Whether all rows were written, once they are on the disk; False leaves none of them."""
        return bool(self.wait_for(rows))

    def together(self, items: list[Rows]) -> list[Any]:
        """All at once; one by one when a row of somebody's was not written."""
        with self._engine.begin() as connection:
            if _written(connection, [row for rows in items for row in rows]):
                return [True] * len(items)
            return [_written(connection, rows) for rows in items]


_GUARDED = text(
    """
    INSERT INTO answers (attempt_id, position, value, lease, counter, saved_at)
    SELECT :attempt_id, :position, :value, :lease, :counter, :saved_at
    WHERE EXISTS (
        SELECT 1 FROM attempts
        WHERE id = :attempt_id AND state = 'in_progress' AND lease = :lease AND due_at >= :closes_after
    )
    ON CONFLICT (attempt_id, position) DO UPDATE
    SET value = excluded.value, lease = excluded.lease, counter = excluded.counter, saved_at = excluded.saved_at
    WHERE (answers.lease, answers.counter) < (excluded.lease, excluded.counter)
    """
).bindparams(
    bindparam("value", type_=JSON),
    bindparam("saved_at", type_=UtcDateTime),
    bindparam("closes_after", type_=UtcDateTime),
)


def _written(connection: Connection, rows: Rows) -> bool:
    inside = connection.begin_nested()
    given = [{**row, "closes_after": row["saved_at"] - GRACE} for row in rows]
    whole = connection.execute(_GUARDED, given).rowcount == len(rows)
    if whole:
        inside.commit()
    else:
        inside.rollback()
    return whole


def _outcome(work: Work[Any], session: Session) -> Any:
    try:
        return work(session)
    except RuleError as refused:
        return refused


def commit_save(work: Work[Result]) -> Result:
    """Run `work` in a writing transaction and commit it; give what it gave, or raise what it raised."""
    engine = sqlite_engine()
    if engine is not None:
        return _writer(SaveWriter, engine).run(work)
    set_writing(True)
    try:
        result = work(db.session())
        db.session.commit()
    except RuleError:
        db.session.rollback()
        raise
    finally:
        set_writing(False)
    return result


def store_rows(engine: Engine, rows: Rows) -> bool:
    """Write answers in the shared commit; whether they were. See RowWriter."""
    return _writer(RowWriter, engine).store(rows)


def sqlite_engine() -> Engine | None:
    """The engine, if it is SQLite's and no test has put a connection in its place."""
    engine: Any = db.engine
    return engine if isinstance(engine, Engine) and engine.dialect.name == "sqlite" else None


AnyWriter = TypeVar("AnyWriter", bound=Writer[Any])


def _writer(kind: type[AnyWriter], engine: Engine) -> AnyWriter:
    with _OPENING:
        if kind.name not in current_app.extensions:
            current_app.extensions[kind.name] = kind(engine)
        writer: AnyWriter = current_app.extensions[kind.name]
        return writer
