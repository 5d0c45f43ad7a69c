"""The sheets of a workbook, or the rows of a .csv file, as rows of text."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from portal.core.errors import RuleError
from portal.exams.importers.headers import find_header
from portal.imports.cells import cell_text

_MANY = 200_000


@dataclass(slots=True)
class Sheet:
    """One sheet: its name, whether it is hidden, and its cells as text from A1 on."""

    name: str
    hidden: bool
    rows: list[list[str]]


def read_workbook(path: Path) -> list[Sheet]:
    """Read all work sheets. Raises RuleError file-encrypted or file-damaged."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = []
        for about in book.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(about.name)
            rows = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False, nrows=_MANY)]
            _fill_merged(rows, getattr(sheet, "merged_cell_ranges", None) or [])
            sheets.append(Sheet(about.name.strip(), about.visible != SheetVisibleEnum.Visible, rows))
    except PasswordError as error:
        raise RuleError("file-encrypted") from error
    except (CalamineError, OSError, ValueError) as error:
        raise RuleError("file-damaged") from error
    return sheets


def _fill_merged(rows: list[list[str]], ranges: list[Any]) -> None:
    """Give a type that is merged over several rows to each of them."""
    header = find_header(rows)
    place = header.columns.get("type") if header else None
    for (top, left), (bottom, right) in ranges:
        if left == right == place:
            for row in rows[top + 1 : bottom + 1]:
                row[left] = row[left] or rows[top][left]


def read_csv(text: str) -> list[Sheet]:
    """Read comma- or tab-separated text as one sheet without a name of its own."""
    head = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    rows = [[cell_text(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    return [Sheet("表格", hidden=False, rows=rows)]


def answer_lines(sheets: list[Sheet]) -> list[str]:
    """Read an answer table as the lines of an answer block."""
    lines: list[str] = []
    for sheet in sheets:
        if sheet.hidden:
            continue
        lines.append(sheet.name)
        lines += [line for row in sheet.rows if (line := _answer_line(row))]
    return lines


def _answer_line(row: list[str]) -> str:
    filled = [cell for cell in row if cell]
    if len(filled) > 1 and filled[0].isdecimal():
        return f"{filled[0]}. {filled[1]}" + (f" 【解析】{filled[2]}" if len(filled) > 2 else "")  # noqa: PLR2004
    return "\t".join(filled)
