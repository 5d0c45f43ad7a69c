"""Sheets that leave the portal: written row by row, and never a formula in a cell."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import xlsxwriter
from flask import Response, request, send_file

from portal.core import clock
from portal.web.tables import Column

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767
_WIDTH = 18


def write_sheet(target: Path | Any, title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one sheet to a path or a binary file, holding one row in memory; returns the number of rows below the head.

    Text is written as text whatever it begins with, so no spreadsheet program takes a cell for a formula or a link.
    """
    book = xlsxwriter.Workbook(
        target,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    count = 0
    try:
        sheet = book.add_worksheet(safe_sheet_name(title))
        head = book.add_format({"bold": True, "bg_color": "#E7EFF9", "border": 1, "text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(headings) - 1, 0), _WIDTH)
        for position, heading in enumerate(headings):
            sheet.write_string(0, position, heading, head)
        for count, row in enumerate(rows, start=1):
            for position, value in enumerate(row):
                _write_cell(sheet, count, position, value)
    finally:
        book.close()
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


def wants_export() -> bool:
    """Whether the list's address asks for a sheet instead of a page."""
    return request.args.get("export") == "xlsx"


def send_table(title: str, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """The rows of a list as an .xlsx download."""
    exported = [column for column in columns if column.export]
    return send_sheet(
        title, [str(column.label) for column in exported], ([c.value(row) for c in exported] for row in rows)
    )


def send_sheet(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Any rows as an .xlsx download, named after the title and the day."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  Flask closes it when the last byte is sent
    write_sheet(file, title, headings, rows)
    file.seek(0)
    return attachment(file, f"{title}-{clock.today():%Y%m%d}.xlsx", XLSX)


def attachment(file: Any, name: str, mimetype: str) -> Response:
    """A download whose name survives every browser (RFC 6266)."""
    response = send_file(file, mimetype=mimetype, as_attachment=True, download_name="download")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"download\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return response
