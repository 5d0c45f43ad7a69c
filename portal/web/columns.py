"""What a list is made of: columns and filters, and the usual ways to filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_

from portal.core import clock


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    `value` gives what is shown plainly and exported; `sort` is a never-null SQL expression, absent where sorting makes
    no sense. `css` is "num" for figures. `export` False keeps a column off the sheet; `shown` False off the screen
    until somebody chooses it. `fixed` is for the column that leads to the row: it cannot be left out.
    """

    key: str
    label: Any
    value: Callable[[Any], Any]
    sort: Any = None
    css: str = ""
    export: bool = True
    shown: bool = True
    fixed: bool = False


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

    def offered(self) -> list[tuple[str, str]]:
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


def narrowed(filter_: Filter, options: list[tuple[str, str]], statement: Select[Any], value: str) -> Select[Any]:
    """The statement under one filter. Raises ValueError for a value that it does not know."""
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


def cell_text(value: Any) -> str:
    """A value as a reader wants it: moments on the office's clock, a dash for nothing."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, datetime):
        return clock.to_local(value).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)


def in_year(column: Any) -> Callable[[Select[Any], str], Select[Any]]:
    """A choice filter: the day lies in the year."""

    def apply(statement: Select[Any], value: str) -> Select[Any]:
        year = int(value)
        return statement.where(column.between(date(year, 1, 1), date(year, 12, 31)))

    return apply


def years() -> list[tuple[str, str]]:
    """The next year, this one and the four before it, as choices."""
    this = clock.today().year
    return [(str(year), str(year)) for year in range(this + 1, this - 5, -1)]
