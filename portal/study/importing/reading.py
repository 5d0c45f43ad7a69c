"""The three tables of the workbook, found by their headings. Runs in the guarded process; knows no database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portal.core.errors import RuleError
from portal.imports import workbook

GUIDE_SHEET = "填写说明"
"""The sheet of the template that only helps to fill in the others."""

SESSIONS = {
    "ref": ("编号", "序号", "ref"),
    "day": ("日期", "学习日期", "时间", "学习时间", "举办时间", "活动时间", "date"),
    "kind": ("形式", "学习形式", "类型", "学习类型", "类别", "kind"),
    "title": ("名称", "学习名称", "活动名称", "主题", "学习主题", "标题", "title"),
    "unit": ("单位", "所属单位", "承办单位", "unit"),
    "organiser": ("组织单位", "主办单位", "organiser"),
    "begins": ("开始时间", "开始", "begins"),
    "ends": ("结束时间", "结束", "ends"),
    "minutes": ("时长", "计入时长", "学习时长", "minutes"),
    "place": ("地点", "学习地点", "place"),
    "chair": ("主持人", "主持", "chair"),
    "lecturer": ("授课人", "主讲人", "讲课人", "lecturer"),
    "lecturer_post": ("授课人职务", "主讲人职务"),
    "expected": ("应到", "应到人数"),
    "attended": ("实到", "实到人数", "参加人数", "参加人次"),
    "present": ("参加人员", "参加人", "出席人员", "出席", "到会人员", "参会人员", "people"),
    "observer": ("列席人员", "列席"),
    "leave": ("请假人员", "请假"),
    "absent": ("缺席人员", "缺席"),
    "extra": ("无账号人数", "其他人数"),
    "topics": ("学习内容", "内容", "学习文件", "topics"),
    "speakers": ("发言人", "交流发言", "发言人员", "发言", "speakers"),
    "summary": ("学习纪要", "纪要", "学习情况", "summary"),
    "publicity": ("同时计为普法活动", "普法活动"),
}
PEOPLE = {
    "ref": SESSIONS["ref"],
    "number": ("工号", "number"),
    "name": ("姓名", "name"),
    "status": ("到会", "到会情况", "出席情况", "status"),
    "parts": ("担任",),
    "note": ("备注",),
    "override": ("单独计算", "单独计算学时"),
    "override_reason": ("单独计算原因",),
    "make_up": ("补学",),
    "make_up_due": ("补学期限",),
    "make_up_on": ("补学日期",),
    "make_up_note": ("补学说明",),
}
SPEECHES = {
    "ref": SESSIONS["ref"],
    "name": ("发言人", "姓名", "name"),
    "number": ("工号", "number"),
    "topic": ("发言题目", "题目", "topic"),
    "minutes": ("分钟", "时长", "minutes"),
    "summary": ("发言要点", "要点", "summary"),
}
# Tried in this order: a sheet is what the first of these finds in it.
TABLES = (
    ("sessions", SESSIONS, ("day", "kind", "title")),
    ("people", PEOPLE, ("ref", "name", "status")),
    ("speeches", SPEECHES, ("ref", "name", "topic")),
)


def parse(path: str, _filename: str, _second: None, _second_name: None, **_more: Any) -> dict[str, Any]:
    """{"sessions", "people", "speeches": rows, "unread": names of sheets without a known heading}.

    A row is {"sheet", "line", and a text for each column that the sheet has}. Raises RuleError study-no-heading or
    what workbook.read says.
    """
    found: dict[str, list[Any]] = {"sessions": [], "people": [], "speeches": [], "unread": []}
    for sheet in workbook.read(Path(path)):
        if sheet.name == GUIDE_SHEET:
            continue
        name, table = _recognised(sheet)
        if table is not None:
            found[name] += [_row(sheet.name, table, *row) for row in table.rows]
        elif any(any(row) for row in sheet.rows):
            found["unread"].append(sheet.name)
    if not found["sessions"]:
        raise RuleError("study-no-heading")
    return found


def _recognised(sheet: workbook.Sheet) -> tuple[str, workbook.Headed | None]:
    for name, columns, needed in TABLES:
        if (table := workbook.headed(sheet, columns, needed)) is not None:
            return name, table
    return "", None


def _row(sheet: str, table: workbook.Headed, line: int, cells: list[str]) -> dict[str, Any]:
    return {"sheet": sheet, "line": line, **{field: cells[place] for field, place in table.columns.items()}}
