"""例会: the days of a session that comes back."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.core.calendar import what
from portal.core.errors import RuleError

LONGEST = timedelta(days=731)
# A session a week for two years.
MOST_TIMES = 104
_WEEK = 7


class Every(StrEnum):
    """每周, 每月同一个星期几, 每月同一天."""

    WEEK = "week"
    MONTH_WEEKDAY = "month_weekday"
    MONTH_DAY = "month_day"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a session comes back.

    On a weekday (0 is Monday) of every `nth` week of a month (1 to 5, -1 the last) or of every week (0); with a
    `month_day` on that day of every month, and on the last of a shorter one.
    """

    weekday: int
    nth: int
    month_day: int = 0

    @property
    def by_weekday(self) -> bool:
        """Whether somebody chose the day of the week, so that a Saturday is meant."""
        return not self.month_day


def rule_from(every: Every, first: date) -> Recurrence:
    """The rule that has `first` as its first day; a fifth weekday of a month is its last."""
    if every is Every.WEEK:
        return Recurrence(first.weekday(), 0)
    if every is Every.MONTH_DAY:
        return Recurrence(first.weekday(), 0, first.day)
    nth = (first.day - 1) // _WEEK + 1
    return Recurrence(first.weekday(), -1 if nth == 5 else nth)  # noqa: PLR2004  no month has a sixth


def dates_of(rule: Recurrence, first: date, last: date) -> list[date]:
    """The days of a recurring session from `first` to `last`, both included, in order.

    A month without a fifth such weekday has no session. Raises RuleError recurrence-range for more than two years.
    """
    if not timedelta() <= last - first <= LONGEST:
        raise RuleError("recurrence-range")
    return [day for day in _days(first, last) if _fits(rule, day)]


def next_dates(rule: Recurrence, first: date, times: int) -> list[date]:
    """So many days of a recurring session from `first` on. Raises RuleError recurrence-range for over two years."""
    found = dates_of(rule, first, first + LONGEST)[:times]
    if len(found) < times:
        raise RuleError("recurrence-range")
    return found


def proposed(rule: Recurrence, day: date) -> bool:
    """Whether a day is taken unless somebody says otherwise: no holiday, and no weekend that nobody asked for."""
    found = what(day)
    return found.works or (found.weekend and rule.by_weekday)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _fits(rule: Recurrence, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    if rule.month_day:
        return day.day == min(rule.month_day, length)
    if day.weekday() != rule.weekday:
        return False
    if rule.nth <= 0:
        return rule.nth == 0 or day.day + _WEEK > length
    return (day.day - 1) // _WEEK + 1 == rule.nth
