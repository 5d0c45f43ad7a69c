"""The demo office in a database: what is loaded, and how it goes away again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import create_app, database
from portal.accounts.models import RoleGrant, User
from portal.accounts.passwords import verify
from portal.audit.models import AuditEntry
from portal.config import ROOT
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.demo import cli, loader
from portal.demo.people import demo_people
from portal.demo.places import demo_units
from portal.extensions import db, writing
from portal.lifeline import RUN_FILE, hold, running
from portal.org.models import Unit, UnitScope
from tests.conftest import make_config


@pytest.fixture
def demo_site(tmp_path: Path) -> Iterator[Flask]:
    """An application on an empty demo folder, as `manage.py run` would make it."""
    folder = tmp_path / "demo"
    folder.mkdir(mode=0o700)
    made = create_app(replace(make_config(folder), demo=True))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def loaded(demo_site: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The same with units and people, without what the features add."""
    monkeypatch.setattr(loader, "steps", list)
    list(database.prepare(demo_site))
    with demo_site.app_context():
        loader.load_first_time(lambda _line: None)
        yield demo_site


def test_units_with_their_scope(loaded: Flask) -> None:
    parents = {unit.id: unit.parent_id for unit in db.session.scalars(select(Unit))}
    assert len(parents) == len(demo_units())
    wanted = set()
    for unit in parents:
        ancestor, depth = unit, 0
        while ancestor is not None:
            wanted.add((ancestor, unit, depth))
            ancestor, depth = parents[ancestor], depth + 1
    kept = {tuple(row) for row in db.session.execute(select(UnitScope.ancestor_id, UnitScope.unit_id, UnitScope.depth))}
    assert kept == wanted


def test_people_with_their_roles(loaded: Flask) -> None:
    people = list(demo_people())
    assert db.session.scalar(select(func.count(User.id))) == len(people)
    assert db.session.scalar(select(func.count(RoleGrant.id))) == sum(len(person.roles) for person in people)
    hashes = set(db.session.scalars(select(User.password_hash)))
    assert len(hashes) == 1
    assert verify(hashes.pop(), loaded.config["PORTAL"].demo_password)
    assert not any(db.session.scalars(select(User.must_change_password)))


def test_an_account_for_every_role_that_holds_it(loaded: Flask) -> None:
    held = {
        number: set(db.session.scalars(select(RoleGrant.role).join(User).where(User.number == number)))
        for number, _chinese, _english in loader.accounts()
    }
    assert len(held) == len(Role)
    assert set.union(*held.values()) == set(Role)


def test_loading_is_noted_once(loaded: Flask) -> None:
    said: list[str] = []
    loader.load_first_time(said.append)
    assert said == []
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "demo.load")) == 1


def test_a_database_with_people_is_left_alone(loaded: Flask) -> None:
    before = db.session.scalar(select(func.count(User.id)))
    with writing() as session:
        with pytest.raises(RuleError, match="demo-not-empty"):
            loader.load(session, clock.now())
        session.rollback()
    assert db.session.scalar(select(func.count(User.id))) == before


def test_the_command_loads_an_empty_database_and_then_refuses(demo_site: Flask) -> None:
    runner = demo_site.test_cli_runner()
    first = runner.invoke(args=["demo", "load"])
    assert first.exit_code == 0, first.output
    assert loader.accounts()[0][0] in first.output
    with demo_site.app_context():
        count = db.session.scalar(select(func.count(User.id)))
    second = runner.invoke(args=["demo", "load"])
    assert second.exit_code == 1
    assert "已有人员" in second.output
    with demo_site.app_context():
        assert db.session.scalar(select(func.count(User.id))) == count == len(list(demo_people()))


def test_the_command_refuses_a_real_database(live_app: Flask) -> None:
    done = live_app.test_cli_runner().invoke(args=["demo", "load"])
    assert done.exit_code == 1
    assert "nothing was written" in done.output


# --- taking it away ----------------------------------------------------------------------------------------------


def test_the_demo_goes_with_its_folder(loaded: Flask) -> None:
    folder = loaded.config["PORTAL"].instance
    neighbour = folder.parent / "kept.txt"
    neighbour.write_text("kept", encoding="utf-8")
    done = loaded.test_cli_runner().invoke(args=["demo", "remove", "--yes"])
    assert done.exit_code == 0, done.output
    assert not folder.exists()
    assert neighbour.read_text(encoding="utf-8") == "kept"


def test_removing_asks_first(loaded: Flask) -> None:
    folder = loaded.config["PORTAL"].instance
    done = loaded.test_cli_runner().invoke(args=["demo", "remove"], input="n\n")
    assert done.exit_code == 1
    assert folder.exists()
    assert loaded.test_cli_runner().invoke(args=["demo", "remove"], input="y\n").exit_code == 0
    assert not folder.exists()


def test_a_real_site_is_never_removed(live_app: Flask) -> None:
    folder = live_app.config["PORTAL"].instance
    done = live_app.test_cli_runner().invoke(args=["demo", "remove", "--yes"])
    assert done.exit_code == 1
    assert "正式数据" in done.output
    assert (folder / "portal.db").exists()


@pytest.mark.parametrize(
    "other", [{"database_url": "sqlite:////elsewhere/portal.db"}, {"database_url": "postgresql://h/p"}]
)
def test_a_demo_whose_database_is_elsewhere_is_not_removed(tmp_path: Path, other: dict[str, str]) -> None:
    config = replace(make_config(tmp_path), instance=tmp_path / "demo", demo=True, **other)
    with pytest.raises(click.ClickException, match="not in the demo's folder"):
        cli.removable(config)


def test_a_running_demo_is_not_removed(loaded: Flask) -> None:
    folder = loaded.config["PORTAL"].instance
    held = hold(folder.parent, "127.0.0.1", 8000)
    assert held
    assert hold(folder.parent, "127.0.0.1", 8001) is None
    held.truncate(0)
    assert running(folder.parent), "it runs, whether its number can be read or not"
    held.write(f"{os.getpid()}\n")
    held.flush()
    done = loaded.test_cli_runner().invoke(args=["demo", "remove", "--yes"])
    assert done.exit_code == 1
    assert str(os.getpid()) in done.output
    assert folder.exists()
    held.close()
    assert loaded.test_cli_runner().invoke(args=["demo", "remove", "--yes"]).exit_code == 0


@pytest.mark.parametrize("text", ["", "nonsense", f"{os.getpid()}\n127.0.0.1\n8000\n"], ids=["empty", "bad", "mine"])
def test_a_note_that_nobody_holds_counts_for_nothing(tmp_path: Path, text: str) -> None:
    """A run that was killed leaves it, and another process may have its number by now."""
    (tmp_path / RUN_FILE).write_text(text, encoding="utf-8")
    assert running(tmp_path) is None
    assert running(tmp_path / "nowhere") is None


def test_a_first_start_loads_the_demo_and_prints_its_accounts(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir(mode=0o700)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment.update(PORTAL_INSTANCE=str(folder), PYTHONDONTWRITEBYTECODE="1")
    command = [sys.executable, "-m", "portal.prepare"]
    first = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "演示数据" in first.stdout
    assert all(number in first.stdout for number, _chinese, _english in loader.accounts())
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "正在写入演示数据" not in again.stdout
    abroad = subprocess.run(
        [*command, "--host", "0.0.0.0"],  # noqa: S104  it must be refused
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert abroad.returncode == 1
    assert "演示模式" in abroad.stderr
