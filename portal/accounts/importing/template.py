"""The workbook to fill in, with a list of one's units and their codes beside it."""

from __future__ import annotations

import io
from typing import Any

from portal.accounts.importing.known import Known
from portal.accounts.importing.reading import GUIDE_SHEET

PEOPLE_HEAD = ("工号", "姓名", "单位编码", "单位", "职务", "领导干部")
UNITS_HEAD = ("单位编码", "单位名称", "类别", "上级单位编码")
KIND_NAMES = ("区", "局", "科室", "街道", "社区", "站点", "部门")
_WIDTH, _ROWS = 20, 5000


def template(known: Known) -> io.BytesIO:
    """Headings are Chinese in every language, like the data; every cell is text, so that 001 stays 001."""
    import xlsxwriter  # a start does without it

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bg_color": "#E7EFF9", "border": 1})
    as_text = book.add_format({"num_format": "@"})
    units = [(unit.code, "/".join(unit.path)) for unit in known.units.values() if unit.open]
    sheets: list[tuple[str, tuple[str, ...], list[tuple[str, str]]]] = [
        ("人员", PEOPLE_HEAD, []),
        ("单位", UNITS_HEAD, []),
        (GUIDE_SHEET, ("编码", "单位全称"), units),
    ]
    for name, heads, rows in sheets:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(heads) - 1, _WIDTH, as_text)
        for place, text in enumerate(heads):
            sheet.write_string(0, place, text, head)
        for line, cells in enumerate(rows, 1):
            for place, text in enumerate(cells):
                sheet.write_string(line, place, text)
        if name != GUIDE_SHEET:
            _offer(sheet, heads)
    book.close()
    file.seek(0)
    return file


def _offer(sheet: Any, heads: tuple[str, ...]) -> None:
    """Lists to choose from where only a few words are understood."""
    choices = {"领导干部": ["是", "否"], "类别": list(KIND_NAMES)}
    for place, head in enumerate(heads):
        if head in choices:
            rule = {"validate": "list", "source": choices[head]}
            sheet.data_validation(1, place, _ROWS, place, rule)
