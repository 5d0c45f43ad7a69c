"""学习纪要 of a session as a Word document; its texts are those of the record, so they stay Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from portal.meetings.minutes import clock_words, facts, sections
from portal.study.models import StudySession, StudySpeech
from portal.study.rules.attendance import Attendance, Tally
from portal.study.rules.dates import long_date
from portal.web.docx import Document

# In the order of the document; what is empty is left out.
STATUS_WORDS = {
    Attendance.PRESENT: "出席",
    Attendance.OBSERVER: "列席",
    Attendance.LEAVE: "请假",
    Attendance.ABSENT: "缺席",
    Attendance.EXEMPT: "免于参加",
    Attendance.UNKNOWN: "未登记",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the minutes of a session say: rows as the queries give them."""

    row: StudySession
    kind_name: str
    unit_name: str
    topics: Sequence[str]
    speeches: Sequence[StudySpeech]
    people: Sequence[Any]
    headcounts: Sequence[Any]
    tally: Tally
    agenda: str = ""


def write(told: Told) -> bytes:
    """The minutes: when, what was studied, what was said, who was there by unit."""
    row = told.row
    document = Document(row.title)
    document.title(row.title)
    document.paragraph("（学习纪要）", indent=0, align="center")
    lecturer = row.lecturer + (f"（{row.lecturer_post}）" if row.lecturer and row.lecturer_post else "")
    facts(
        document,
        (
            ("形式", told.kind_name),
            ("单位", told.unit_name if row.own else row.organiser),
            ("时间", long_date(row.day, row.precision) + clock_words(row.begins, row.ends)),
            ("地点", row.place),
            ("主持", row.chair),
            ("授课", lecturer),
            ("会议", told.agenda),
        ),
    )
    topics = list(told.topics) if len(told.topics) < 2 else [f"{n}．{text}" for n, text in enumerate(told.topics, 1)]  # noqa: PLR2004
    summary = [line.strip() for line in row.summary.splitlines() if line.strip()]
    sections(
        document,
        (
            ("学习内容", topics),
            ("学习情况", summary),
            ("交流发言", [_speech(each) for each in told.speeches]),
            ("到会情况", _attendance(told)),
        ),
    )
    return document.save()


def _speech(speech: StudySpeech) -> str:
    topic = f"《{speech.topic.strip('《》')}》" if speech.topic else ""
    length = f"（{speech.minutes}分钟）" if speech.minutes is not None else ""
    said = "　" + " ".join(speech.summary.split()) if speech.summary else ""
    return f"{speech.name}{topic}{length}{said}"


def _attendance(told: Told) -> list[str]:
    """应到 and 实到, then the names of each answer by unit, in the order of the list."""
    if not told.people and not told.headcounts:
        return []
    tally = told.tally
    lines = [f"应到{tally.listed - tally.exempt}人，实到{tally.attended}人。"] if told.people else []
    for status, word in STATUS_WORDS.items():
        people = [each for each in told.people if each.status is status]
        if people:
            units = groupby(people, key=lambda each: each.unit_name)
            named = "；".join(f"{unit}　{'、'.join(each.name for each in rows)}" for unit, rows in units)
            lines.append(f"{word}（{len(people)}人）：{named}。")
    if told.headcounts:
        counted = "；".join(f"{each.name}{each.people}人" for each in told.headcounts)
        lines.append(f"另有无账号人员：{counted}。")
    return lines
