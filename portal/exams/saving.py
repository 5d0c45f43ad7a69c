"""Saves of answers that wait together are committed together.

A durable commit on SQLite waits for the disk, and one writes at a time: in the last minute of an exam each save would
queue behind the disk. One thread a process takes whatever waits, runs it in one transaction and commits once; a save is
answered only after that commit. PostgreSQL groups commits by itself.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from flask import Flask, current_app
from sqlalchemy import JSON, Engine, bindparam, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.core.db import UtcDateTime
from portal.core.errors import RuleError
from portal.core.plain import Change
from portal.exams.rules.attempt import GRACE
from portal.extensions import db, set_writing

if os.name == "posix":
    import fcntl

Result = TypeVar("Result")
Work = Callable[[Session], Result]
Rows = list[dict[str, Any]]
Item = TypeVar("Item")


# What waits for its commit, and where the one who waits is told what became of it.
Waiting = tuple[Item, "queue.SimpleQueue[Any]"]
# As SQLAlchemy says it, and as the driver does.
REFUSED_BY_DATABASE = (OperationalError, sqlite3.OperationalError)

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
        self._waiting: queue.SimpleQueue[Waiting[Item]] = queue.SimpleQueue()
        threading.Thread(target=self._live, name=self.name, daemon=True).start()

    def wait_for(self, item: Item) -> Any:
        """What became of the item, once it is on the disk. Raises what it raised."""
        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting.put((item, answer))
        outcome = answer.get()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def together(self, items: list[Item]) -> list[Any]:
        """Do all items in one transaction; an outcome for each, a RuleError for one that was refused."""
        raise NotImplementedError

    def _live(self) -> None:
        set_writing(True)
        while True:
            batch = [self._waiting.get()]
            with self._turn:  # whoever comes while the others write is taken along
                while len(batch) < MOST and not self._waiting.empty():
                    batch.append(self._waiting.get())
                outcomes = self._outcomes([item for item, _ in batch])
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                answer.put(outcome)

    def _outcomes(self, items: list[Item]) -> list[Any]:
        """What became of each item: what it gave, or what went wrong."""
        try:
            return self.together(items)
        except REFUSED_BY_DATABASE as error:  # a full disk refuses all of them alike
            return [error] * len(items)
        except Exception as error:
            if len(items) == 1:
                return [error]
            # One of them is broken: each alone, so that the others are stored.
            return [outcome for each in items for outcome in self._outcomes([each])]


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

    def __init__(self, engine: Engine) -> None:
        self._guarded = Change(_GUARDED, engine.dialect)
        super().__init__(engine)

    def store(self, rows: Rows) -> bool:
        """Whether all rows were written, once they are on the disk; False leaves none of them."""
        return bool(self.wait_for(rows))

    def together(self, items: list[Rows]) -> list[Any]:
        """All at once; one by one when a row of somebody's was not written."""
        connection = self._engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            driver.execute("BEGIN IMMEDIATE")
            whole = self._written(driver, [row for rows in items for row in rows])
            outcomes = [True] * len(items) if whole else [self._written(driver, rows) for rows in items]
            driver.execute("COMMIT")
            return outcomes
        finally:
            connection.close()  # what is not committed is rolled back

    def _written(self, driver: Any, rows: Rows) -> bool:
        driver.execute("SAVEPOINT rows")
        given = [self._guarded.values({**row, "closes_after": row["saved_at"] - GRACE}) for row in rows]
        whole: bool = driver.executemany(self._guarded.text, given).rowcount == len(rows)
        if not whole:
            driver.execute("ROLLBACK TO rows")
        driver.execute("RELEASE rows")
        return whole


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


def _outcome(work: Work[Any], session: Session) -> Any:
    try:
        return work(session)
    except RuleError as refused:
        return refused


def commit_save(work: Work[Result]) -> Result:
    """Run `work` in a writing transaction and commit it; give what it gave, or raise what it raised."""
    engine = sqlite_engine()
    if engine is not None:
        return _writer(SaveWriter, current_app.extensions, engine).run(work)
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


def store_rows(app: Flask, engine: Engine, rows: Rows) -> bool:
    """Write answers in the shared commit; whether they were. See RowWriter."""
    return _writer(RowWriter, app.extensions, engine).store(rows)


def sqlite_engine() -> Engine | None:
    """The engine, if it is SQLite's and no test has put a connection in its place."""
    engine: Any = db.engine
    return engine if isinstance(engine, Engine) and engine.dialect.name == "sqlite" else None


AnyWriter = TypeVar("AnyWriter", bound=Writer[Any])


def _writer(kind: type[AnyWriter], kept: dict[str, Any], engine: Engine) -> AnyWriter:
    if kind.name not in kept:
        with _OPENING:
            if kind.name not in kept:
                kept[kind.name] = kind(engine)
    writer: AnyWriter = kept[kind.name]
    return writer
