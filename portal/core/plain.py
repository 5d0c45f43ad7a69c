"""SELECTs that stand in the way of every request, without what SQLAlchemy does around them.

SQLite answers a look-up by key in three microseconds; the layers above take twenty to a hundred, and building the
statement as much again. Pages that are looked at all the time have theirs built once; from the second time on it runs
on the driver's connection, inside the transaction of whoever asks. It is the same statement, and its rows have the same
values. On any other database it goes through SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Select, TextClause
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PlainConnection:
    """A driver's connection that commits by itself, and its dialect."""

    driver: Any
    dialect: Dialect


class PlainReads:
    """A Session that may have a driver's connection to read with."""

    def plain(self) -> PlainConnection | None:
        """That connection; None while the Session is in a transaction of its own, whose changes must be seen."""
        raise NotImplementedError


class PlainRow(tuple[Any, ...]):
    """A row whose values are found by column, as in SQLAlchemy's rows."""

    __slots__ = ()


Run = Callable[[Any, dict[str, Any]], Sequence[Any]]


class Statement:
    """A SELECT built once, for a Session, a Connection and a PlainConnection alike.

    Values are given by the names of its parameters, one value each (no lists). What the session has not flushed yet is
    not seen.
    """

    def __init__(self, select: Select[*tuple[Any, ...]]) -> None:
        self.select = select
        self.names = [column.key for column in select.selected_columns]
        self._asked_before = False
        self._plain: Run | None = None

    def all(self, where: Session | Connection | PlainConnection, **values: Any) -> Sequence[Any]:
        """The rows, with attributes by column."""
        if isinstance(where, PlainConnection):
            return self._run(where, values)
        if self._asked_before:
            try:
                plain = (where.plain() if isinstance(where, PlainReads) else None) or _beneath(where)
                if plain is not None:
                    return self._run(plain, values)
            except sqlite3.Error:  # SQLAlchemy asks again: its errors are those that others know
                pass
        self._asked_before = True  # one that is asked once, such as a search, is not worth preparing
        return (where if isinstance(where, Connection) else where.connection()).execute(self.select, values).all()

    def first(self, where: Session | Connection | PlainConnection, **values: Any) -> Any:
        """The first row, None where there is none."""
        return next(iter(self.all(where, **values)), None)

    def _run(self, plain: PlainConnection, values: dict[str, Any]) -> Sequence[Any]:
        if self._plain is None:
            self._plain = _prepared(self.select, plain.dialect, values)
        return self._plain(plain.driver, values)


def _beneath(where: Session | Connection) -> PlainConnection | None:
    """The driver's connection of a transaction on SQLite."""
    connection = where if isinstance(where, Connection) else where.connection()
    if connection.dialect.name != "sqlite":
        return None
    return PlainConnection(connection.connection.driver_connection, connection.dialect)


def _prepared(select: Select[*tuple[Any, ...]], dialect: Dialect, values: dict[str, Any]) -> Run:
    compiled: Any = select.compile(dialect=dialect)
    whole = compiled.construct_expanded_state(values)
    text, names = whole.statement, tuple(whole.positiontup or ())
    converts = {name: whole.processors.get(name) or _to_driver(compiled.binds.get(name), dialect) for name in names}
    later = {name: compiled.binds[name].callable for name in names if name in compiled.binds}
    given: list[Any] = [None] * len(names)
    asked, made = [], []
    for place, name in enumerate(names):
        if name in values:
            asked.append((place, name, converts[name]))
        elif (make := later.get(name)) is not None:
            made.append((place, make, converts[name]))
        else:
            given[place] = _converted(converts[name], whole.parameters[name])
    columns = list(select.selected_columns)
    found = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    rows = _Rows(_row_of([column.key for column in columns]), found)

    def run(driver: Any, values: dict[str, Any]) -> Sequence[Any]:
        sent = given.copy()
        for place, name, convert in asked:
            sent[place] = _converted(convert, values[name])
        for place, make, convert in made:
            sent[place] = _converted(convert, make())
        return rows.of(driver.execute(text, sent).fetchall())

    return run


_FEW = 4
_MOST_MADE = 64


class _Rows:
    """Rows of the driver as those of SQLAlchemy; the same ones as the last time are not made again.

    Of results of a few rows, such as who is signed in, some are remembered.
    """

    def __init__(self, kind: type[PlainRow], converts: Sequence[Any]) -> None:
        self._kind = kind
        self._converts = [(place, convert) for place, convert in enumerate(converts) if convert is not None]
        self._last: tuple[list[tuple[Any, ...]], Sequence[PlainRow]] = ([], ())
        self._few: dict[tuple[tuple[Any, ...], ...], Sequence[PlainRow]] = {}

    def of(self, read: list[tuple[Any, ...]]) -> Sequence[PlainRow]:
        """The rows, not to be changed."""
        before, made = self._last
        if read == before:
            return made
        if len(read) > _FEW:
            made = self._made(read)
            self._last = (read, made)
            return made
        key = tuple(read)
        found = self._few.get(key)
        if found is None:
            if len(self._few) >= _MOST_MADE:
                self._few.clear()
            found = self._few[key] = self._made(read)
        return found

    def _made(self, read: list[tuple[Any, ...]]) -> Sequence[PlainRow]:
        return tuple([self._kind(self._converted(each)) for each in read])

    def _converted(self, row: tuple[Any, ...]) -> Sequence[Any]:
        if not self._converts:
            return row
        cells = list(row)
        for place, convert in self._converts:
            cells[place] = convert(cells[place])
        return cells


class Change:
    """A statement that writes, as the driver takes it."""

    def __init__(self, statement: TextClause, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._converts = [(name, _to_driver(compiled.binds[name], dialect)) for name in compiled.positiontup]

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        """The values of a row by the names of the parameters, in their places."""
        return [_converted(convert, row[name]) for name, convert in self._converts]


def _to_driver(bind: Any, dialect: Dialect) -> Any:
    return None if bind is None else bind.type.dialect_impl(dialect).bind_processor(dialect)


def _converted(convert: Any, value: Any) -> Any:
    return value if convert is None else convert(value)


def _row_of(names: Sequence[str | None]) -> type[PlainRow]:
    cells = {name: property(itemgetter(place)) for place, name in enumerate(names) if name}
    return type("PlainRow", (PlainRow,), {"__slots__": (), **cells})
