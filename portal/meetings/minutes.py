"""会议纪要 as a Word document. Its texts are those of the record, so they stay Chinese in every language.

Layout: GB/T 9704-2012 (see web/docx); what minutes say of a meeting and its decisions: 党政机关公文处理工作条例
(2012) 第八条（十五）.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from portal.meetings.models import AgendaItem, Meeting
from portal.meetings.rules import ItemKind, MeetingKind
from portal.web.docx import Document

KIND_WORDS = {
    MeetingKind.PARTY_GROUP: "党组会",
    MeetingKind.STANDING_COMMITTEE: "常委会",
    MeetingKind.EXECUTIVE: "常务会议",
    MeetingKind.JOINT: "联席会议",
    MeetingKind.DISPATCH: "调度会",
    MeetingKind.ASSESSMENT: "研判会",
    MeetingKind.OFFICE: "局务会",
}
_NUMERALS = "零一二三四五六七八九十"
_TABLE_WIDTHS = (0.6, 4, 2, 1.2, 1.6)


def long_date(day: date) -> str:
    """A day as documents write it: 2026年5月18日."""
    return f"{day.year}年{day.month}月{day.day}日"


def numeral(number: int) -> str:
    """1 to 99 as a heading counts: 一, 十二, 二十."""
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _NUMERALS[tens]) + "十" if tens else ""
    return head + (_NUMERALS[ones] if ones else "")


def clock_words(begins: str, ends: str) -> str:
    """09:00 and 11:30 as "　09:00—11:30"; nothing where no time is noted."""
    return f"　{begins}—{ends}" if begins and ends else f"　{begins}" if begins else ""


def facts(document: Document, pairs: Iterable[tuple[str, str]]) -> None:
    """时间、地点、主持 …: a line each, without those that nobody filled in."""
    for name, value in pairs:
        if value:
            document.paragraph(f"{name}：{value}", indent=0, hanging=len(name) + 1)


def sections(document: Document, parts: Iterable[tuple[str, Sequence[str]]]) -> None:
    """一、二、… with their paragraphs, without those that have none."""
    number = 0
    for title, paragraphs in parts:
        if paragraphs:
            number += 1
            document.heading(f"{numeral(number)}、{title}")
            for text in paragraphs:
                document.paragraph(text)


def write(meeting: Meeting, unit_name: str, items: Sequence[AgendaItem], decisions: Sequence[Any]) -> bytes:
    """The minutes: who met when, each matter with its conclusion, what was decided, who signed.

    `decisions` are rows of queries.decisions.
    """
    document = Document(meeting.title)
    document.title(f"{meeting.title}纪要" if not meeting.title.endswith("纪要") else meeting.title)
    document.paragraph(meeting.number or KIND_WORDS[meeting.kind], indent=0, align="center")
    facts(
        document,
        (
            ("单位", unit_name),
            ("时间", long_date(meeting.held_on) + clock_words(meeting.begins, meeting.ends)),
            ("地点", meeting.place),
            ("主持", meeting.chair),
            ("出席", meeting.present),
            ("列席", meeting.observers),
            ("请假", meeting.absent),
            ("记录", meeting.keeper),
        ),
    )
    _agenda(document, items)
    _decisions(document, decisions, "二" if items else "一")
    if meeting.signed_by and meeting.signed_on:
        document.paragraph("")
        document.paragraph(f"签发：{meeting.signed_by}", align="right")
        document.paragraph(long_date(meeting.signed_on), align="right")
    return document.save()


def _agenda(document: Document, items: Sequence[AgendaItem]) -> None:
    if not items:
        return
    document.heading("一、会议议题")
    for number, item in enumerate(items, start=1):
        first = "【第一议题】" if item.kind is ItemKind.FIRST_TOPIC else ""
        document.heading(f"（{numeral(number)}）{first}{item.title}", level=2)
        if item.presenter:
            document.paragraph(f"汇报人：{item.presenter}")
        for line in item.conclusion.splitlines():
            if line.strip():
                document.paragraph(line.strip())


def _decisions(document: Document, decisions: Sequence[Any], ordinal: str) -> None:
    if not decisions:
        return
    document.heading(f"{ordinal}、议定事项")
    head = ("序号", "议定事项", "责任单位", "责任人", "完成期限")
    rows = [
        (str(each.no), each.text, each.unit_name, each.owner_name or "", each.due_on.isoformat() if each.due_on else "")
        for each in decisions
    ]
    document.table([head, *rows], widths=_TABLE_WIDTHS)
