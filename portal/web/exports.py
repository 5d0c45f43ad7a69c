"""Sheets that leave the portal: written row by row, and never a formula in a cell."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request, send_file
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.core import clock
from portal.extensions import side_write
from portal.web.tables import Column, Table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767
_WIDTH = 18
# More than this takes longer than anybody waits in front of a page that does not move.
DIRECT_ROWS = 5_000
_TELL_EVERY = 500
# Notes in the log that rows leave the portal.
Record = Callable[[Session], object]
_DESK, _OUTLET = "large-exports", "_export_outlet"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One sheet of a workbook; its rows are touched when its turn comes."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]


def write_sheet(target: Path | Any, title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one sheet to a path or a binary file, holding one row in memory; returns the number of rows below the head.

    Text is written as text whatever it begins with, so no spreadsheet program takes a cell for a formula or a link.
    """
    return write_book(target, [SheetPart(title, headings, rows)])


def write_book(target: Path | Any, parts: Sequence[SheetPart]) -> int:
    """Write several sheets the same way, one after the other; returns the number of rows of the first."""
    import xlsxwriter  # a start does without it

    book = xlsxwriter.Workbook(
        target,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    try:
        head = book.add_format({"bold": True, "bg_color": "#E7EFF9", "border": 1, "text_wrap": True, "valign": "top"})
        counts = [_write_part(book.add_worksheet(safe_sheet_name(part.title)), part, head) for part in parts]
    finally:
        book.close()
    return counts[0] if counts else 0


def _write_part(sheet: Any, part: SheetPart, head: Any) -> int:
    count = 0
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(part.headings) - 1, 0), _WIDTH)
    for position, heading in enumerate(part.headings):
        sheet.write_string(0, position, heading, head)
    for count, row in enumerate(part.rows, start=1):
        for position, value in enumerate(row):
            _write_cell(sheet, count, position, value)
    return count


def safe_sheet_name(title: str) -> str:
    """A title without what Excel forbids in a sheet's name, at most 31 characters."""
    return "".join("_" if character in "[]:*?/\\'" else character for character in title)[:31] or "Sheet1"


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(row, column, "是" if value else "否")
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime):
        sheet.write_string(row, column, clock.to_local(value).strftime("%Y-%m-%d %H:%M"))
    elif isinstance(value, date):
        sheet.write_string(row, column, value.isoformat())
    else:
        sheet.write_string(row, column, str(value)[:CELL_LIMIT])


def wants_export(kind: str = "xlsx") -> bool:
    """Whether the list's address asks for a file of that kind instead of a page."""
    return request.args.get("export") == kind


@dataclass(slots=True)
class Outlet:
    """Where a job takes a sheet: the path to write to, and whom to tell (rows done, rows in all) meanwhile.

    `name` and `count` say afterwards what was written; an empty name means that nothing was.
    """

    path: Path
    tell: Callable[[int, int], None]
    name: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that leaves: the end of its name, its type, and how many rows go out while somebody waits."""

    suffix: str
    mimetype: str
    most: int


# Writes to a path or a binary file, tells how far it is, and returns how many rows there were.
Writer = Callable[[Any, Callable[[int], None]], int]


def hand_over_with(app: Flask, start: Callable[[str], BaseResponse]) -> None:
    """Let `start(title)` make a job of an export that is too large for a request, and answer where it can be seen."""
    app.extensions[_DESK] = start


def write_into(outlet: Outlet) -> None:
    """Have the request at hand, which a job has made up, write its sheet there instead of sending it."""
    setattr(g, _OUTLET, outlet)


def left_to_job(total: int, most: int | None = None) -> bool:
    """Whether a file of so many rows is not for the request at hand but for a job."""
    return total > (DIRECT_ROWS if most is None else most) and not hasattr(g, _OUTLET)


def hand_over(title: str) -> BaseResponse:
    """Have a job make the sheet that the request at hand asks for, and show how far it is."""
    start: Callable[[str], BaseResponse] = current_app.extensions[_DESK]
    return start(title)


def send_table(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    *,
    total: int,
    record: Record | None = None,
) -> BaseResponse:
    """The rows of a list as an .xlsx download, or as a job where there are many; see `send_sheet`."""
    exported = [column for column in columns if column.export]
    cells = ([c.value(row) for c in exported] for row in rows)
    return send_sheet(title, [str(column.label) for column in exported], cells, total=total, record=record)


def send_listing(
    title: str, table: Table, session: Session, statement: Select[Any], *, record: Record | None = None
) -> BaseResponse:
    """All rows of a list as the address filters and sorts it, in the columns that it shows; see `send_sheet`."""
    rows, total = table.everything(session, statement), table.count(session, statement)
    return send_table(title, table.exported(), rows, total=total, record=record)


def send_sheet(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    total: int = 0,
    record: Record | None = None,
) -> BaseResponse:
    """Any rows as an .xlsx download, named after the title and the day.

    Above DIRECT_ROWS (`total` tells how many there will be) the rows are not touched: a job asks for them again.
    `record` notes in the log that they leave; it is called in the request or the job that really reads them.
    """
    return send_book(title, [SheetPart(title, headings, rows)], total=total, record=record)


def send_book(title: str, parts: Sequence[SheetPart], *, total: int = 0, record: Record | None = None) -> BaseResponse:
    """Several sheets as one .xlsx download; as `send_sheet`, with the progress of the first sheet."""

    def write(target: Any, tell: Callable[[int], None]) -> int:
        return write_book(target, [replace(parts[0], rows=_told(parts[0].rows, tell)), *parts[1:]])

    return send_written(title, FileKind(".xlsx", XLSX, DIRECT_ROWS), write, total=total, record=record)


def send_written(
    title: str, kind: FileKind, write: Writer, *, total: int, record: Record | None = None
) -> BaseResponse:
    """A file of any kind as a download, named after the title and the day; as `send_sheet`, a job where it is long."""
    outlet: Outlet | None = getattr(g, _OUTLET, None)
    if left_to_job(total, kind.most):
        return hand_over(title)
    if record is not None:
        with side_write() as session:
            record(session)
    name = f"{title}-{clock.today():%Y%m%d}{kind.suffix}"
    if outlet is not None:
        outlet.tell(0, total)
        outlet.count = write(outlet.path, lambda count: outlet.tell(count, max(total, count)))
        outlet.name = name
        return Response(status=204)
    file = tempfile.TemporaryFile()  # noqa: SIM115  Flask closes it when the last byte is sent
    write(file, lambda _count: None)
    file.seek(0)
    return attachment(file, name, kind.mimetype)


def _told(rows: Iterable[Sequence[Any]], tell: Callable[[int], None]) -> Iterator[Sequence[Any]]:
    for count, row in enumerate(rows, start=1):
        yield row
        if count % _TELL_EVERY == 0:
            tell(count)


def attachment(file: Any, name: str, mimetype: str) -> Response:
    """A download whose name survives every browser (RFC 6266), and that no browser takes for a page of this site."""
    response = send_file(file, mimetype=mimetype, as_attachment=True, download_name="download")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"download\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
