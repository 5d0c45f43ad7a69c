"""The two tables of the workbook, found by their headings. Runs in the guarded process; knows no database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portal.core.errors import RuleError
from portal.imports import workbook

GUIDE_SHEET = "单位对照"
"""The sheet of the template that only helps to fill in the others."""

PEOPLE = {
    "number": ("工号", "人员编号", "编号", "职工号", "员工号", "账号", "登录名", "staff number", "number"),
    "name": ("姓名", "人员姓名", "名字", "name"),
    "unit_code": ("单位编码", "单位代码", "单位编号", "部门编码", "部门代码", "unit code"),
    "unit": ("单位", "部门", "所属单位", "所在单位", "工作单位", "单位名称", "所属部门", "部门名称", "unit"),
    "position": ("职务", "职位", "岗位", "position", "post"),
    "leader": ("领导干部", "是否领导干部", "是否领导", "leading cadre", "leader"),
    "state": ("状态", "人员状态", "state", "status"),
}
UNITS = {
    "code": ("单位编码", "单位代码", "单位编号", "编码", "unit code", "code"),
    "name": ("单位名称", "名称", "单位", "unit name", "name"),
    "kind": ("类别", "单位类别", "类型", "单位类型", "kind"),
    "parent": ("上级单位编码", "上级编码", "上级单位代码", "parent code"),
}


def parse(path: str, _filename: str, _second: None, _second_name: None, **_more: Any) -> dict[str, Any]:
    """{"units": rows, "people": rows, "unread": names of sheets without a known heading}.

    A row is {"sheet", "line", and a text for each column that the sheet has}. Raises RuleError people-no-heading or
    what workbook.read says.
    """
    found: dict[str, list[Any]] = {"units": [], "people": [], "unread": []}
    known = False
    for sheet in workbook.read(Path(path)):
        if sheet.name == GUIDE_SHEET:
            continue
        people = workbook.headed(sheet, PEOPLE, ("number", "name"))
        units = None if people else workbook.headed(sheet, UNITS, ("code", "name", "kind"))
        if table := people or units:
            known = True
            found["people" if people else "units"] += [_row(sheet.name, table, *row) for row in table.rows]
        elif any(any(row) for row in sheet.rows):
            found["unread"].append(sheet.name)
    if not known:
        raise RuleError("people-no-heading")
    return found


def _row(sheet: str, table: workbook.Headed, line: int, cells: list[str]) -> dict[str, Any]:
    return {"sheet": sheet, "line": line, **{field: cells[place] for field, place in table.columns.items()}}
