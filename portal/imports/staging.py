"""Where an import waits: a private folder with the file, and its judged rows in a small database of their own.

The real database holds only the one row of the batch, so a big file costs nobody a wait until it is accepted.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    MetaData,
    NullPool,
    Row,
    Select,
    String,
    Table,
    create_engine,
    insert,
    select,
)
from sqlalchemy.orm import Session

from portal.config import make_private
from portal.imports.registry import StagedRow, Verdict

SOURCE = "source"
SECOND = "second"
_ROWS = "rows.db"

_metadata = MetaData()
ROWS = Table(
    "rows",
    _metadata,
    Column("n", Integer, primary_key=True),
    Column("verdict", String(16), nullable=False, index=True),
    Column("flagged", Boolean, nullable=False),
    Column("place", String(200), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("title", String, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
)


def folder(instance: Path, batch_id: str) -> Path:
    """The folder of a batch; it need not exist."""
    return instance / "imports" / batch_id


def make(instance: Path, batch_id: str) -> Path:
    """A new private folder."""
    make_private(instance / "imports")
    made = folder(instance, batch_id)
    make_private(made)
    return made


def remove(instance: Path, batch_id: str) -> None:
    """Delete the file and the rows of a batch."""
    shutil.rmtree(folder(instance, batch_id), ignore_errors=True)


@contextlib.contextmanager
def kept_if_whole(instance: Path, batch_id: str) -> Iterator[None]:
    """Keep the folder of a new batch only if the block that makes its rows ends well."""
    try:
        yield
    except BaseException:
        remove(instance, batch_id)
        raise


@contextlib.contextmanager
def opened(place: Path) -> Iterator[Session]:
    """A session on the rows of a batch. Raises FileNotFoundError where they are gone."""
    if not (place / _ROWS).exists():
        raise FileNotFoundError(place.name)
    with _session(place / _ROWS) as session:
        yield session


@contextlib.contextmanager
def _session(file: Path) -> Iterator[Session]:
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, hide_parameters=True)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def store(place: Path, rows: Iterable[StagedRow]) -> None:
    """Write the judged rows, in place of what an interrupted reading may have left."""
    _drop_rows(place)
    try:
        with _session(place / _ROWS) as session:
            _metadata.create_all(session.connection())
            values = [_values(number, row) for number, row in enumerate(rows, 1)]
            if values:
                session.execute(insert(ROWS), values)
            session.commit()
    except BaseException:
        _drop_rows(place)  # a full disk: what was written is no whole list
        raise


def _drop_rows(place: Path) -> None:
    for left in place.glob(f"{_ROWS}*"):
        left.unlink()


def _values(number: int, row: StagedRow) -> dict[str, Any]:
    return {
        "n": number,
        "verdict": row.verdict.value,
        "flagged": row.flagged,
        "place": row.where[:200],
        "kind": row.kind,
        "title": row.title,
        "notes": [asdict(note) for note in row.notes],
        "payload": row.payload,
    }


def listed() -> Select[Any]:
    """The rows as the preview lists them, without what the writer needs."""
    return select(ROWS.c.n, ROWS.c.verdict, ROWS.c.flagged, ROWS.c.place, ROWS.c.kind, ROWS.c.title, ROWS.c.notes)


def accepted(place: Path) -> list[Any]:
    """The payloads of all good rows, in the order of the file."""
    with opened(place) as session:
        wanted = select(ROWS.c.payload).where(ROWS.c.verdict == Verdict.ACCEPTED.value).order_by(ROWS.c.n)
        return list(session.scalars(wanted))


def left_out(place: Path) -> list[Row[Any]]:
    """All rows that do not come in, in the order of the file."""
    with opened(place) as session:
        wanted = select(ROWS).where(ROWS.c.verdict != Verdict.ACCEPTED.value).order_by(ROWS.c.n)
        return list(session.execute(wanted))
