"""A workbook as rows of text, for importers whose sheets have a heading row; runs in the guarded process."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from portal.core.errors import RuleError
from portal.files.guard import check_archive
from portal.imports.cells import cell_text

HEADING_WITHIN = 10
"""A heading stands among the first rows: above it people put a title."""
MOST_ROWS = 20_000
_ENCRYPTED = bytes.fromhex("D0CF11E0A1B11AE1")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, and its cells as text from A1 on."""

    name: str
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Headed:
    """A sheet whose heading row was found: field -> column, and the rows below with their number in the sheet."""

    columns: dict[str, int]
    rows: list[tuple[int, list[str]]]


def check_xlsx(path: Path, _filename: str) -> None:
    """Look at an upload at once. Raises RuleError sheet-locked, sheet-not-xlsx or what check_archive says."""
    with path.open("rb") as file:
        head = file.read(len(_ENCRYPTED))
    if head == _ENCRYPTED:
        raise RuleError("sheet-locked")
    if not head.startswith(b"PK"):
        raise RuleError("sheet-not-xlsx")
    check_archive(path)
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise RuleError("sheet-not-xlsx")


def read(path: Path) -> list[Sheet]:
    """All work sheets, hidden ones too. Raises RuleError sheet-locked, sheet-damaged or sheet-long."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = []
        for about in book.sheets_metadata:
            if about.typ == SheetTypeEnum.WorkSheet:
                found = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
                sheets.append(Sheet(about.name.strip(), [[cell_text(value) for value in row] for row in found]))
    except PasswordError as error:
        raise RuleError("sheet-locked") from error
    except (CalamineError, OSError, ValueError) as error:
        raise RuleError("sheet-damaged") from error
    if any(len(sheet.rows) > MOST_ROWS for sheet in sheets):
        raise RuleError("sheet-long", most=MOST_ROWS)
    return sheets


def headed(sheet: Sheet, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Headed | None:
    """The sheet under its heading row: the first that names all `needed` fields; None where there is none.

    `names` gives what each field may be called. A heading that stands twice counts where it stands first.
    """
    called = {_plain(name): field for field, options in names.items() for name in options}
    for number, row in enumerate(sheet.rows[:HEADING_WITHIN]):
        columns: dict[str, int] = {}
        for place, text in enumerate(row):
            if (field := called.get(_plain(text))) is not None:
                columns.setdefault(field, place)
        if all(field in columns for field in needed):
            below = enumerate(sheet.rows[number + 1 :], start=number + 2)
            return Headed(columns, [(line, cells) for line, cells in below if any(cells)])
    return None


def _plain(text: str) -> str:
    """A heading without what people add to it: blanks, a star for "must", a remark in brackets."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\(.*?\)|[\s*:_]", "", folded)
