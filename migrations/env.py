"""How migrations run here.

On SQLite, alembic rebuilds a table to change it. With foreign keys on, dropping the old table would delete its
children, so they are off for the whole run (the pragma is ignored inside a transaction, hence before BEGIN) and
checked at the end. Triggers vanish with a rebuilt table; they are put back from `portal.core.triggers`.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Enum, text

from portal.core.db import UtcDateTime
from portal.core.triggers import recreate

database = current_app.extensions["migrate"].db


def plain_types(kind: str, thing: Any, _autogen: Any) -> Any:
    """Write a revision with plain column types: it must read the same when the code has moved on."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(thing, Enum):
        return f"sa.String(length={thing.length})"
    return False


def not_an_index(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the tables of search, which no model describes: a revision makes them by hand, for each engine."""
    return kind != "table" or name is None or not name.startswith(("library_texts", "library_others"))


def run() -> None:
    """One transaction for the whole run: a killed migration leaves the old schema, whole."""
    engine = database.engine
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=database.metadata,
                render_as_batch=True,
                compare_type=True,
                render_item=plain_types,
                include_name=not_an_index,
                # SQLite keeps DDL inside a transaction; alembic would commit after each revision.
                transactional_ddl=True,
                transaction_per_migration=False,
            )
            with context.begin_transaction():
                context.run_migrations()
                recreate(connection)
                if sqlite:
                    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                    if broken:
                        raise RuntimeError(f"the migration broke references: {broken[:5]}")
            connection.commit()
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


run()
