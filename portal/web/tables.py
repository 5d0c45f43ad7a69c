"""The one way to list: filters in the address, chips, search, sort, keyset paging, counts that are capped.

A feature declares a `Table` of columns and filters once; `Table.read()` turns request arguments into a `Listing` with
the rows of one page. The cost is two statements whatever the number of rows: the page itself, found by the last row's
sort key and never by OFFSET, and a count that stops at COUNT_CAP.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import request, url_for
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

COUNT_CAP = 10_001
PAGE_SIZES = (20, 50, 100)
# Arguments that move within a list; everything else in the address is a filter.
_PAGING = ("after", "before")
# No row number, id or sorted figure comes near it; a database's own limit is a little further off.
_FAR = 2**62


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    `value` gives what is shown plainly and exported; `sort` is a never-null SQL expression, absent where sorting makes
    no sense. `css` is "num" for figures. `export` False keeps a column off the sheet, `shown` False off the screen.
    """

    key: str
    label: Any
    value: Callable[[Any], Any]
    sort: Any = None
    css: str = ""
    export: bool = True
    shown: bool = True


Choices = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Filter:
    """A field of the filter form.

    `kind` is "text", "choice" or "date". `apply` narrows the statement by the value; it raises ValueError for a value
    that makes no sense, which is then left out and said. `choices` is a list or a function giving one.
    """

    name: str
    label: Any
    apply: Callable[[Select[Any], str], Select[Any]]
    kind: str = "choice"
    choices: Choices | Callable[[], Choices] = ()
    placeholder: Any = ""

    def options(self) -> list[tuple[str, str]]:
        """(value, label) pairs."""
        found = self.choices() if callable(self.choices) else self.choices
        return [(value, str(label)) for value, label in found]


@dataclass(frozen=True, slots=True)
class BoundFilter:
    """A filter with the value of this request."""

    name: str
    label: str
    kind: str
    value: str
    options: list[tuple[str, str]]
    placeholder: str

    @property
    def shown_value(self) -> str:
        """The value as the chip says it, without the indent of a tree."""
        return dict(self.options).get(self.value, self.value).strip()


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, with the address that lifts it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as the table head draws it. `direction` is "ascending", "descending" or "" (not sorted by it)."""

    key: str
    label: str
    css: str
    sort_url: str
    direction: str


@dataclass(slots=True)
class Listing:
    """One page of a list, ready for the template."""

    table: Table
    rows: list[Row[Any]]
    headings: list[Heading]
    filters: list[BoundFilter]
    chips: list[Chip]
    total: int
    capped: bool
    first: int
    sort: str
    clear_url: str
    export_url: str
    previous_url: str = ""
    next_url: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Number of the last row on the page, counted from 1; 0 on an empty page."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def total_text(self) -> str:
        """The count in words that stay true past the cap."""
        return f"{COUNT_CAP - 1:,}+" if self.capped else f"{self.total:,}"

    @property
    def filtered(self) -> bool:
        """Whether any filter is in force."""
        return bool(self.chips)


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of list. `sort` is the key of the default order, with "-" before it for descending."""

    name: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    identity: Any
    sort: str
    page_size: int = PAGE_SIZES[0]

    def read(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> Listing:
        """One page of `statement` as the address asks. A broken cursor or an unknown sort means the first page."""
        given = request.args if args is None else args
        bound, narrowed, problems = self._filtered(statement, given)
        total = _capped_count(session, narrowed)
        key, descending = self._order(given.get("sort", ""))
        column = self._column(key)
        size = self._size(given)
        backward = "before" in given
        cursor = _decode(given.get("before") or given.get("after") or "", column.sort)
        rows = _page(session, narrowed, column.sort, self.identity, descending, cursor, backward=backward, size=size)
        more = len(rows) > size
        rows = rows[:size]
        first = _first_number(cursor, len(rows), backward=backward)
        if backward:
            rows.reverse()
        has_previous = bool(rows) and first > 1
        has_next = bool(rows) and (more if not backward else True)
        return Listing(
            table=self,
            rows=rows,
            headings=[self._heading(each, given, key, descending=descending) for each in self.columns if each.shown],
            filters=bound,
            chips=[Chip(each.label, each.shown_value, _url(given, drop=(each.name,))) for each in bound if each.value],
            total=total,
            capped=total >= COUNT_CAP,
            first=max(first, 1) if rows else 0,
            sort=f"{'-' if descending else ''}{key}",
            clear_url=_url(given, drop=tuple(each.name for each in self.filters)),
            export_url=_url(given, export="xlsx"),
            previous_url=_url(given, before=_encode(rows[0], first)) if has_previous else "",
            next_url=_url(given, after=_encode(rows[-1], first + len(rows))) if has_next else "",
            problems=problems,
        )

    def everything(
        self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None
    ) -> Iterator[Row[Any]]:
        """All rows of what is seen, in its order, a thousand at a time, for exports and bulk work."""
        given = request.args if args is None else args
        _, narrowed, _ = self._filtered(statement, given)
        key, descending = self._order(given.get("sort", ""))
        sort = self._column(key).sort
        assert sort is not None  # noqa: S101  _order only returns sortable keys
        order = (sort.desc(), self.identity.desc()) if descending else (sort.asc(), self.identity.asc())
        yield from session.execute(narrowed.order_by(None).order_by(*order).execution_options(yield_per=1000))

    def count(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> int:
        """How many rows `everything` gives."""
        _, narrowed, _ = self._filtered(statement, request.args if args is None else args)
        return session.execute(select(func.count()).select_from(narrowed.order_by(None).subquery())).scalar_one()

    def _filtered(
        self, statement: Select[Any], args: Mapping[str, str]
    ) -> tuple[list[BoundFilter], Select[Any], list[str]]:
        bound: list[BoundFilter] = []
        problems: list[str] = []
        for each in self.filters:
            value = (args.get(each.name) or "").strip()
            options = each.options() if each.kind == "choice" else []
            if value:
                try:
                    statement = _apply(each, options, statement, value)
                except ValueError:
                    problems.append(str(each.label))
                    value = ""
            bound.append(BoundFilter(each.name, str(each.label), each.kind, value, options, str(each.placeholder)))
        return bound, statement, problems

    def _column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    def _order(self, asked: str) -> tuple[str, bool]:
        sortable = {column.key for column in self.columns if column.sort is not None}
        chosen = asked if asked.lstrip("-") in sortable else self.sort
        return chosen.lstrip("-"), chosen.startswith("-")

    def _size(self, args: Mapping[str, str]) -> int:
        asked = args.get("size", "")
        return int(asked) if asked.isdecimal() and int(asked) in PAGE_SIZES else self.page_size

    def _heading(self, column: Column, args: MultiDict[str, str], key: str, *, descending: bool) -> Heading:
        current = column.key == key
        direction = ("descending" if descending else "ascending") if current else ""
        turned = f"-{column.key}" if current and not descending else column.key
        url = _url(args, sort=turned) if column.sort is not None else ""
        return Heading(column.key, str(column.label), column.css, url, direction)


def _apply(filter_: Filter, options: list[tuple[str, str]], statement: Select[Any], value: str) -> Select[Any]:
    if filter_.kind == "choice" and value not in dict(options):
        raise ValueError(value)
    return filter_.apply(statement, value)


def contains(*columns: ColumnElement[Any] | Any) -> Callable[[Select[Any], str], Select[Any]]:
    """A search filter: any of the columns holds the text."""

    def apply(statement: Select[Any], value: str) -> Select[Any]:
        return statement.where(or_(*(column.contains(value, autoescape=True) for column in columns)))

    return apply


def equals(column: Any, convert: Callable[[str], Any] = str) -> Callable[[Select[Any], str], Select[Any]]:
    """A choice filter: the column has exactly the value."""
    return lambda statement, value: statement.where(column == convert(value))


def _capped_count(session: Session, statement: Select[Any]) -> int:
    inner = statement.order_by(None).limit(COUNT_CAP).subquery()
    return session.execute(select(func.count()).select_from(inner)).scalar_one()


def _page(
    session: Session,
    statement: Select[Any],
    sort: Any,
    identity: Any,
    descending: bool,
    cursor: tuple[Any, Any, int] | None,
    *,
    backward: bool,
    size: int,
) -> list[Row[Any]]:
    assert sort is not None  # noqa: S101
    down = descending != backward
    if cursor is not None:
        value, row_id, _ = cursor
        beyond = sort < value if down else sort > value
        level = and_(sort == value, identity < row_id if down else identity > row_id)
        statement = statement.where(or_(beyond, level))
    order = (sort.desc(), identity.desc()) if down else (sort.asc(), identity.asc())
    wanted = statement.add_columns(sort.label("_sort"), identity.label("_id")).order_by(None).order_by(*order)
    return list(session.execute(wanted.limit(size + 1)))


def _first_number(cursor: tuple[Any, Any, int] | None, count: int, *, backward: bool) -> int:
    if cursor is None:
        return 1
    return max(cursor[2] - count, 1) if backward else cursor[2]


def _encode(row: Row[Any], number: int) -> str:
    """A cursor: the row's sort value and id, and the number of the row that comes next to it."""
    value = row._mapping["_sort"]  # noqa: SLF001  the public way to a column by name
    kind = ""
    if isinstance(value, datetime):
        kind, value = "t", value.isoformat()
    elif isinstance(value, date):
        kind, value = "d", value.isoformat()
    elif isinstance(value, bool):
        value = int(value)  # SQLAlchemy compares a column with True by = alone
    row_id = row._mapping["_id"]  # noqa: SLF001
    raw = json.dumps([kind, value, row_id, number], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(text: str, sort: Any) -> tuple[Any, Any, int] | None:
    """What a cursor says; None for one that nobody here has written, or that was written for another column."""
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kind, value, row_id, number = json.loads(raw)
        if kind == "t":
            value = datetime.fromisoformat(value)
        elif kind == "d":
            value = date.fromisoformat(value)
        fits = _storable(value) and _storable(row_id) and _same_type(sort, value) and 0 < int(number) < _FAR
        return (value, row_id, int(number)) if fits and isinstance(row_id, int | str) else None
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None


def _storable(value: Any) -> bool:
    """Whether a database takes the value: no lone surrogate, no number beyond 64 bits, no moment without a zone."""
    if isinstance(value, str):
        value.encode()
        return "\x00" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if isinstance(value, int | float):
        return not isinstance(value, bool) and math.isfinite(value) and abs(value) < _FAR
    return isinstance(value, date)


def _same_type(sort: Any, value: Any) -> bool:
    """Whether a value may be compared with the column it is said to come from."""
    try:
        wanted = sort.type.python_type
    except NotImplementedError:
        return True
    if wanted is object:  # an expression whose type nobody knows
        return True
    if issubclass(wanted, Enum):
        return value in {member.value for member in wanted}
    if issubclass(wanted, int | float | Decimal):
        return isinstance(value, int | float) and (wanted is not bool or value in {0, 1})
    return isinstance(value, wanted) and isinstance(value, datetime) == issubclass(wanted, datetime)


def _url(args: MultiDict[str, str], *, drop: tuple[str, ...] = (), **changes: str) -> str:
    """This page's address with some arguments changed; paging starts over unless it is what changes."""
    kept = {name: value for name, value in args.items() if name not in (*drop, *_PAGING, "export") and value}
    kept.update(changes)
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **kept})
