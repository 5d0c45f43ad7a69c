"""The schema goes up and down without losing a row, and never half."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import text

from portal import create_app, database, lifeline, prepare
from portal.audit.services import note
from portal.config import ConfigError
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import db, set_writing
from tests.conftest import make_config

BOOKKEEPING = {"alembic_version"}


@pytest.fixture
def migrated(base_folder: Path, tmp_path: Path) -> Iterator[Flask]:
    """The test office in a database of its own, to go up and down with."""
    tmp_path.chmod(0o700)
    shutil.copy(base_folder / "portal.db", tmp_path / "portal.db")
    made = create_app(make_config(tmp_path))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def script() -> ScriptDirectory:
    return ScriptDirectory(str(database.MIGRATIONS))


def file_of(app: Flask) -> Path:
    return Path(app.config["PORTAL"].instance) / "portal.db"


Row = dict[str, object]


def contents(app: Flask) -> dict[str, list[Row]]:
    """All rows of all tables, by the names of their columns."""
    with sqlite3.connect(file_of(app)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            name: sorted((dict(row) for row in connection.execute(f"SELECT * FROM {name}")), key=repr)
            for name in sorted(tables)
            if name not in BOOKKEEPING and not name.startswith("sqlite_")
        }
    connection.close()
    return found


def in_columns_of(after: dict[str, list[Row]], before: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The rows of before as the older schema of after can hold them: its tables, without columns that came later."""
    columns = {name: set(rows[0]) if rows else set() for name, rows in after.items()}
    return {
        name: sorted(({key: row[key] for key in row if key in columns[name]} for row in before[name]), key=repr)
        for name in after
    }


def triggers(app: Flask) -> dict[str, str]:
    with sqlite3.connect(file_of(app)) as connection:
        found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall())
    connection.close()
    return found


def to(revision: str, *, down: bool = False) -> None:
    db.session.remove()
    (downgrade if down else upgrade)(directory=str(database.MIGRATIONS), revision=revision)


def test_revisions_form_one_line_with_names_in_order() -> None:
    assert len(script().get_heads()) == 1
    line = [each.revision for each in script().walk_revisions()]
    assert line == sorted(line, reverse=True)
    assert (set(line), line[0]) == (database.known_revisions(), database.head()), "files are named by their revisions"


def test_every_revision_goes_down_and_up_again(migrated: Flask) -> None:
    """From the head to the ground and back, one by one: what the ground's tables hold stays, and so do the guards."""
    before, guards = contents(migrated), triggers(migrated)
    assert guards, "a database without guards"
    steps = [each.revision for each in script().walk_revisions()]
    for revision in steps[1:]:
        to(revision, down=True)
        assert database.current_revision() == revision
        after = contents(migrated)
        assert after == in_columns_of(after, before)
        assert {name for name in guards if name.startswith("audit_entries")} <= set(triggers(migrated))
    for revision in reversed(steps[:-1]):
        to(revision)
    after = contents(migrated)
    assert {name: rows for name, rows in after.items() if rows} == {name: rows for name, rows in before.items() if rows}
    assert set(after) == set(before)
    assert triggers(migrated) == guards


def test_the_last_step_keeps_every_row_of_the_tables_that_stay(migrated: Flask) -> None:
    before = {name: len(rows) for name, rows in contents(migrated).items()}
    assert before["audit_entries"] > 0
    to("-1", down=True)
    to("head")
    after = {name: len(rows) for name, rows in contents(migrated).items()}
    assert after == before


def test_a_table_that_is_rebuilt_keeps_its_children_and_its_guards(migrated: Flask) -> None:
    """With foreign keys on, a rebuild of `users` would delete the grants that point at it."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    before, guards = contents(migrated), triggers(migrated)
    from portal.core.triggers import recreate

    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys=OFF")
        operations = Operations(MigrationContext.configure(connection))
        for table in ("users", "audit_entries"):
            with operations.batch_alter_table(table, recreate="always"):
                pass
        recreate(connection)
        connection.commit()
        raw.execute("PRAGMA foreign_keys=ON")
    assert contents(migrated) == before
    assert triggers(migrated) == guards


def test_foreign_keys_are_on_afterwards(migrated: Flask) -> None:
    to("-1", down=True)
    to("head")
    for _ in range(3):
        with db.engine.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert connection.execute(text("PRAGMA recursive_triggers")).scalar() == 1
    database.check_durability()


def test_the_models_agree_with_the_migrations(migrated: Flask) -> None:
    """Raises where a model has what no revision makes."""
    check(directory=str(database.MIGRATIONS))


def test_a_failing_migration_leaves_the_old_schema_whole(
    migrated: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    to("0001", down=True)
    before, guards = contents(migrated), triggers(migrated)

    def broken(_connection: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr("portal.core.triggers.recreate", broken)
    with pytest.raises(SystemExit):
        to("head")
    assert "the power went" in caplog.text
    monkeypatch.undo()
    assert database.current_revision() == "0001"
    assert contents(migrated) == before
    assert triggers(migrated) == guards
    assert list(database.prepare(migrated))[-1].endswith(f"0001 -> {script().get_current_head()}")


def test_a_migration_that_breaks_references_is_refused(
    migrated: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    to("0001", down=True)
    before = contents(migrated)

    def careless(connection: object) -> None:
        connection.execute(text("DELETE FROM units"))  # type: ignore[attr-defined]

    monkeypatch.setattr("portal.core.triggers.recreate", careless)
    with pytest.raises(SystemExit):
        to("head")
    assert "broke references" in caplog.text
    assert contents(migrated) == before


def test_a_newer_schema_is_refused_by_name(migrated: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = contents(migrated)
    with pytest.raises(ConfigError, match="9999"):
        list(database.prepare(migrated))
    assert contents(migrated) == before
    assert database.current_revision() == "9999"


def test_the_database_is_copied_before_it_is_changed(migrated: Flask) -> None:
    to("0001", down=True)
    before = contents(migrated)
    said = list(database.prepare(migrated))
    folder = Path(migrated.config["PORTAL"].instance) / "before-migration"
    copy = next(folder.glob("*-0001.db"))
    assert copy.name in said[0]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with sqlite3.connect(copy) as connection:
        held = sorted(connection.execute("SELECT * FROM users").fetchall(), key=repr)
    connection.close()
    assert held == [tuple(row.values()) for row in before["users"]]


def test_only_the_last_copies_are_kept(migrated: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    start = clock.now()
    for hour in range(8):
        monkeypatch.setattr(clock, "now", lambda hour=hour: start + timedelta(hours=hour))
        database.copy_before(migrated, "0001")
    kept = sorted((Path(migrated.config["PORTAL"].instance) / "before-migration").glob("*.db"))
    assert len(kept) == 5
    assert kept[-1].name.startswith(f"{start + timedelta(hours=7):%Y%m%dT%H}")


def test_a_database_that_is_up_to_date_is_left_alone(migrated: Flask) -> None:
    assert list(database.prepare(migrated)) == []
    assert not (Path(migrated.config["PORTAL"].instance) / "before-migration").exists()


def test_an_empty_database_gets_the_whole_schema(tmp_path: Path) -> None:
    made = create_app(make_config(tmp_path))
    assert list(database.prepare(made)) == [f"database schema none -> {script().get_current_head()}"]
    with made.app_context():
        set_writing(True)
        note(db.session(), actor=system_viewer(), at=clock.now(), action="unit.create", subject=("units", "1", "x"))
        db.session.commit()
        set_writing(False)
        db.session.remove()
        db.engine.dispose()


def test_a_command_does_not_migrate_under_a_running_site(migrated: Flask) -> None:
    """The nightly backup of a new version, while the old one still serves."""
    settings = migrated.config["PORTAL"]
    prepare.refuse_under_an_older_site(migrated, settings)
    held = lifeline.hold(settings.instance, "127.0.0.1", 8000)
    assert held
    with held:
        prepare.refuse_under_an_older_site(migrated, settings)  # of the same schema: nothing to migrate
        downgrade(directory=str(database.MIGRATIONS), revision="-1")
        with pytest.raises(ConfigError, match="请先停止站点"):
            prepare.refuse_under_an_older_site(migrated, settings)
    prepare.refuse_under_an_older_site(migrated, settings)
