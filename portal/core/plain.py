"""SELECTs that stand in the way of every request, without what SQLAlchemy does around them.

SQLite answers a look-up by key in three microseconds; the layers above take twenty to a hundred. Where that matters
(the short way of saves and exam pages) the statement is compiled once and run on the driver's connection. It is the
same statement, and its rows have the same values.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PlainConnection:
    """A driver's connection that commits by itself, and its dialect."""

    driver: Any
    dialect: Dialect


Run = Callable[[Any, dict[str, Any]], Sequence[Any]]


class Statement:
    """A SELECT built once, for a Session and for a PlainConnection alike. Takes plain numbers and texts."""

    def __init__(self, select: Select[*tuple[Any, ...]]) -> None:
        self._select = select
        self._plain: Run | None = None

    def all(self, where: Session | PlainConnection, **values: Any) -> Sequence[Any]:
        """The rows, with attributes by column."""
        if not isinstance(where, PlainConnection):
            return where.connection().execute(self._select, values).all()
        if self._plain is None:
            self._plain = _prepared(self._select, where.dialect)
        return self._plain(where.driver, values)


def _prepared(select: Select[*tuple[Any, ...]], dialect: Dialect) -> Run:
    compiled = select.compile(dialect=dialect)
    text, names = str(compiled), tuple(compiled.positiontup or ())
    constant = {name: value for name, value in compiled.params.items() if value is not None}
    columns = list(select.selected_columns)
    row = namedtuple("row", [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024
    found = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    converted = [(place, convert) for place, convert in enumerate(found) if convert is not None]

    def run(driver: Any, values: dict[str, Any]) -> Sequence[Any]:
        given = {**constant, **values}
        rows = []
        for each in driver.execute(text, [given[name] for name in names]):
            whole = list(each)
            for place, convert in converted:
                whole[place] = convert(whole[place])
            rows.append(row._make(whole))
        return rows

    return run
