"""The rows of a sheet of results, however it is laid out. Runs in the guarded process; knows no database.

Others' exports have a title above the heading, a sheet a unit, the unit's name only in the first row of its block, the
heading again on each page, and sums below. All of that is read; what is no person is told apart by `judging`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from portal.core.errors import RuleError
from portal.imports import workbook

COLUMNS = {
    "number": (
        "工号", "人员编号", "职工号", "员工号", "职工编号", "人员工号", "账号", "用户名", "staff number", "number",
    ),
    "name": ("姓名", "考生姓名", "人员姓名", "参考人员", "考生", "用户姓名", "真实姓名", "name"),
    "unit": (
        "单位", "部门", "所在单位", "工作单位", "单位名称", "所属单位", "所属部门", "所在部门", "部门名称", "考生单位",
        "unit",
    ),
    "score": ("成绩", "分数", "得分", "考试成绩", "考试得分", "考试分数", "最高分", "最高成绩", "score", "mark"),
    "total": ("总分", "总成绩", "最终成绩", "最终得分", "总得分", "综合成绩"),
    "sat_on": ("考试日期", "日期", "考试时间", "交卷时间", "参考时间", "完成时间", "提交时间", "date"),
    "certificate": (
        "证书编号", "证书号", "证书号码", "合格证号", "合格证编号", "合格证书编号", "合格证书号", "certificate",
    ),
}  # fmt: skip
_KNOWN_BY = ("number", "name")
_SCORED_BY = ("score", "total")
_FIGURE = re.compile(r"\d+(\.\d+)?")


def parse(path: str, _filename: str, _second: None, _second_name: None, **_more: Any) -> dict[str, Any]:
    """{"rows": rows, "unread": names of sheets without a known heading}.

    A row is {"sheet", "line", "number", "name", "unit", "score", "sat_on", "certificate"}, all texts, "" for none.
    Raises RuleError results-no-heading or what workbook.read says.
    """
    rows: list[dict[str, Any]] = []
    unread, known = [], False
    for sheet in workbook.read(Path(path)):
        table = _headed(sheet)
        if table is not None:
            known = True
            rows += _rows(sheet.name, table)
        elif any(any(row) for row in sheet.rows):
            unread.append(sheet.name)
    if not known:
        raise RuleError("results-no-heading")
    return {"rows": rows, "unread": unread}


def _headed(sheet: workbook.Sheet) -> workbook.Headed | None:
    for known_by in _KNOWN_BY:
        for scored_by in _SCORED_BY:
            if found := workbook.headed(sheet, COLUMNS, (known_by, scored_by)):
                return found
    return None


def _rows(name: str, table: workbook.Headed) -> list[dict[str, Any]]:
    columns = dict(table.columns)
    score = _score_column(table)
    found, unit = [], ""
    for line, cells in table.rows:
        row = {field: _cell(cells, columns.get(field)) for field in COLUMNS}
        row["score"] = _cell(cells, score)
        unit = row["unit"] or unit  # merged cells: the name stands in the first row only
        row["unit"] = unit if "unit" in columns else name
        del row["total"]
        found.append({"sheet": name, "line": line, **row})
    return found


def _score_column(table: workbook.Headed) -> int:
    """Where the score stands. With 得分 beside 总分 the latter is either the sum of parts or the same full marks for
    everybody."""
    score, total = (table.columns.get(field) for field in _SCORED_BY)
    if score is None or total is None:
        return score if score is not None else total or 0
    # Rows with two figures alone: the heading may stand there again, and sums below.
    rows = [(_cell(cells, score), _cell(cells, total)) for _line, cells in table.rows]
    values = {sum_ for part, sum_ in rows if _FIGURE.fullmatch(part) and _FIGURE.fullmatch(sum_)}
    return total if len(values) > 1 else score


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place].strip() if place is not None and place < len(cells) else ""
