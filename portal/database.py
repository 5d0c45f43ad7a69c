"""Bringing a database up to the schema of this code, without ever losing what it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from portal.config import ROOT, ConfigError, make_private
from portal.core import clock
from portal.extensions import db

MIGRATIONS = ROOT / "migrations"
_KEPT_COPIES = 5


def prepare(app: Flask) -> Iterator[str]:
    """Migrate when needed; yields lines for the person who watches.

    A SQLite database that holds something is copied first. Raises ConfigError when the database was written by a newer
    version of the code, or does not keep what it acknowledges.
    """
    script = ScriptDirectory.from_config(_alembic_config())
    with app.app_context():
        have, want = current_revision(), script.get_current_head()
        if have is not None and have not in {each.revision for each in script.walk_revisions()}:
            raise ConfigError(
                f"数据库版本 {have} 比本程序新。请升级程序后再启动，数据没有改动。\n"
                f"The database has schema {have}, newer than this program. Upgrade the program; nothing was changed."
            )
        if have != want:
            if have is not None and (copy := copy_before(app, have)):
                yield f"copied the database to {copy.name}"
            upgrade(directory=str(MIGRATIONS))
            yield f"database schema {have or 'none'} -> {want}"
        check_durability()


def current_revision() -> str | None:
    """The schema revision of the database, None for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_durability() -> None:
    """Refuse a SQLite that would lose acknowledged rows in a power cut. Raises ConfigError."""
    if db.engine.dialect.name != "sqlite":
        return
    with db.engine.connect() as connection:
        journal = connection.execute(text("PRAGMA journal_mode")).scalar()
        synchronous = connection.execute(text("PRAGMA synchronous")).scalar()
        foreign_keys = connection.execute(text("PRAGMA foreign_keys")).scalar()
    if (journal, synchronous, foreign_keys) != ("wal", 2, 1):
        raise ConfigError(f"SQLite runs with journal_mode={journal}, synchronous={synchronous}: answers could be lost.")


def copy_before(app: Flask, revision: str) -> Path | None:
    """A consistent copy of a SQLite database, beside it, before it is changed; the last few are kept."""
    if db.engine.dialect.name != "sqlite":
        return None
    folder = app.config["PORTAL"].instance / "before-migration"
    make_private(folder)
    target: Path = folder / f"{clock.now():%Y%m%dT%H%M%S}-{revision}.db"
    source = Path(db.engine.url.database or "")
    with sqlite3.connect(source) as original, sqlite3.connect(target) as copy:
        original.backup(copy, pages=-1)
    original.close()
    copy.close()
    target.chmod(0o600)
    for old in sorted(folder.glob("*.db"))[:-_KEPT_COPIES]:
        old.unlink()
    return target


def _alembic_config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
