"""The table of jobs and its own small schema version: it lives beside the real data, so migrations do not reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import CreateColumn

from portal.config import ConfigError
from portal.core.db import UtcDateTime
from portal.extensions import is_writing, set_writing

VERSION = 2
MESSAGE_LENGTH = 500

METADATA = MetaData()
JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("owner_id", Integer),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("message", String(MESSAGE_LENGTH), nullable=False, default=""),
    Column("back_url", String(300), nullable=False, default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("stirred_at", UtcDateTime, nullable=False),
    # From here on: version 2.
    Column("owner_name", String(64), nullable=False, server_default=""),
    Column("title", String(200), nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("worker", String(200), nullable=False, server_default=""),
    Column("cancel_asked", Boolean, nullable=False, server_default=text("0")),
    Column("sent_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("result_name", String(200), nullable=False, server_default=""),
    Column("result_size", Integer, nullable=False, server_default="0"),
)
_SCHEMA = Table("jobs_schema", METADATA, Column("version", Integer, primary_key=True))

# What a version added to the table of the one before.
_ADDED = {
    2: (
        "owner_name", "title", "attempts", "worker", "cancel_asked", "sent_at", "finished_at", "result_name",
        "result_size",
    )
}  # fmt: skip


def upgrade(engine: Engine) -> None:
    """Bring the table to this version, whole or not at all, keeping its rows.

    Raises ConfigError for a table that a newer version of the program has written.
    """
    with engine.connect() as connection:
        have = _version(connection)
    if have > VERSION:
        raise ConfigError(
            f"后台任务库的版本 {have} 比本程序新。请升级程序后再启动，数据没有改动。\n"
            f"The job store has schema {have}, newer than this program. Upgrade the program; nothing was changed."
        )
    if have == VERSION:
        return
    with _locked(engine) as connection:
        have = _version(connection)  # several processes start at once: one of them has done it
        for version in range(have + 1, VERSION + 1) if have else ():
            _add_columns(connection, version)
        if have < VERSION:
            METADATA.create_all(connection)
            connection.execute(delete(_SCHEMA))
            connection.execute(insert(_SCHEMA).values(version=VERSION))


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """A transaction that keeps every other writer out from its start."""
    before = is_writing()
    set_writing(True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        set_writing(before)


def _version(connection: Connection) -> int:
    """0 for no table at all; 1 for the first one, which carried no number."""
    tables = inspect(connection).get_table_names()
    if _SCHEMA.name in tables:
        return connection.scalar(select(_SCHEMA.c.version)) or 0
    return 1 if JOBS.name in tables else 0


def _add_columns(connection: Connection, version: int) -> None:
    for name in _ADDED[version]:
        column = CreateColumn(JOBS.c[name]).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {JOBS.name} ADD COLUMN {column}"))
