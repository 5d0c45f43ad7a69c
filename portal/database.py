"""Bringing a database up to the schema of this code, without ever losing what it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, inspect, text

from portal.config import ROOT, ConfigError, make_private
from portal.core import clock
from portal.extensions import db

MIGRATIONS = ROOT / "migrations"
_KEPT_COPIES = 5
# As SQLite names them; 2 is FULL. With NORMAL a power cut loses answers that were acknowledged.
_DURABLE = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def prepare(app: Flask) -> Iterator[str]:
    """Migrate when needed; yields lines for the person who watches.

    A SQLite database that holds something is copied first. Raises ConfigError when the database was written by a newer
    version of the code, or does not keep what it acknowledges.
    """
    with app.app_context():
        have, want = current_revision(), head()
        if have is not None and have not in known_revisions():
            raise ConfigError(
                f"数据库版本 {have} 比本程序新。请升级程序后再启动，数据没有改动。\n"
                f"The database has schema {have}, newer than this program. Upgrade the program; nothing was changed."
            )
        if have != want:
            if have is not None and (copy := copy_before(app, have)):
                yield f"copied the database to {copy.name}"
            _upgrade(app)
            yield f"database schema {have or 'none'} -> {want}"
        check_durability()


def init_migrations(app: Flask) -> None:
    """Tell Flask-Migrate of the application. Alembic takes long to load, so nothing else here needs it."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)


def _upgrade(app: Flask) -> None:
    init_migrations(app)
    from flask_migrate import upgrade

    upgrade(directory=str(MIGRATIONS))


def known_revisions() -> set[str]:
    """The schema revisions of this program: they are numbered as their files are."""
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def head() -> str:
    """The newest of them."""
    return max(known_revisions())


def current_revision() -> str | None:
    """The schema revision of the database, None for an empty one."""
    with db.engine.connect() as connection:
        return _revision_of(connection)


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def is_durable(found: dict[str, Any]) -> bool:
    """Whether what durability() found keeps acknowledged rows; PostgreSQL does by itself."""
    return not found or found == _DURABLE


def check_durability() -> None:
    """Refuse a SQLite that would lose acknowledged rows in a power cut. Raises ConfigError."""
    with db.engine.connect() as connection:
        found = durability(connection)
    if not is_durable(found):
        told = ", ".join(f"{name}={value}" for name, value in found.items())
        raise ConfigError(f"SQLite runs with {told}: answers could be lost.")


def copy_before(app: Flask, revision: str) -> Path | None:
    """A consistent copy of a SQLite database, beside it, before it is changed; the last few are kept.

    Raises ConfigError where there is no room for it: then nothing was changed, and no half copy stays.
    """
    if db.engine.dialect.name != "sqlite":
        return None
    folder = app.config["PORTAL"].instance / "before-migration"
    make_private(folder)
    target: Path = folder / f"{clock.now():%Y%m%dT%H%M%S}-{revision}.db"
    source = Path(db.engine.url.database or "")
    original, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        original.backup(copy, pages=-1)
    except (sqlite3.Error, OSError) as error:
        copy.close()
        target.unlink(missing_ok=True)
        raise ConfigError(
            f"升级前无法备份数据库（{error}），没有升级，数据没有改动。请清理磁盘后重试。\n"
            "The database could not be copied before the upgrade; nothing was changed. Make room, then retry."
        ) from error
    finally:
        copy.close()
        original.close()
    target.chmod(0o600)
    for old in sorted(folder.glob("*.db"))[:-_KEPT_COPIES]:
        old.unlink()
    return target


def revisions(connection: Connection) -> tuple[str | None, str]:
    """(the schema of the database, the schema of this program)."""
    return _revision_of(connection), head()


def durability(connection: Connection) -> dict[str, Any]:
    """What SQLite says of how it keeps what it acknowledged; empty on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return {}
    return {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in _DURABLE}
