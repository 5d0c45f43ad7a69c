"""Extension singletons, bare until create_app() binds them, and how a database connection begins."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from flask import current_app, request
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as ScopedSession
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from portal.core.db import Base
from portal.core.plain import PlainConnection, PlainReads

# True while the request, command or job at hand is going to write.
_writing: ContextVar[bool] = ContextVar("writing", default=False)


class RequestSession(ScopedSession, PlainReads):
    """The session of a request, command or job.

    Most pages read a few rows by statements that are built once (core/plain.py). Those need no transaction of
    SQLAlchemy's, which takes longer to begin and end than they take to run: as long as nothing else is asked of the
    session, they share a reading transaction on a driver's connection.
    """

    _reading: Any = None
    _plain: PlainConnection | None = None

    def plain(self) -> PlainConnection | None:
        """The connection that such statements read with, if there is nothing of this session's that they must see."""
        if _writing.get() or self.in_transaction():
            return None
        if self._plain is None:
            self._plain = self._begin_reading()
        return self._plain

    def _begin_reading(self) -> PlainConnection | None:
        engine: Any = self._db.engine
        if not isinstance(engine, Engine) or engine.dialect.name != "sqlite":
            return None
        connection: Any = engine.raw_connection()
        connection.driver_connection.execute("BEGIN")
        self._reading = connection
        return PlainConnection(connection.driver_connection, engine.dialect)

    def close(self) -> None:
        """End both transactions."""
        self.end_reading()
        if self.in_transaction() or self.identity_map:  # most pages have asked nothing of the session itself
            super().close()

    def rollback(self) -> None:
        """End both transactions."""
        self.end_reading()
        super().rollback()

    def end_reading(self) -> None:
        """End the reading transaction: when the session begins its own, all that is read belongs to that."""
        if self._reading is not None:
            self._reading.close()  # the pool rolls back
            self._reading = self._plain = None


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": RequestSession})


class Csrf(CSRFProtect):  # type: ignore[misc, unused-ignore]
    """Flask-WTF's protection, which first asks whether the request is one that it looks at."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Refuse a write without the token of its session."""
        if request.method in current_app.config["WTF_CSRF_METHODS"]:
            super().protect(apply_exemptions)


csrf = Csrf()
babel = Babel()


def audit_key() -> bytes:
    """What the site at hand seals its audit log with; needs an application context."""
    key: str = current_app.config["PORTAL"].audit_key
    return key.encode()


SQLITE_PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    # NORMAL loses acknowledged answers when the power goes; FULL does not.
    "synchronous=FULL",
    "busy_timeout=10000",
    # Without it INSERT OR REPLACE would slip past the append-only triggers.
    "recursive_triggers=ON",
    "wal_autocheckpoint=4000",
    "cache_size=-65536",
    "mmap_size=268435456",
    "temp_store=MEMORY",
)


def set_writing(value: bool) -> None:
    """Say, before the first query, whether this context is going to write.

    A SQLite transaction that reads first and writes later fails with "locked" when another one wrote in between, so
    whoever writes begins IMMEDIATE; readers never do, for then they would wait for each other.
    """
    _writing.set(value)


def is_writing() -> bool:
    """Whether this context said that it is going to write."""
    return _writing.get()


View = TypeVar("View", bound=Callable[..., Any])
Made = TypeVar("Made")
_OWN = "__own_transaction__"


def own_transaction(view: View) -> View:
    """Mark a view that writes in a transaction of its own making, after the request's reading one has ended."""
    setattr(view, _OWN, True)
    return view


def has_own_transaction(view: object) -> bool:
    """Whether a view was marked so."""
    return getattr(view, _OWN, False)


def between_transactions(work: Callable[[], Made]) -> Made:
    """Do what takes long and needs no database: after what was read so far, and before the transaction that writes.

    A password's hash takes tens of milliseconds, and nobody is to wait for the write lock meanwhile.
    """
    db.session.rollback()
    made = work()
    set_writing(True)
    return made


@contextlib.contextmanager
def writing() -> Iterator[Session]:
    """Make the shared session's next transaction a writing one (commands and jobs); the caller commits."""
    token = _writing.set(True)
    try:
        yield db.session()
    finally:
        _writing.reset(token)


@contextlib.contextmanager
def side_write() -> Iterator[Session]:
    """A short write of its own, committed at the end, beside whatever the request's session is doing.

    For the two kinds of row that a reading request may touch (when a session was last seen) or that must survive a
    refusal (a failed sign-in).
    """
    token = _writing.set(True)
    try:
        with Session(db.engine, join_transaction_mode="create_savepoint") as session, session.begin():
            yield session
    finally:
        _writing.reset(token)


@event.listens_for(RequestSession, "after_begin")
def _on_own_transaction(session: RequestSession, _transaction: object, _connection: object) -> None:
    session.end_reading()


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # SQLAlchemy, not sqlite3, says BEGIN
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if _writing.get():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:  # before every page; it waits for nobody, so nothing can go wrong that SQLAlchemy would have words for
        connection.connection.execute("BEGIN")  # type: ignore[attr-defined, unused-ignore]
