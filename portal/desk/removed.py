"""Deleted rows of any table, kept for a day: the next page offers to take the deletion back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import delete, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.db import Base
from portal.core.errors import RuleError
from portal.desk import queries
from portal.desk.models import RemovedRow
from portal.desk.rules import UNDO_FOR

Row = TypeVar("Row", bound=Base)


def remove(session: Session, *, now: datetime, row: Base, parent_id: int) -> None:
    """Delete a row and keep what it was; what was kept longer than a day goes for good.

    Raises RuleError row-in-use where another row needs it. The caller writes the entry in the log.
    """
    session.execute(delete(RemovedRow).where(RemovedRow.removed_at < now - UNDO_FOR))
    values = {str(name): _plain(getattr(row, str(name))) for name in inspect(type(row)).columns.keys()}  # noqa: SIM118
    kept = RemovedRow(
        table_name=row.__tablename__, row_id=values["id"], parent_id=parent_id, content=values, removed_at=now
    )
    try:
        with session.begin_nested():
            session.delete(row)
            session.flush()
    except IntegrityError as error:
        raise RuleError("row-in-use") from error
    session.add(kept)
    session.flush()


def take_back(
    session: Session, *, now: datetime, model: type[Row], row_id: int, parent_id: int,
    mend: Callable[[Row], None] | None = None,
) -> Row:  # fmt: skip
    """The row as it was, back in its place with its number; `mend` sees it before it is written.

    Raises RuleError undo-gone, also where what it belonged to is gone. The caller writes the entry in the log.
    """
    kept = queries.removed(session, model.__tablename__, row_id, parent_id, now - UNDO_FOR)
    if kept is None or session.get(model, row_id) is not None:
        raise RuleError("undo-gone")
    columns = inspect(model).columns
    row = model(**{name: _typed(columns[name].type, value) for name, value in kept.content.items() if name in columns})
    if mend is not None:
        mend(row)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise RuleError("undo-gone") from error
    session.delete(kept)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date | datetime) else value


def _typed(kind: Any, value: Any) -> Any:
    """A value as its column has it."""
    if value is None or isinstance(value, list | dict):
        return value
    python = kind.python_type
    return python.fromisoformat(value) if issubclass(python, date) else python(value)
