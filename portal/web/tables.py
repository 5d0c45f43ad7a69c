"""The one way to list: filters in the address, chips, search, sort, chosen columns, saved views, keyset paging.

A feature declares a `Table` of columns and filters once; `Table.read()` turns request arguments into a `Listing` with
the rows of one page. The cost is three statements whatever the number of rows: the saved views of the list, the page
itself, found by the last row's sort key and never by OFFSET, and a count that stops at COUNT_CAP.

`Table.look()` stops after these statements: a page that is kept needs its addresses and words only when it is drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal.web import viewing
from portal.web.columns import BoundFilter, Choices, Column, Filter, contains, equals, narrowed
from portal.web.listings import PASSING, Chip, Listing, address, heading, says_what, tab_of
from portal.web.paging import capped_count, decode, encode, first_number, page_of
from portal.web.viewing import View

__all__ = ["COUNT_CAP", "Choices", "Column", "Filter", "Listing", "Table", "contains", "equals"]

COUNT_CAP = 10_001
PAGE_SIZES = (20, 50, 100)
# As many rows as a printed list holds at most: about thirty sheets.
PRINT_CAP = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """One page of a list as it was read: all that differs between two looks at one address.

    `given` is what the address asks for, its default view included, `chosen` each filter with its value and, where they
    had to be asked for, its choices; `total` stops at COUNT_CAP.
    """

    table: Table
    given: MultiDict[str, str]
    views: Sequence[View]
    chosen: list[_Chosen]
    problems: list[str]
    total: int
    found: _Found

    @property
    def rows(self) -> Sequence[Any]:
        """The rows of the page."""
        return self.found.rows

    def as_shown(self) -> list[Any]:
        """All that a page shows of it, besides what its address says."""
        found, given = self.found, tuple(self.given.items(multi=True))
        asked = [each.options for each in self.chosen if callable(each.filter.choices)]
        return [
            self.table.number,
            given,
            self.views,
            asked,
            self.total,
            found.first,
            found.before,
            found.after,
            found.rows,
        ]

    def dressed(self) -> Listing:
        """The same with the words and addresses that a template draws."""
        table, given, found = self.table, self.given, self.found
        columns, gone = table.chosen(given)
        kept = table.kept(given, columns)
        key, descending = table.order(given.get("sort", ""))
        view = viewing.current(given, self.views)
        bound = [each.bound() for each in self.chosen]
        return Listing(
            table=table,
            rows=found.rows,
            columns=columns,
            headings=[heading(each, kept, key, descending=descending) for each in columns],
            filters=bound,
            chips=[Chip(on.label, on.shown_value, address(kept, drop=(on.name,))) for on in bound if on.value],
            total=self.total,
            capped=self.total >= COUNT_CAP,
            first=max(found.first, 1) if found.rows else 0,
            sort=f"{'-' if descending else ''}{key}",
            clear_url=address(kept, drop=tuple(each.name for each in table.filters)),
            export_url=address(kept, export="xlsx"),
            previous_url=address(kept, before=found.before) if found.before else "",
            next_url=address(kept, after=found.after) if found.after else "",
            print_url=address(kept, print="all"),
            all_url=address({}, view=viewing.ALL),
            problems=self.problems,
            gone=gone + (table.lost(view) if view else []),
            tabs=[tab_of(each, view, kept) for each in self.views],
            kept=kept,
            printing=found.printing,
        )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A filter, its value, and its choices: None for fixed ones that nobody has needed yet."""

    filter: Filter
    value: str
    options: list[tuple[str, str]] | None

    def bound(self) -> BoundFilter:
        """The same in the words of the reader."""
        on = self.filter
        options = on.offered() if self.options is None else self.options
        return BoundFilter(on.name, str(on.label), on.kind, self.value, options, str(on.placeholder))


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of a page, the number of the first, and the cursors of the pages around it ("" for none)."""

    rows: Sequence[Any]
    first: int
    before: str
    after: str
    printing: bool


_numbers = itertools.count(1)


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
    number: int = field(init=False, default_factory=_numbers.__next__)

    @property
    def arguments(self) -> frozenset[str]:
        """The names of what an address can ask of the list."""
        return frozenset({"sort", "cols", "size", viewing.VIEW, *PASSING, *(each.name for each in self.filters)})

    def read(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> Listing:
        """One page of `statement` as the address asks. A broken cursor or an unknown sort means the first page."""
        return self.look(session, statement, args).dressed()

    def look(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> Seen:
        """The same, before words and addresses are made of it."""
        views = viewing.views_here() if self.views else []
        given = viewing.settle(request.args if args is None else args, views)
        asked = given.to_dict()  # looked into many times below
        chosen, seen, problems = self._filtered(statement, asked)
        total = capped_count(session, seen, COUNT_CAP)
        return Seen(self, given, views, chosen, problems, total, self._rows(session, seen, asked))

    def everything(
        self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None
    ) -> Iterator[Row[Any]]:
        """All rows of what is seen, in its order, a thousand at a time, for exports and bulk work."""
        given = request.args if args is None else args
        _chosen, seen, _problems = self._filtered(statement, given)
        key, descending = self.order(given.get("sort", ""))
        sort = self._column(key).sort
        assert sort is not None  # noqa: S101  order() only returns sortable keys
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
        _chosen, seen, problems = self._filtered(statement, args)
        if problems:
            raise ValueError(problems[0])
        return seen

    def kept(self, given: MultiDict[str, str], columns: Sequence[Column]) -> dict[str, str]:
        """The arguments that say what is seen; the choice of columns in its one spelling, or not at all."""
        kept = {name: value for name, value in given.items() if value and says_what(name)}
        keys = [column.key for column in columns]
        if keys != [column.key for column in self.columns if column.shown]:
            kept["cols"] = ",".join(keys)
        return kept

    def lost(self, view: View) -> list[str]:
        """What a saved view asks for and this list no longer has, filters and order; columns are seen elsewhere."""
        known = {"sort", "cols", "size", *(each.name for each in self.filters)}
        lost = [name for name in view.arguments if name not in known]
        asked = view.arguments.get("sort", "")
        return lost + ([asked.lstrip("-")] if asked and self.order(asked)[0] != asked.lstrip("-") else [])

    def _rows(self, session: Session, statement: Select[Any], args: Mapping[str, str]) -> _Found:
        printing = args.get("print") == "all"
        given: Mapping[str, str] = {} if printing else args
        key, descending = self.order(args.get("sort", ""))
        column, backward = self._column(key), "before" in given
        size = PRINT_CAP if printing else self._size(given)
        cursor = decode(given.get("before") or given.get("after") or "", column.sort)
        rows = page_of(session, statement, column.sort, self.identity, descending, cursor, backward=backward, size=size)
        more = len(rows) > size
        rows = rows[:size]
        first = first_number(cursor, len(rows), backward=backward)
        if backward:
            rows = rows[::-1]
        return _Found(
            rows,
            first,
            before=encode(rows[0], first) if rows and first > 1 else "",
            after=encode(rows[-1], first + len(rows)) if rows and (more or backward) and not printing else "",
            printing=printing,
        )

    def count(self, session: Session, statement: Select[Any], args: MultiDict[str, str] | None = None) -> int:
        """How many rows `everything` gives."""
        _, narrowed, _ = self._filtered(statement, request.args if args is None else args)
        counted = select(func.count()).select_from(narrowed.order_by(None).subquery())
        return session.execute(counted).scalar_one()

    def _filtered(
        self, statement: Select[Any], args: Mapping[str, str]
    ) -> tuple[list[_Chosen], Select[Any], list[str]]:
        chosen: list[_Chosen] = []
        problems: list[str] = []
        for each in self.filters:
            value = (args.get(each.name) or "").strip()
            options = each.offered() if each.kind == "choice" and (value or callable(each.choices)) else None
            if value:
                try:
                    statement = narrowed(each, options or [], statement, value)
                except ValueError:
                    problems.append(str(each.label))
                    value = ""
            chosen.append(_Chosen(each, value, options))
        return chosen, statement, problems

    def _column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    def order(self, asked: str) -> tuple[str, bool]:
        """(key of the column, whether descending) for what an address asks; by default the table's own."""
        sortable = {column.key for column in self.columns if column.sort is not None}
        chosen = asked if asked.lstrip("-") in sortable else self.sort
        return chosen.lstrip("-"), chosen.startswith("-")

    def _size(self, args: Mapping[str, str]) -> int:
        asked = args.get("size", "")
        return int(asked) if asked in {str(size) for size in PAGE_SIZES} else self.page_size
