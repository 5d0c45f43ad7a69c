"""A page of a list as templates draw it: headings, chips, tabs, and the addresses of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request, url_for

from portal.web import viewing
from portal.web.arguments import is_plain, number
from portal.web.columns import BoundFilter, Column, cell_text
from portal.web.viewing import View

if TYPE_CHECKING:
    from portal.web.tables import Table

# Arguments that move within a list or ask for another shape of it; all others say what is seen.
PASSING = ("after", "before", "export", "open", "print", "up")


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


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view above the list. `changed` says that the list is no longer seen as it was saved."""

    view: View
    url: str
    current: bool
    changed: bool = False


@dataclass(slots=True)
class Listing:
    """One page of a list, ready for the template.

    `problems` are the labels of filters whose value makes no sense, `gone` the names of columns, filters and orders
    that a saved view or an address asks for and that no longer exist.
    """

    table: Table
    rows: Sequence[Any]
    columns: list[Column]
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
    print_url: str = ""
    all_url: str = ""
    problems: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    printing: bool = False

    @property
    def last(self) -> int:
        """Number of the last row on the page, counted from 1; 0 on an empty page."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def total_text(self) -> str:
        """The count in words that stay true past the cap."""
        return f"{self.total - 1:,}+" if self.capped else f"{self.total:,}"

    @property
    def filtered(self) -> bool:
        """Whether any filter is in force."""
        return bool(self.chips)

    @property
    def words(self) -> str:
        """The filters as a sentence, for the head of a printed list."""
        return "；".join(f"{chip.label}：{chip.value}" for chip in self.chips)

    @property
    def tab(self) -> Tab | None:
        """The saved view that is open."""
        return next((tab for tab in self.tabs if tab.current), None)

    @property
    def lead(self) -> Column:
        """The column by which a reader knows the row."""
        return next((column for column in self.columns if column.fixed), self.columns[0])

    @property
    def first_url(self) -> str:
        """The list as it is seen, in pages, from the first."""
        return address(self.kept)

    @property
    def query(self) -> str:
        """What is seen, as a query string: filters, order, columns, size of page."""
        return urlencode({name: value for name, value in self.kept.items() if name != viewing.VIEW})

    @property
    def choosable(self) -> list[tuple[Column, bool]]:
        """(column, whether it is shown) for all columns, those shown first and in their order."""
        others = [column for column in self.table.columns if column not in self.columns]
        return [(column, True) for column in self.columns] + [(column, False) for column in others]

    @property
    def open_id(self) -> int | None:
        """The row that the address wants open beside the list."""
        return number(request.args.get("open"))

    def open_url(self, row_id: int) -> str:
        """The address of this page with a row open beside the list."""
        here = request.args
        return address(self.kept, after=here.get("after", ""), before=here.get("before", ""), open=str(row_id))

    def export_as(self, kind: str) -> str:
        """The address of a file of another kind than a sheet, with what the list shows."""
        return address(self.kept, export=kind)

    @staticmethod
    def text(row: Any, column: Column) -> str:
        """A cell as plain words."""
        return cell_text(column.value(row))


def heading(column: Column, kept: Mapping[str, str], key: str, *, descending: bool) -> Heading:
    """The head of a column, sorted by `key`."""
    current = column.key == key
    direction = ("descending" if descending else "ascending") if current else ""
    turned = f"-{column.key}" if current and not descending else column.key
    url = address(kept, sort=turned) if column.sort is not None else ""
    return Heading(column.key, str(column.label), column.css, url, direction)


def tab_of(view: View, current: View | None, kept: Mapping[str, str]) -> Tab:
    """A saved view above a list that is seen with one of them, or none."""
    seen = {name: value for name, value in kept.items() if name != viewing.VIEW}
    is_current = current is not None and view.id == current.id
    url = address(view.arguments, view=str(view.id))
    return Tab(view, url, is_current, changed=is_current and seen != dict(view.arguments))


def says_what(name: str) -> bool:
    """Whether an argument says what is seen."""
    return name not in {"cols", *PASSING} and is_plain(name)


def address(kept: Mapping[str, str], *, drop: tuple[str, ...] = (), **changes: str) -> str:
    """This page's address with what is kept, less some arguments, and changes; its path stays as it is."""
    asked = {name: value for name, value in kept.items() if name not in drop and value and says_what(name)}
    if "cols" in kept and "cols" not in drop:
        asked["cols"] = kept["cols"]
    given = {name: value for name, value in changes.items() if value}
    return url_for(request.endpoint or "", **{**asked, **given, **(request.view_args or {})})
