"""The 通报 of a round as text and as files: a Chinese official document whatever the language of the page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.core import clock
from portal.exams.models import ExamRound
from portal.exams.queries.results import UnitFigures, rate_text, score_text
from portal.exams.rules.bulletin import UnitRates, standing, title_of
from portal.web.docx import Document
from portal.web.exports import write_sheet

HEADINGS = ("单位", "应考", "实考", "缓考", "免考", "参考率", "及格率", "优秀率")
_WIDTHS = (3.2, 1, 1, 1, 1, 1.4, 1.4, 1.4)
_DEMANDS = (
    "请有未参考、不及格人员的单位查明原因，督促有关人员按时参加补考；缓考人员在缓考事由消除后及时补考。"
    "各单位要把学法用法作为日常工作，结合本单位业务加强学习，提高依法办事的能力。"
)
_NAMED = 12
"""More units than these are counted and left to the table."""


def texts(
    round_: ExamRound, units: Sequence[UnitFigures], total: UnitFigures, *, bureau: str, passed_again: int, today: date
) -> dict[str, Any]:
    """The fields of BulletinForm as the figures fill them."""
    first, last = clock.to_local(round_.opens_at), clock.to_local(round_.closes_at)
    days = _day(first.date()) if first.date() == last.date() else f"{_day(first.date())}至{_day(last.date())}"
    if not round_.kind.online:
        days = _day(first.date())
    return {
        "title": title_of(round_.title),
        "to": "各有关单位：",
        "opening": f"{days}，{bureau}组织开展了{round_.title}。现将有关情况通报如下：",
        "overall": _overall(total, passed_again),
        "units": _units(units, total),
        "demands": _DEMANDS,
        "signer": bureau,
        "day": today,
    }


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _overall(total: UnitFigures, passed_again: int) -> str:
    text = (
        f"应考 {total.should} 人，实考 {total.taken} 人，参考率 {rate_text(total.participation_rate)}；"
        f"缓考 {total.deferred} 人，免考 {total.exempt} 人。"
        f"实考人员中，及格 {total.passed} 人，及格率 {rate_text(total.pass_rate)}；"
        f"优秀 {total.excellent} 人，优秀率 {rate_text(total.excellent_rate)}；平均 {score_text(total.mean)} 分。"
    )
    return f"{text}补考及格 {passed_again} 人。" if passed_again else text


def _units(units: Sequence[UnitFigures], total: UnitFigures) -> str:
    found = standing(
        [UnitRates(each.name, each.participation_rate, each.pass_rate) for each in units], total.participation_rate
    )
    parts = [f"参加考试的单位共 {len(units)} 个，各单位情况见附件。"]
    if found.all_present:
        parts.append(f"全员参考的单位有{_named(found.all_present)}。")
    if found.all_passed:
        parts.append(f"全员参考且全部及格的单位有{_named(found.all_passed)}。")
    if found.behind:
        parts.append(f"参考率低于总体水平的单位有{_named(found.behind)}。")
    return "".join(parts)


def _named(names: Sequence[str]) -> str:
    listed = "、".join(names[:_NAMED])
    return f" {len(names)} 个：{listed}" + ("等" if len(names) > _NAMED else "")


def rows(units: Sequence[UnitFigures], total: UnitFigures) -> list[list[str]]:
    """The lines of the table, the sum last; rates are rounded half up to two decimals."""
    return [
        [
            each.name, str(each.should), str(each.taken), str(each.deferred), str(each.exempt),
            rate_text(each.participation_rate), rate_text(each.pass_rate), rate_text(each.excellent_rate),
        ]
        for each in [*units, total]
    ]  # fmt: skip


def document(values: dict[str, Any], table: list[list[str]]) -> bytes:
    """The .docx: title, text, signature, and the table as its attachment on a page of its own."""
    made = Document(values["title"])
    made.title(values["title"])
    made.paragraph("", indent=0)
    if values["to"]:
        made.paragraph(values["to"], indent=0)
    _paragraphs(made, values["opening"])
    number = iter("一二三")
    for field, heading in (("overall", "总体情况"), ("units", "各单位情况"), ("demands", "有关要求")):
        if values[field]:
            made.heading(f"{next(number)}、{heading}")
            _paragraphs(made, values[field])
    made.paragraph("附件：各单位考试情况统计表", keep=True)
    made.paragraph("", indent=0, keep=True)
    if values["signer"]:
        made.paragraph(values["signer"], indent=0, align="right", keep=True)
    made.paragraph(_day(values["day"]), indent=0, align="right")
    made.page_break()
    made.paragraph("附件", indent=0)
    made.title("各单位考试情况统计表")
    made.table([list(HEADINGS), *table], widths=_WIDTHS, height=24)
    return made.save()


def _paragraphs(made: Document, text: str) -> None:
    for line in text.splitlines():
        if line.strip():
            made.paragraph(line.strip())


def sheet(title: str, units: Sequence[UnitFigures], total: UnitFigures) -> io.BytesIO:
    """The .xlsx: the table alone, the counts as numbers."""
    file = io.BytesIO()
    lines = rows(units, total)
    counted = [[line[0], *(int(cell) for cell in line[1:5]), *line[5:]] for line in lines]
    write_sheet(file, title, HEADINGS, counted)
    file.seek(0)
    return file
