"""Search, and the migrations, on PostgreSQL; a server is started from the system's binaries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy.orm import Session

from portal import create_app, database
from portal.extensions import db
from tests.conftest import make_config
from tests.library import search_contract as contract
from tests.support import postgres


@pytest.fixture(scope="module")
def app_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a migrated PostgreSQL."""
    if lack := postgres.missing():
        if os.environ.get("PORTAL_POSTGRES_REQUIRED"):
            pytest.fail(lack)
        pytest.skip(lack)
    with postgres.server() as address:
        made = create_app(replace(make_config(tmp_path_factory.mktemp("pg")), database_url=address))
        list(database.prepare(made))
        with made.app_context():
            yield made
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def session(app_on_postgres: Flask) -> Iterator[Session]:
    """A session that is rolled back."""
    yield db.session()
    db.session.rollback()
    db.session.remove()


def test_search_equals_brute_force(session: Session) -> None:
    contract.equals_brute_force(session)


def test_search_equals_brute_force_on_real_laws(session: Session) -> None:
    if not os.environ.get("PORTAL_SHARED"):
        pytest.skip("PORTAL_SHARED is not set")
    contract.finds_in_real_laws(session, Path(os.environ["PORTAL_SHARED"]) / "data" / "laws")


def test_long_texts_are_exact(session: Session) -> None:
    contract.long_texts_are_exact(session)


def test_the_best_comes_first_as_on_sqlite(session: Session) -> None:
    assert contract.ranks(session) == contract.ORDER


def test_filters(session: Session) -> None:
    contract.narrows(session)


def test_migrations_go_down_and_up(app_on_postgres: Flask) -> None:
    """Last: it throws every table away."""
    head = database.current_revision()
    db.session.remove()
    downgrade(directory=str(database.MIGRATIONS), revision="base")
    assert database.current_revision() is None
    list(database.prepare(app_on_postgres))
    assert database.current_revision() == head
