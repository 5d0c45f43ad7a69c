"""The hours ledger, yearly targets, and how far a plan has come. Minutes throughout; hours only for the eye."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

MINUTES_AN_HOUR = 60
_HOURS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")


class Source(StrEnum):
    """Where hours come from: 集体学习, 补学, 自学, 考试, 授课."""

    SESSION = "session"
    MAKE_UP = "make_up"
    SELF_STUDY = "self_study"
    EXAM = "exam"
    LECTURE = "lecture"


class PlanItemKind(StrEnum):
    """What a plan asks for: 参加学习 (sessions of a kind), 学时 (minutes), 自学 (articles of a regulation)."""

    SESSIONS = "sessions"
    MINUTES = "minutes"
    ARTICLES = "articles"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger. A reversal carries the same source with the minutes negated."""

    source: Source
    source_id: int
    minutes: int


def settle(have: Iterable[Entry], source: Source, source_id: int, wanted: int) -> int:
    """Minutes to be written so that the ledger's lines of one source sum to `wanted`; 0 where they do already.

    The ledger only grows: a correction is a further line, never a changed one.
    """
    return wanted - sum(entry.minutes for entry in have if (entry.source, entry.source_id) == (source, source_id))


def hours(minutes: int) -> str:
    """Minutes as hours with one decimal, half up: 90 -> "1.5", 60 -> "1", 0 -> "0"."""
    tenths = (abs(minutes) * 10 * 2 + MINUTES_AN_HOUR) // (2 * MINUTES_AN_HOUR)
    whole, part = divmod(tenths, 10)
    text = f"{whole}.{part}" if part else str(whole)
    return f"-{text}" if minutes < 0 and tenths else text


def parse_hours(text: str) -> int:
    """Hours as people write them ("1.5", "2") in minutes. Raises ValueError."""
    if not _HOURS.fullmatch(text.strip()):  # Fraction would also take "1/0", and work for minutes at "1e9999999"
        raise ValueError(text)
    return round(Fraction(text.strip()) * MINUTES_AN_HOUR)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something has come, against both denominators: what was due by now, and the whole year."""

    done: int
    due_so_far: int
    whole: int

    @property
    def behind(self) -> int:
        """How much is missing of what was due by now."""
        return max(self.due_so_far - self.done, 0)

    @property
    def share_so_far(self) -> Fraction | None:
        """Done of what was due by now; at most 1; None where nothing was due yet."""
        return min(Fraction(self.done, self.due_so_far), Fraction(1)) if self.due_so_far > 0 else None

    @property
    def share(self) -> Fraction | None:
        """Done of the whole; at most 1."""
        return min(Fraction(self.done, self.whole), Fraction(1)) if self.whole > 0 else None


def progress(done: int, required: int, due_on: date | None, today: date, year: int) -> Progress:
    """Progress of one thing that a plan asks for.

    What has a day of its own is due on that day and not before; what has none is due evenly over the days of the year.
    """
    if due_on is not None:
        return Progress(done, required if due_on < today else 0, required)
    first, last = date(year, 1, 1), date(year, 12, 31)
    gone = min(max((today - first).days, 0), (last - first).days + 1)
    return Progress(done, required * gone // ((last - first).days + 1), required)
