"""Months of a calendar: their weeks from Monday on, and the ones before and after."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 2000, 2099


def month_of(text: str, today: date) -> date:
    """The first day of "2026-11"; of today's month where that is none."""
    year, _, month = text.partition("-")
    if year.isdecimal() and month.isdecimal() and len(text) <= len("2026-11"):
        asked = (int(year), int(month))
        if FIRST_YEAR <= asked[0] <= LAST_YEAR and 1 <= asked[1] <= 12:  # noqa: PLR2004  months
            return date(*asked, 1)
    return today.replace(day=1)


def last_day(first: date) -> date:
    """The last day of the month that a day begins."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def before(first: date) -> str:
    """The month before, as an address writes it; "" before the first year."""
    earlier = first - timedelta(days=1)
    return f"{earlier:%Y-%m}" if earlier.year >= FIRST_YEAR else ""


def after(first: date) -> str:
    """The month after; "" after the last year."""
    later = last_day(first) + timedelta(days=1)
    return f"{later:%Y-%m}" if later.year <= LAST_YEAR else ""


def days(first: date) -> list[date]:
    """Every day of the month."""
    return [first + timedelta(days=offset) for offset in range((last_day(first) - first).days + 1)]
