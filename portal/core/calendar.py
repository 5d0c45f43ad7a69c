"""Days off of the office: weekends, holidays, and the weekend days on which people work in exchange.

Source: the yearly notices of the General Office of the State Council (2025: 国办发明电〔2024〕12号, 2026: 国办发明电
〔2025〕7号). Of a later year only the days of 《全国年节及纪念日放假办法》 (2024) 第二条 are known until its notice
comes out, and `is_announced` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ANNOUNCED = frozenset({2025, 2026})
_SATURDAY = 5


class Holiday(StrEnum):
    """元旦, 春节, 清明节, 劳动节, 端午节, 中秋节, 国庆节."""

    NEW_YEAR = "new_year"
    SPRING = "spring"
    TOMBS = "tombs"
    LABOUR = "labour"
    DRAGON_BOAT = "dragon_boat"
    MID_AUTUMN = "mid_autumn"
    NATIONAL = "national"


# (first day, number of days) of each holiday.
_HOLIDAYS: tuple[tuple[Holiday, date, int], ...] = (
    (Holiday.NEW_YEAR, date(2025, 1, 1), 1),
    (Holiday.SPRING, date(2025, 1, 28), 8),
    (Holiday.TOMBS, date(2025, 4, 4), 3),
    (Holiday.LABOUR, date(2025, 5, 1), 5),
    (Holiday.DRAGON_BOAT, date(2025, 5, 31), 3),
    (Holiday.NATIONAL, date(2025, 10, 1), 8),
    (Holiday.NEW_YEAR, date(2026, 1, 1), 3),
    (Holiday.SPRING, date(2026, 2, 15), 9),
    (Holiday.TOMBS, date(2026, 4, 4), 3),
    (Holiday.LABOUR, date(2026, 5, 1), 5),
    (Holiday.DRAGON_BOAT, date(2026, 6, 19), 3),
    (Holiday.MID_AUTUMN, date(2026, 9, 25), 3),
    (Holiday.NATIONAL, date(2026, 10, 1), 7),
    (Holiday.SPRING, date(2027, 2, 5), 4),
    (Holiday.TOMBS, date(2027, 4, 5), 1),
    (Holiday.DRAGON_BOAT, date(2027, 6, 9), 1),
    (Holiday.MID_AUTUMN, date(2027, 9, 15), 1),
)
# Those that fall on the same days of every year: (month, day, number of days).
_FIXED = ((Holiday.NEW_YEAR, 1, 1, 1), (Holiday.LABOUR, 5, 1, 2), (Holiday.NATIONAL, 10, 1, 3))
_IN_EXCHANGE = frozenset(
    date(*day)
    for day in (
        (2025, 1, 26), (2025, 2, 8), (2025, 4, 27), (2025, 9, 28), (2025, 10, 11),
        (2026, 1, 4), (2026, 2, 14), (2026, 2, 28), (2026, 5, 9), (2026, 9, 20), (2026, 10, 10),
    )
)  # fmt: skip
_OFF = {first + timedelta(days=offset): holiday for holiday, first, days in _HOLIDAYS for offset in range(days)}


@dataclass(frozen=True, slots=True)
class Day:
    """What a day is to the office; at most one of the three."""

    holiday: Holiday | None = None
    weekend: bool = False
    in_exchange: bool = False

    @property
    def works(self) -> bool:
        """Whether people work on it."""
        return self.holiday is None and not self.weekend


def what(day: date) -> Day:
    """Whether a day is a holiday, a free day of the weekend, or one of the weekend that is worked."""
    if (holiday := _OFF.get(day) or _fixed(day)) is not None:
        return Day(holiday=holiday)
    if day in _IN_EXCHANGE:
        return Day(in_exchange=True)
    return Day(weekend=day.weekday() >= _SATURDAY)


def next_workday(day: date) -> date:
    """The day itself, or the first after it on which people work."""
    while not what(day).works:
        day += timedelta(days=1)
    return day


def is_announced(year: int) -> bool:
    """Whether the notice of a year is known; before it nobody can tell how days are exchanged."""
    return year in ANNOUNCED


def _fixed(day: date) -> Holiday | None:
    return next(
        (
            holiday
            for holiday, month, first, days in _FIXED
            if day.year not in ANNOUNCED and day.month == month and first <= day.day < first + days
        ),
        None,
    )
