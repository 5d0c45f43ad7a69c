"""Kinds of meeting, their states, and when a decision is late."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from portal.core.errors import RuleError


class MeetingKind(StrEnum):
    """党组会, 常委会, 常务会议, 联席会议, 调度会, 研判会, 局务会."""

    PARTY_GROUP = "party_group"
    STANDING_COMMITTEE = "standing_committee"
    EXECUTIVE = "executive"
    JOINT = "joint"
    DISPATCH = "dispatch"
    ASSESSMENT = "assessment"
    OFFICE = "office"


class MeetingState(StrEnum):
    """拟开, 已开, 已归档 (its minutes are final), 取消."""

    PLANNED = "planned"
    HELD = "held"
    RECORDED = "recorded"
    CANCELLED = "cancelled"


class ItemKind(StrEnum):
    """第一议题, 学习, 听取汇报, 审议, 研究案件, 其他."""

    FIRST_TOPIC = "first_topic"
    STUDY = "study"
    REPORT = "report"
    DELIBERATE = "deliberate"
    CASE = "case"
    OTHER = "other"


class DecisionState(StrEnum):
    """待落实, 已落实, 不再执行."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class DueState(StrEnum):
    """How a decision stands against its day: 已逾期, 7 天内到期, 未到期, 无期限, 已结束."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    NO_DATE = "no_date"
    CLOSED = "closed"


SOON_DAYS = 7

_STEPS: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PLANNED: frozenset({MeetingState.HELD, MeetingState.CANCELLED}),
    MeetingState.HELD: frozenset({MeetingState.RECORDED}),
    MeetingState.RECORDED: frozenset({MeetingState.HELD}),
    MeetingState.CANCELLED: frozenset({MeetingState.PLANNED}),
}


def check_step(before: MeetingState, after: MeetingState, *, held_on: date, today: date) -> None:
    """Whether a meeting may go from one state to another.

    Recorded minutes are opened again, with an entry in the log, to be put right. Raises RuleError meeting-step, or
    meeting-not-yet for one that is said to be held before its day.
    """
    if after not in _STEPS[before]:
        raise RuleError("meeting-step")
    if after is MeetingState.HELD and held_on > today:
        raise RuleError("meeting-not-yet")


def check_open(state: MeetingState) -> None:
    """Raises RuleError meeting-closed for a meeting whose agenda and minutes may not be changed."""
    if state in {MeetingState.RECORDED, MeetingState.CANCELLED}:
        raise RuleError("meeting-closed")


def due_state(state: DecisionState, due_on: date | None, today: date) -> DueState:
    """How a decision stands; the day itself is still in time."""
    if state is not DecisionState.OPEN:
        return DueState.CLOSED
    if due_on is None:
        return DueState.NO_DATE
    if due_on < today:
        return DueState.OVERDUE
    return DueState.SOON if (due_on - today).days <= SOON_DAYS else DueState.LATER


def check_close(state: DecisionState, note: str) -> None:
    """Whether a decision may be closed. Raises RuleError decision-closed or note-missing."""
    if state is not DecisionState.OPEN:
        raise RuleError("decision-closed")
    if not note:
        raise RuleError("note-missing")
