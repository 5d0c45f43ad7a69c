"""The ledger as a workbook: sessions, their lists and speeches, in the columns that come in again; and the empty one.

Headings are Chinese in every language, like the data.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.core.viewer import Viewer
from portal.study.importing.listed import MAKE_UP_WORDS, PART_WORDS
from portal.study.importing.reading import GUIDE_SHEET
from portal.study.minutes import STATUS_WORDS
from portal.study.models import StudySession
from portal.study.queries import ledger, sessions
from portal.study.rules.attendance import Part
from portal.study.rules.dates import written_date
from portal.web.exports import Record, SheetPart, send_book

SESSION_HEAD = (
    "编号", "日期", "形式", "名称", "单位", "组织单位", "开始时间", "结束时间", "时长（分钟）", "地点", "主持人",
    "授课人", "授课人职务", "应到", "实到", "无账号人数", "学习内容", "学习纪要", "同时计为普法活动",
)  # fmt: skip
PEOPLE_HEAD = (
    "编号", "工号", "姓名", "单位", "到会", "担任", "备注", "单独计算（分钟）", "单独计算原因", "补学", "补学期限",
    "补学日期", "补学说明",
)  # fmt: skip
SPEECH_HEAD = ("编号", "发言人", "工号", "发言题目", "分钟", "发言要点")
TEMPLATE_HEAD = (
    "日期", "形式", "名称", "单位", "主持人", "地点", "开始时间", "结束时间", "时长（分钟）", "授课人", "组织单位",
    "应到", "实到", "参加人员", "列席人员", "请假人员", "缺席人员", "无账号人数", "学习内容", "发言人", "学习纪要",
)  # fmt: skip
_GUIDE = (
    ("日期", "2022-05-18；只知道大概时写 2022年5月上旬、中旬、下旬、上中旬、中下旬，或 2022年5月"),
    ("形式", "从下拉列表中选"),
    ("单位", "单位名称或编码；不填为您上次登记的单位"),
    ("组织单位", "别的单位组织的学习才填"),
    ("参加人员等", "姓名或工号，用顿号隔开；重名时写工号，或写成 姓名（工号）"),
    ("无账号人数", "系统里没有账号的人员只填人数"),
    ("学习内容", "多项时用分号隔开，或在单元格内换行"),
    ("发言人", "用顿号隔开，题目写在括号里：张三（学习体会）、李四"),
)
_WIDTH, _ROWS = 16, 500


def parts(
    rows: Iterable[Any], topics: Mapping[int, Sequence[str]], headcounts: Mapping[int, int],
    people: Iterable[Any], speeches: Iterable[Any],
) -> list[SheetPart]:  # fmt: skip
    """The three sheets. Rows are those of queries.ledger; a session's id is its 编号."""
    return [
        SheetPart("学习记录", SESSION_HEAD, _sessions(rows, topics, headcounts)),
        SheetPart("到会", PEOPLE_HEAD, map(_person, people)),
        SheetPart("发言", SPEECH_HEAD, map(_speech, speeches)),
    ]


def _sessions(
    rows: Iterable[Any], topics: Mapping[int, Sequence[str]], headcounts: Mapping[int, int]
) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            row.id, written_date(row.day, row.precision), row.kind_name, row.title, row.unit_code,
            "" if row.own else row.organiser, row.begins, row.ends, row.minutes, row.place, row.chair, row.lecturer,
            row.lecturer_post, row.expected, row.attended, headcounts.get(row.id), "\n".join(topics.get(row.id, ())),
            row.summary, row.publicity,
        ]  # fmt: skip


def _person(row: Any) -> list[Any]:
    done = "、".join(PART_WORDS[Part(each)] for each in row.parts)
    return [
        row.session_id, row.number, row.name, row.unit_name, STATUS_WORDS[row.status], done, row.note,
        row.override_minutes, row.override_reason, MAKE_UP_WORDS[row.make_up], row.make_up_due, row.make_up_on,
        row.make_up_note,
    ]  # fmt: skip


def _speech(row: Any) -> list[Any]:
    return [row.session_id, row.name, row.number or "", row.topic, row.minutes, row.summary]


def send(title: str, session: Session, viewer: Viewer, *, record: Record) -> BaseResponse:
    """What the list of sessions shows, with everything in it, of those that the viewer keeps."""
    table, statement = sessions.TABLE, ledger.kept(viewer)
    try:
        chosen = table.narrow(statement, request.args).with_only_columns(StudySession.id)
    except ValueError:
        chosen = statement.with_only_columns(StudySession.id)
    book = parts(
        table.everything(session, statement),
        ledger.topics(session, chosen),
        ledger.headcounts(session, chosen),
        session.execute(ledger.people(chosen)),
        session.execute(ledger.speeches(chosen)),
    )
    return send_book(title, book, total=table.count(session, statement), record=record)


def template(kind_names: Sequence[str]) -> io.BytesIO:
    """The sheet to fill in, with the forms to choose from and a sheet that says what a cell may hold."""
    import xlsxwriter  # a start does without it

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bg_color": "#E7EFF9", "border": 1, "text_wrap": True})
    as_text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("学习记录")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(TEMPLATE_HEAD) - 1, _WIDTH, as_text)
    for place, text in enumerate(TEMPLATE_HEAD):
        sheet.write_string(0, place, text, head)
    guide = book.add_worksheet(GUIDE_SHEET)
    guide.set_column(0, 0, _WIDTH, as_text)
    guide.set_column(1, 1, 5 * _WIDTH, as_text)
    for line, (name, text) in enumerate(_GUIDE):
        guide.write_string(line, 0, name, head)
        guide.write_string(line, 1, text)
    for line, name in enumerate(kind_names):
        guide.write_string(line, 3, name)
    if kind_names:
        place = TEMPLATE_HEAD.index("形式")
        source = f"={GUIDE_SHEET}!$D$1:$D${len(kind_names)}"
        sheet.data_validation(1, place, _ROWS, place, {"validate": "list", "source": source})
    book.close()
    file.seek(0)
    return file
