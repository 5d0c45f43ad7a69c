"""Saves of answers that wait together are committed together.

A durable commit on SQLite waits for the disk, and one writes at a time: in the last minute of an exam each save would
queue behind the disk. One thread a process takes whatever waits, runs it in one transaction and commits once; a save is
answered only after that commit. PostgreSQL groups commits by itself.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.core.errors import RuleError
from portal.extensions import db, set_writing

Result = TypeVar("Result")
Work = Callable[[Session], Result]

# So many saves share a commit at most: the first of them waits for the last.
MOST = 64
_KEY = "save-writer"
_OPENING = threading.Lock()


class SaveWriter:
    """The thread that commits. A work reads, then writes; what it refuses (RuleError) it refuses before it writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Work[Any], Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._live, name="save-writer", daemon=True).start()

    def run(self, work: Work[Result]) -> Result:
        """What `work` gave, once it is on the disk. Raises what it raised."""
        future: Future[Result] = Future()
        self._waiting.put((work, future))
        return future.result()

    def _live(self) -> None:
        set_writing(True)
        while True:
            batch = [self._waiting.get()]
            while len(batch) < MOST and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._commit(batch)

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        try:
            outcomes = self._together([work for work, _ in batch])
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

    def _together(self, works: list[Work[Any]]) -> list[Any]:
        with Session(self._engine) as session, session.begin():
            return [_outcome(work, session) for work in works]


def _outcome(work: Work[Any], session: Session) -> Any:
    try:
        return work(session)
    except RuleError as refused:
        return refused


def commit_save(work: Work[Result]) -> Result:
    """Run `work` in a writing transaction and commit it; give what it gave, or raise what it raised."""
    db.session.rollback()  # the reading transaction in which the person was looked up
    engine: Any = db.engine
    if isinstance(engine, Engine) and engine.dialect.name == "sqlite":
        return _writer(engine).run(work)
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


def _writer(engine: Engine) -> SaveWriter:
    with _OPENING:
        if _KEY not in current_app.extensions:
            current_app.extensions[_KEY] = SaveWriter(engine)
        writer: SaveWriter = current_app.extensions[_KEY]
        return writer
