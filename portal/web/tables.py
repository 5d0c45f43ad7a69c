"""The one way to list: filters in the address, chips, search, sort, chosen columns, saved views, keyset paging.

A feature declares a `Table` of columns and filters once; `Table.read()` turns request arguments into a `Listing` with
the rows of one page. The cost is three statements whatever the number of rows: the saved views of the list, the page
itself, found by the last row's sort key and never by OFFSET, and a count that stops at COUNT_CAP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal.web import viewing
from portal.web.arguments import is_plain, number
from portal.web.columns import BoundFilter, Choices, Column, Filter, cell_text, contains, equals, narrowed
from portal.web.paging import capped_count, decode, encode, first_number, page_of
from portal.web.viewing import View

__all__ = ["COUNT_CAP", "Choices", "Column", "Filter", "Listing", "Table", "contains", "equals"]

COUNT_CAP = 10_001
PAGE_SIZES = (20, 50, 100)
# As many rows as a printed list holds at most: about thirty sheets.
PRINT_CAP = 1000
# Arguments that move within a list or ask for another shape of it; all others say what is seen.
_PASSING = ("after", "before", "export", "open", "print", "up")


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
    rows: list[Row[Any]]
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

    def as_shown(self) -> list[Any]:
        """All that a page shows of it: what it was made with is told by what came of it."""
        return [getattr(self, each.name) for each in fields(self) if each.name not in {"table", "columns"}]

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

    @staticmethod
    def text(row: Any, column: Column) -> str:
        """A cell as plain words."""
        return cell_text(column.value(row))


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of list. `sort` is the key of the default order, with "-" before it for descending.

    `views` False is for lists that nobody comes back to (the rows of one upload, a monitor that reloads itself): they
    have neither saved views nor a choice of columns.
    """

    name: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    identity: Any
    sort: str
    page_size: int = PAGE_SIZES[0]
    views: bool = True

    @property
    def arguments(self) -> frozenset[str]:
        """The names of what an address can ask of the list."""
        return frozenset({"sort", "cols", "size", viewing.VIEW, *_PASSING, *(each.name for each in self.filters)})

    def read(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> Listing:
        """One page of `statement` as the address asks. A broken cursor or an unknown sort means the first page."""
        views = viewing.views_here() if self.views else []
        given = viewing.settle(request.args if args is None else args, views)
        columns, gone = self.chosen(given)
        kept = self._kept(given, columns)
        bound, seen, problems = self._filtered(statement, given)
        total = capped_count(session, seen, COUNT_CAP)
        key, descending = self._order(given.get("sort", ""))
        printing = given.get("print") == "all"
        found = self._rows(session, seen, {} if printing else given, key, descending, printing=printing)
        view = viewing.current(given, views)
        return Listing(
            table=self,
            rows=found.rows,
            columns=columns,
            headings=[self._heading(each, kept, key, descending=descending) for each in columns],
            filters=bound,
            chips=[Chip(on.label, on.shown_value, address(kept, drop=(on.name,))) for on in bound if on.value],
            total=total,
            capped=total >= COUNT_CAP,
            first=max(found.first, 1) if found.rows else 0,
            sort=f"{'-' if descending else ''}{key}",
            clear_url=address(kept, drop=tuple(each.name for each in self.filters)),
            export_url=address(kept, export="xlsx"),
            previous_url=address(kept, before=found.before) if found.before else "",
            next_url=address(kept, after=found.after) if found.after else "",
            print_url=address(kept, print="all"),
            all_url=address({}, view=viewing.ALL),
            problems=problems,
            gone=gone + (self._lost(view) if view else []),
            tabs=[self._tab(each, view, kept) for each in views],
            kept=kept,
            printing=printing,
        )

    def everything(
        self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None
    ) -> Iterator[Row[Any]]:
        """All rows of what is seen, in its order, a thousand at a time, for exports and bulk work."""
        given = request.args if args is None else args
        _bound, seen, _problems = self._filtered(statement, given)
        key, descending = self._order(given.get("sort", ""))
        sort = self._column(key).sort
        assert sort is not None  # noqa: S101  _order only returns sortable keys
        order = (sort.desc(), self.identity.desc()) if descending else (sort.asc(), self.identity.asc())
        yield from session.execute(seen.order_by(None).order_by(*order).execution_options(yield_per=1000))

    def chosen(self, args: MultiDict[str, str] | None = None) -> tuple[list[Column], list[str]]:
        """The columns that the address asks for in its order, and the names among them that no column has.

        "cols" may stand several times or name several; "up" moves one of them a place forward, for readers whose
        browser runs no script.
        """
        given = request.args if args is None else args
        asked = [key for part in given.getlist("cols") for key in part.split(",") if key]
        if not asked or not self.views:
            return [column for column in self.columns if column.shown], []
        known = {column.key: column for column in self.columns}
        wanted = list(dict.fromkeys(key for key in asked if key in known))
        wanted = [key for key, column in known.items() if column.fixed and key not in wanted] + wanted
        moved = given.get("up", "")
        if moved in wanted[1:]:
            place = wanted.index(moved)
            wanted[place - 1], wanted[place] = wanted[place], wanted[place - 1]
        return [known[key] for key in wanted], sorted(set(asked) - set(known))

    def exported(self, args: MultiDict[str, str] | None = None) -> list[Column]:
        """The columns of the sheet: all of them, unless the address chooses."""
        given = request.args if args is None else args
        return self.chosen(given)[0] if self.views and given.getlist("cols") else list(self.columns)

    def narrow(self, statement: Select[Any], args: MultiDict[str, str]) -> Select[Any]:
        """The statement under an address's filters. Raises ValueError with the label of one that makes no sense."""
        _bound, seen, problems = self._filtered(statement, args)
        if problems:
            raise ValueError(problems[0])
        return seen

    def _kept(self, given: MultiDict[str, str], columns: Sequence[Column]) -> dict[str, str]:
        """The arguments that say what is seen; the choice of columns in its one spelling, or not at all."""
        kept = {name: value for name, value in given.items() if value and _says_what(name)}
        keys = [column.key for column in columns]
        if keys != [column.key for column in self.columns if column.shown]:
            kept["cols"] = ",".join(keys)
        return kept

    def _lost(self, view: View) -> list[str]:
        """What a saved view asks for and this list no longer has, filters and order; columns are seen elsewhere."""
        known = {"sort", "cols", "size", *(each.name for each in self.filters)}
        lost = [name for name in view.arguments if name not in known]
        asked = view.arguments.get("sort", "")
        return lost + ([asked.lstrip("-")] if asked and self._order(asked)[0] != asked.lstrip("-") else [])

    def _tab(self, view: View, current: View | None, kept: Mapping[str, str]) -> Tab:
        seen = {name: value for name, value in kept.items() if name != viewing.VIEW}
        is_current = current is not None and view.id == current.id
        url = address(view.arguments, view=str(view.id))
        return Tab(view, url, is_current, changed=is_current and seen != dict(view.arguments))

    def _rows(
        self,
        session: Session,
        statement: Select[Any],
        given: Mapping[str, str],
        key: str,
        descending: bool,
        *,
        printing: bool,
    ) -> _Found:
        column, backward = self._column(key), "before" in given
        size = PRINT_CAP if printing else self._size(given)
        cursor = decode(given.get("before") or given.get("after") or "", column.sort)
        rows = page_of(session, statement, column.sort, self.identity, descending, cursor, backward=backward, size=size)
        more = len(rows) > size
        rows = rows[:size]
        first = first_number(cursor, len(rows), backward=backward)
        if backward:
            rows.reverse()
        return _Found(
            rows,
            first,
            before=encode(rows[0], first) if rows and first > 1 else "",
            after=encode(rows[-1], first + len(rows)) if rows and (more or backward) and not printing else "",
        )

    def count(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> int:
        """How many rows `everything` gives."""
        _, narrowed, _ = self._filtered(statement, request.args if args is None else args)
        counted = select(func.count()).select_from(narrowed.order_by(None).subquery())
        return session.execute(counted).scalar_one()

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
                    statement = narrowed(each, options, statement, value)
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
        return int(asked) if asked in {str(size) for size in PAGE_SIZES} else self.page_size

    def _heading(self, column: Column, kept: Mapping[str, str], key: str, *, descending: bool) -> Heading:
        current = column.key == key
        direction = ("descending" if descending else "ascending") if current else ""
        turned = f"-{column.key}" if current and not descending else column.key
        url = address(kept, sort=turned) if column.sort is not None else ""
        return Heading(column.key, str(column.label), column.css, url, direction)


def _says_what(name: str) -> bool:
    """Whether an argument says what is seen."""
    return name not in {"cols", *_PASSING} and is_plain(name)


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of a page, the number of the first, and the cursors of the pages around it ("" for none)."""

    rows: list[Row[Any]]
    first: int
    before: str
    after: str


def address(kept: Mapping[str, str], *, drop: tuple[str, ...] = (), **changes: str) -> str:
    """This page's address with what is kept, less some arguments, and changes; its path stays as it is."""
    asked = {name: value for name, value in kept.items() if name not in drop and value and _says_what(name)}
    if "cols" in kept and "cols" not in drop:
        asked["cols"] = kept["cols"]
    given = {name: value for name, value in changes.items() if value}
    return url_for(request.endpoint or "", **{**asked, **given, **(request.view_args or {})})
