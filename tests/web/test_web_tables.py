"""Lists: keyset paging visits every row once, and whatever the address says gives a page."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from sqlalchemy import Boolean, Date, Integer, MetaData, Select, String, create_engine, insert, select
from sqlalchemy import Column as DbColumn
from sqlalchemy import Table as DbTable
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from werkzeug.datastructures import MultiDict

from portal.core.db import UtcDateTime
from portal.web import tables
from portal.web.exports import safe_sheet_name, send_sheet, write_sheet
from portal.web.tables import Column, Filter, Listing, Table, contains, equals

META = MetaData()
THINGS = DbTable(
    "things",
    META,
    DbColumn("id", Integer, primary_key=True),
    DbColumn("name", String, nullable=False),
    DbColumn("size", Integer, nullable=False),
    DbColumn("day", Date, nullable=False),
    DbColumn("at", UtcDateTime, nullable=False),
    DbColumn("odd", Boolean, nullable=False),
)
KEYS = ["name", "size", "day", "at", "odd"]


def whole(value: str) -> int:
    """A number that a column can hold, or ValueError."""
    number = int(value)
    if abs(number) >= 2**31:
        raise ValueError(value)
    return number


TABLE = Table(
    name="things",
    columns=(
        *(Column(key, key, lambda row, key=key: getattr(row, key), sort=THINGS.c[key]) for key in KEYS),
        Column("plain", "plain", lambda row: "x"),
    ),
    filters=(
        Filter("q", "q", contains(THINGS.c.name), kind="text"),
        Filter("size", "size", equals(THINGS.c.size, whole), choices=[("0", "none"), ("1", "one")]),
        Filter("odd", "odd", lambda statement, value: statement.where(THINGS.c.size == whole(value)), kind="text"),
    ),
    identity=THINGS.c.id,
    sort="-at",
    page_size=20,
)
ALL: Select[Any] = select(THINGS)


@pytest.fixture(scope="module")
def things() -> Iterator[Session]:
    """An empty table of things in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    META.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def fill(session: Session, sizes: list[int]) -> None:
    """One row for each size; few different values, so that there are many ties."""
    session.execute(THINGS.delete())
    if sizes:
        session.execute(
            insert(THINGS),
            [
                {
                    "id": number * 7 % 1009,
                    "name": "甲乙丙丁%_"[size % 6],
                    "size": size,
                    "day": date(2026, 1, 1 + size),
                    "at": datetime(2026, 1, 1 + size, 8, tzinfo=UTC),
                    "odd": bool(size % 2),
                }
                for number, size in enumerate(sizes, start=1)
            ],
        )
    session.flush()


def read(app: Flask, session: Session, args: dict[str, str]) -> Listing:
    """A page of the list as an address asks for it."""
    with app.test_request_context("/audit/", query_string=args):
        return TABLE.read(session, ALL)


def arguments(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def walk(app: Flask, session: Session, args: dict[str, str], way: str) -> list[Listing]:
    """All pages from one on, by the links of each."""
    pages = [read(app, session, args)]
    while url := getattr(pages[-1], way):
        pages.append(read(app, session, arguments(url)))
        assert len(pages) < 50, "paging never ends"
    return pages


def expected(session: Session, key: str, *, descending: bool) -> list[int]:
    rows = session.execute(ALL).all()
    return [row.id for row in sorted(rows, key=lambda row: (getattr(row, key), row.id), reverse=descending)]


@settings(max_examples=25, deadline=None)
@example(sizes=[0] * 45, key="at", descending=False)
@example(sizes=[0, 1] * 25, key="day", descending=True)
@given(sizes=st.lists(st.integers(0, 5), max_size=75), key=st.sampled_from(KEYS), descending=st.booleans())
def test_both_ways_visit_each_row_once_in_order(
    shared_app: Flask, things: Session, sizes: list[int], key: str, *, descending: bool
) -> None:
    fill(things, sizes)
    wanted = expected(things, key, descending=descending)
    args = {"sort": f"{'-' if descending else ''}{key}"}
    forth = walk(shared_app, things, args, "next_url")
    assert [row.id for page in forth for row in page.rows] == wanted
    assert len(forth) == max(1, math.ceil(len(sizes) / 20))
    assert [(page.first, page.last) for page in forth if page.rows] == [
        (first + 1, min(first + 20, len(sizes))) for first in range(0, len(sizes), 20)
    ]
    assert all(page.total == len(sizes) for page in forth)
    back = walk(shared_app, things, arguments(forth[-1].next_url or forth[-1].previous_url), "previous_url")
    if len(forth) > 1:
        rows_back = [row.id for page in reversed(back) for row in page.rows]
        assert rows_back == wanted[: len(rows_back)]
        assert len(rows_back) == 20 * (len(forth) - 1)
        assert back[-1].first == 1


def test_a_row_that_comes_in_meanwhile_repeats_and_skips_nothing(shared_app: Flask, things: Session) -> None:
    fill(things, [3] * 45)
    wanted = expected(things, "size", descending=False)
    first = read(shared_app, things, {"sort": "size"})
    things.execute(insert(THINGS), [{"id": 2000, "name": "新", "size": 0, "day": date(2026, 1, 1),
                                     "at": datetime(2026, 1, 1, tzinfo=UTC), "odd": False}])  # fmt: skip
    second = read(shared_app, things, arguments(first.next_url))
    assert [row.id for row in (*first.rows, *second.rows)] == wanted[:40]


def cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


GARBAGE = [
    "x", "====", "%00", "中文", "a" * 4000, cursor(1), cursor([]), cursor({}), cursor(None), cursor([1, 2, 3]),
    cursor(["t", "not a time", 1, 1]), cursor(["d", 5, 1, 1]), cursor(["", None, 1, 1]), cursor(["", "x", None, 1]),
    cursor(["", "x", 1, "one"]), cursor(["", "x", [1], 1]), cursor(["", {"a": 1}, 1, 1]),
    cursor(["t", "2026-01-01", 1, 1]),
    cursor(["", "x", 10**30, 1]), cursor(["", 10**30, 1, 1]), cursor(["", "x", 1, 10**30]), cursor(["", "x", 1, -5]),
    cursor(["", math.inf, 1, 1]), cursor(["", math.nan, 1, 1]), cursor(["", "x", 1, math.inf]),
    cursor(["", True, True, 1]),
    cursor(["", "\ud800", 1, 1]),
]  # fmt: skip


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("sort", ["-at", "name", "size", "day", "odd"])
@pytest.mark.parametrize("text", GARBAGE)
def test_a_cursor_that_makes_no_sense_breaks_nothing(
    shared_app: Flask, things: Session, text: str, sort: str, way: str
) -> None:
    fill(things, [1] * 30)
    page = read(shared_app, things, {way: text, "sort": sort})
    assert page.total == 30
    assert page.first >= 0


@pytest.mark.parametrize("text", GARBAGE[:16])
def test_a_broken_cursor_gives_the_first_page(shared_app: Flask, things: Session, text: str) -> None:
    fill(things, [1] * 30)
    assert [row.id for row in read(shared_app, things, {"after": text}).rows] == [
        row.id for row in read(shared_app, things, {}).rows
    ]


@settings(max_examples=60, deadline=None)
@example(text="²", sort="-at")  # a digit that is no number
@given(text=st.text(max_size=60), sort=st.sampled_from(["-at", "size"]))
def test_no_text_breaks_a_list(shared_app: Flask, things: Session, text: str, sort: str) -> None:
    fill(things, [1, 2, 3])
    safe = text.encode("utf-8", "replace").decode()
    given_args = MultiDict({"after": safe, "sort": sort, "size": safe, "q": safe, "odd": safe})
    with shared_app.test_request_context("/audit/"):
        TABLE.read(things, ALL, given_args)


def test_a_search_takes_its_marks_literally(shared_app: Flask, things: Session) -> None:
    fill(things, [0, 1, 2, 3, 4, 5])
    assert [row.name for row in read(shared_app, things, {"q": "%"}).rows] == ["%"]
    assert [row.name for row in read(shared_app, things, {"q": "_"}).rows] == ["_"]


def test_filters_in_force_have_chips_that_lift_them(shared_app: Flask, things: Session) -> None:
    fill(things, [0, 0, 1])
    page = read(shared_app, things, {"size": "1", "q": "乙", "sort": "name"})
    assert [(chip.label, chip.value) for chip in page.chips] == [("q", "乙"), ("size", "one")]
    assert arguments(page.chips[1].remove_url) == {"q": "乙", "sort": "name"}
    assert arguments(page.clear_url) == {"sort": "name"}
    assert page.total == 1


def test_a_filter_value_that_makes_no_sense_is_left_out_and_said(shared_app: Flask, things: Session) -> None:
    fill(things, [0, 0, 1])
    page = read(shared_app, things, {"size": "7", "odd": "not a number"})
    assert (page.total, page.problems, page.chips) == (3, ["size", "odd"], [])


def test_sorting_by_what_cannot_be_sorted_falls_back(shared_app: Flask, things: Session) -> None:
    fill(things, [0, 1])
    for sort in ("plain", "-plain", "--at", "id; DROP TABLE things", "-"):
        assert read(shared_app, things, {"sort": sort}).sort == "-at"


def test_counting_stops_at_the_cap(shared_app: Flask, things: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "COUNT_CAP", 11)
    fill(things, [1] * 10)
    assert read(shared_app, things, {}).total_text == "10"
    fill(things, [1] * 30)
    page = read(shared_app, things, {})
    assert (page.capped, page.total_text) == (True, "10+")
    assert page.next_url


def test_everything_keeps_filter_and_order_and_ignores_the_page(shared_app: Flask, things: Session) -> None:
    fill(things, [0, 1] * 40)
    with shared_app.test_request_context(
        "/audit/", query_string={"size": "1", "sort": "-name", "after": cursor(["", "x", 1, 1])}
    ):
        rows = list(TABLE.everything(things, ALL))
    assert {row.size for row in rows} == {1}
    assert len(rows) == 40


# --- sheets ----------------------------------------------------------------------------------------------------------

DANGEROUS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1", "\t=1", "\r=1", "{=1}", "=HYPERLINK(\"x\")", "http://example.com",
    "mailto:a@example.com", "internal:Sheet1!A1", "007", "1e5",
]  # fmt: skip


def cells(data: bytes) -> Iterator[Any]:
    book = load_workbook(io.BytesIO(data))
    for row in book.active.iter_rows():  # type: ignore[union-attr]
        yield from row


def test_a_sheet_holds_no_formula_and_no_link() -> None:
    buffer = io.BytesIO()
    written = write_sheet(buffer, "=1+1", ["=A1", "b"], [(text, None) for text in DANGEROUS])
    assert written == len(DANGEROUS)
    found = list(cells(buffer.getvalue()))
    assert {cell.data_type for cell in found if cell.value is not None} == {"s"}
    assert all(cell.hyperlink is None for cell in found)
    assert [unescape(cell.value) for cell in found if cell.column == 1 and cell.row > 1] == DANGEROUS


def test_values_of_each_kind_in_a_sheet() -> None:
    buffer = io.BytesIO()
    moment = datetime(2026, 1, 1, 16, 30, tzinfo=UTC)
    write_sheet(buffer, "x", ["h"], [(3, 2.5, True, None, moment, date(2026, 1, 2), "长" * 40_000)])
    values = [cell.value for cell in cells(buffer.getvalue()) if cell.row == 2]
    assert values[:6] == [3, 2.5, "是", None, "2026-01-02 00:30", "2026-01-02"]
    assert len(values[6]) == 32_767


@pytest.mark.parametrize("title", ["a/b:c*d?e[f]g\\h", "长" * 50, "", "'quoted'"])
def test_any_title_is_a_sheet_name(title: str) -> None:
    name = safe_sheet_name(title)
    assert 1 <= len(name) <= 31
    assert not set(name) & set("[]:*?/\\'")


def test_a_download_keeps_its_chinese_name(app: Flask) -> None:
    with app.test_request_context():
        answer = send_sheet("考试\r\n成绩", ["甲"], [["乙"]])
    head = answer.headers["Content-Disposition"]
    assert head.startswith("attachment;")
    assert "%E8%80%83%E8%AF%95" in head
    assert "\r" not in head
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer.close()


# --- columns, printing, what an address may hold ----------------------------------------------------------------------


@given(
    asked=st.lists(st.sampled_from([*KEYS, "plain", "nonsense", ""]), max_size=9),
    moved=st.sampled_from([*KEYS, "nonsense", ""]),
)
def test_chosen_columns_are_columns_once_each(asked: list[str], moved: str) -> None:
    args = MultiDict([*(("cols", key) for key in asked), ("up", moved)])
    columns, gone = TABLE.chosen(args)
    keys = [column.key for column in columns]
    assert len(keys) == len(set(keys))
    known = {column.key for column in TABLE.columns}
    assert set(gone) == set(asked) - known - {""}
    assert set(keys) == (set(asked) & known or (known if not any(asked) else set()))
    wanted = list(dict.fromkeys(key for key in asked if key in known))
    if moved in wanted[1:]:
        assert keys.index(moved) == wanted.index(moved) - 1


def test_a_column_that_leads_to_the_row_stays() -> None:
    table = replace(TABLE, columns=(*TABLE.columns, Column("link", "link", lambda row: row.id, fixed=True)))
    assert [column.key for column in table.chosen(MultiDict({"cols": "size"}))[0]] == ["link", "size"]


def test_the_choice_stands_in_every_link_and_in_the_sheet(app: Flask, things: Session) -> None:
    fill(things, list(range(6)) * 10)
    listing = read(app, things, {"cols": "size,name", "sort": "-size", "q": "甲"})
    assert [heading.key for heading in listing.headings] == ["size", "name"]
    for url in (
        listing.export_url,
        listing.clear_url,
        listing.print_url,
        listing.headings[0].sort_url,
    ):
        assert arguments(url)["cols"] == "size,name", url
    assert [column.key for column in TABLE.exported(MultiDict({"cols": "size,name"}))] == ["size", "name"]
    assert [column.key for column in TABLE.exported(MultiDict())] == [*KEYS, "plain"]
    assert "cols" not in arguments(read(app, things, {"cols": ",".join([*KEYS, "plain"])}).export_url)


def test_everything_is_printed_up_to_the_cap(app: Flask, things: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(things, [1] * 60)
    listing = read(app, things, {"print": "all", "sort": "name"})
    assert (len(listing.rows), listing.printing, listing.next_url, listing.previous_url) == (60, True, "", "")
    monkeypatch.setattr(tables, "PRINT_CAP", 25)
    listing = read(app, things, {"print": "all", "sort": "name"})
    assert (len(listing.rows), listing.first, listing.last, listing.total) == (25, 1, 25, 60)


@pytest.mark.parametrize("name", ["endpoint", "_scheme", "_external", "_anchor", "_method", "values", "self"])
def test_no_argument_orders_the_links_about(app: Flask, things: Session, name: str) -> None:
    fill(things, [1] * 25)
    listing = read(app, things, {name: "ftp", "size": "20"})
    assert urlsplit(listing.next_url).path == "/audit/"
    assert urlsplit(listing.next_url).netloc == ""


@pytest.mark.parametrize(
    ("text", "row"), [("3", 3), ("", None), ("x", None), ("-1", None), ("9" * 12, None), ("²", None)]
)
def test_an_address_opens_no_nonsense(app: Flask, things: Session, text: str, row: int | None) -> None:
    with app.test_request_context("/audit/", query_string={"open": text}):
        assert TABLE.read(things, ALL).open_id == row
