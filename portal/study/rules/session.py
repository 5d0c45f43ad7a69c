"""A study session: its states, its date with a precision, how long it stays open, and what it counts."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum

from portal.core.errors import RuleError

MOST_MINUTES = 24 * 60
# Whoever records on the last day of a month has a week all the same.
LEAST_OPEN = timedelta(days=7)


class SessionState(StrEnum):
    """计划, 已办, 已归档 (locked; corrections are entries), 取消."""

    PLANNED = "planned"
    HELD = "held"
    RECORDED = "recorded"
    CANCELLED = "cancelled"


class Precision(StrEnum):
    """How exactly a date is known: 当日, 上旬, 中旬, 下旬, 上中旬, 中下旬, 当月.

    The source report itself says 5月中下旬; whoever enters it from there must not make up a day.
    """

    DAY = "day"
    EARLY = "early"
    MIDDLE = "middle"
    LATE = "late"
    EARLY_MIDDLE = "early_middle"
    MIDDLE_LATE = "middle_late"
    MONTH = "month"


# First and last day of each part of a month; 0 is the month's last.
_PARTS = {
    Precision.EARLY: (1, 10),
    Precision.MIDDLE: (11, 20),
    Precision.LATE: (21, 0),
    Precision.EARLY_MIDDLE: (1, 20),
    Precision.MIDDLE_LATE: (11, 0),
    Precision.MONTH: (1, 0),
}

_STEPS: dict[SessionState, frozenset[SessionState]] = {
    SessionState.PLANNED: frozenset({SessionState.HELD, SessionState.CANCELLED}),
    SessionState.HELD: frozenset({SessionState.RECORDED, SessionState.CANCELLED}),
    SessionState.RECORDED: frozenset(),
    SessionState.CANCELLED: frozenset({SessionState.PLANNED}),
}


def span(day: date, precision: Precision) -> tuple[date, date]:
    """First and last day that a date of a precision may mean."""
    if precision is Precision.DAY:
        return day, day
    first, last = _PARTS[precision]
    ends = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=first), day.replace(day=last or ends)


def check_date(day: date, precision: Precision, state: SessionState, today: date) -> None:
    """What is said to have been held began by today at the latest. Raises RuleError session-not-yet."""
    if state in {SessionState.HELD, SessionState.RECORDED} and span(day, precision)[0] > today:
        raise RuleError("session-not-yet")


def check_step(before: SessionState, after: SessionState) -> None:
    """Raises RuleError session-step."""
    if after not in _STEPS[before]:
        raise RuleError("session-step")


def open_until(entered: date) -> date:
    """The last day on which a session that was entered on a day may still be added to freely.

    The end of that month, and never less than a week. Afterwards it is locked, and corrections say why.
    """
    month_end = entered.replace(day=calendar.monthrange(entered.year, entered.month)[1])
    return max(month_end, entered + LEAST_OPEN)


def is_open(state: SessionState, entered: date, today: date) -> bool:
    """Whether a session may be changed without a reason."""
    return state in {SessionState.PLANNED, SessionState.HELD} or (
        state is SessionState.RECORDED and today <= open_until(entered)
    )


def check_change(state: SessionState, entered: date, today: date, reason: str) -> None:
    """Raises RuleError session-cancelled, or session-locked for a late change without a reason."""
    if state is SessionState.CANCELLED:
        raise RuleError("session-cancelled")
    if not is_open(state, entered, today) and not reason:
        raise RuleError("session-locked", until=open_until(entered).isoformat())


def check_move(state: SessionState, before: tuple[date, date], after: tuple[date, date], reason: str) -> None:
    """A held session is moved to another day as a correction, with a reason. Raises RuleError session-moved."""
    if state in {SessionState.HELD, SessionState.RECORDED} and before != after and not reason:
        raise RuleError("session-moved")


def minutes_between(begins: str, ends: str) -> int | None:
    """Minutes from one wall-clock time to another ("09:00", "11:30"), None where either is missing.

    Raises RuleError times-order for an end that is not later.
    """
    if not begins or not ends:
        return None
    start, stop = (int(text[:2]) * 60 + int(text[3:]) for text in (begins, ends))
    if stop <= start:
        raise RuleError("times-order")
    return stop - start


def check_minutes(minutes: int) -> None:
    """Raises RuleError minutes-range for a credit of more than a day."""
    if not 0 <= minutes <= MOST_MINUTES:
        raise RuleError("minutes-range", most=MOST_MINUTES)
