"""The few fixtures that everything shares: an app, a session that is rolled back, people who are signed in."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, request_started
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session, scoped_session

from portal import create_app, database
from portal.config import Config
from portal.extensions import db, set_writing
from tests.support import audited
from tests.support.people import Office, build_office, sign_in

pytest_plugins = ["tests.support.not_run"]
audited.listen()


def make_config(folder: Path) -> Config:
    """A site in a folder of its own."""
    folder.chmod(0o700)
    return Config(
        instance=folder,
        secret_key="a-secret-for-tests-only",
        database_url=f"sqlite:///{folder / 'portal.db'}",
        testing=True,
        bureau="测试区信访局",
        phone="0700-5550 0000",
    )


@pytest.fixture(autouse=True)
def reader() -> Iterator[None]:
    """Each test begins as a reader, whatever the request of another one left in this thread."""
    set_writing(False)
    yield
    assert audited.found() == [], "what changes stands in the audit log"


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the small office in it, made once a process."""
    folder = tmp_path_factory.mktemp("base")
    made = create_app(make_config(folder))
    list(database.prepare(made))
    with made.app_context():
        set_writing(True)
        build_office(db.session())
        db.session.commit()
        set_writing(False)
        db.session.remove()
        db.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def shared_app(base_folder: Path) -> Iterator[Flask]:
    """One application for all tests that roll back."""
    made = create_app(make_config(base_folder))
    yield made
    with made.app_context():
        db.engine.dispose()


def forget(_app: Flask, **_more: object) -> None:
    """Empty `g`: the fixture's application context lives through all requests of a test, `g` must not."""
    for name in list(g):
        g.pop(name)


def drop_kept(app: Flask) -> dict[str, object]:
    """Take away what an application keeps in memory of its pages; returns it, for `app.extensions` to have again."""
    names = ("kept-papers", "kept-boards", "kept-pages")
    return {name: app.extensions.pop(name) for name in names if name in app.extensions}


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application with its session inside one outer transaction: every commit is a savepoint, all is undone."""
    with shared_app.app_context():
        engines = db.engines
        engine = engines[None]
        set_writing(True)
        connection = engine.connect()
        outer = connection.begin()
        set_writing(False)
        engines[None] = connection  # type: ignore[assignment]
        db.session.session_factory.configure(join_transaction_mode="create_savepoint")
        drop_kept(shared_app)  # ids start over when all is undone
        try:
            with request_started.connected_to(forget, shared_app):
                yield shared_app
        finally:
            db.session.remove()
            db.session.session_factory.configure(join_transaction_mode="conditional_savepoint")
            engines[None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture
def session(app: Flask) -> scoped_session[Session]:
    """The session of the rolled-back database."""
    return db.session


@pytest.fixture
def live_app(base_folder: Path, tmp_path: Path) -> Iterator[Flask]:
    """An application on a file copy of the database, for threads, jobs, commands and browsers."""
    folder = tmp_path / "live"
    folder.mkdir(mode=0o700)
    shutil.copy(base_folder / "portal.db", folder / "portal.db")
    made = create_app(make_config(folder))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def office(app: Flask) -> Office:
    """The people and units that the small office has."""
    return Office.load(db.session())


@pytest.fixture
def client_as(app: Flask, office: Office) -> Callable[[str], FlaskClient]:
    """A browser signed in as a person of the small office, by the name of the role."""
    return lambda role: sign_in(app, office.people[role])


@pytest.fixture
def statements(app: Flask) -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """Collect the SQL statements of a block; one for many rows counts once."""

    @contextlib.contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []
        many = False

        def begin(*given: Any) -> None:
            nonlocal many
            if given[-1]:
                seen.append(given[2])
            many = given[-1]

        def note(statement: str) -> None:
            # Those of triggers begin with dashes.
            if not many and "SAVEPOINT" not in statement and not statement.startswith("--"):
                seen.append(statement)

        def end(*_given: Any) -> None:
            nonlocal many
            many = False

        connection: Any = db.engine  # of this test; the driver tells of all that runs, whoever asked for it
        driver = connection.connection.driver_connection
        driver.set_trace_callback(note)
        event.listen(connection, "before_cursor_execute", begin)
        event.listen(connection, "after_cursor_execute", end)
        try:
            yield seen
        finally:
            event.remove(connection, "before_cursor_execute", begin)
            event.remove(connection, "after_cursor_execute", end)
            driver.set_trace_callback(None)

    return collect


@pytest.fixture
def demo_app(tmp_path: Path) -> Flask:
    """An application in demo mode on an empty folder."""
    return create_app(replace(make_config(tmp_path), demo=True))
