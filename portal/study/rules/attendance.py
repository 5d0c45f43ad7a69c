"""Who was there, what it counts for, and who spoke."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from portal.core.errors import RuleError

MAKE_UP_DAYS = 30


class Attendance(StrEnum):
    """未登记, 出席, 列席, 请假, 缺席, 免."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    OBSERVER = "observer"
    LEAVE = "leave"
    ABSENT = "absent"
    EXEMPT = "exempt"


class MakeUp(StrEnum):
    """No make-up asked for, 待补学, 已补学."""

    NONE = "none"
    DUE = "due"
    DONE = "done"


class Part(StrEnum):
    """What somebody did there beside listening: 主持, 领学, 发言, 授课."""

    CHAIR = "chair"
    LEAD = "lead"
    SPEAK = "speak"
    LECTURE = "lecture"


ATTENDED = frozenset({Attendance.PRESENT, Attendance.OBSERVER})
MISSED = frozenset({Attendance.LEAVE, Attendance.ABSENT})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a session's list are what. Whoever is not marked is counted apart: unknown is not absent."""

    listed: int
    present: int
    observer: int
    leave: int
    absent: int
    exempt: int
    unknown: int
    made_up: int = 0

    @property
    def attended(self) -> int:
        """出席 and 列席."""
        return self.present + self.observer

    @property
    def rate(self) -> Fraction | None:
        """出席率: attended ÷ (listed - exempt); None where nobody had to come."""
        expected = self.listed - self.exempt
        return Fraction(self.attended, expected) if expected > 0 else None


def tally(counts: Mapping[Attendance, int], made_up: int = 0) -> Tally:
    """A tally from {status: people}."""
    of = {status: counts.get(status, 0) for status in Attendance}
    return Tally(
        listed=sum(of.values()),
        present=of[Attendance.PRESENT],
        observer=of[Attendance.OBSERVER],
        leave=of[Attendance.LEAVE],
        absent=of[Attendance.ABSENT],
        exempt=of[Attendance.EXEMPT],
        unknown=of[Attendance.UNKNOWN],
        made_up=made_up,
    )


def credited(status: Attendance, make_up: MakeUp, *, session: int, override: int | None) -> int:
    """Minutes that somebody is credited with: the override, else the session's for who attended or made it up."""
    if override is not None:
        return override
    return session if status in ATTENDED or make_up is MakeUp.DONE else 0


def check_override(minutes: int | None, reason: str) -> None:
    """Hours of one person that differ from the session's need a reason, which that person sees.

    Raises RuleError override-reason.
    """
    if minutes is not None and not reason:
        raise RuleError("override-reason")


def make_up_due(held_on: date) -> date:
    """Until when somebody who missed a session should have made it up, unless another day is given."""
    return held_on + timedelta(days=MAKE_UP_DAYS)


def make_up_after(status: Attendance, make_up: MakeUp) -> MakeUp:
    """What becomes of a make-up when the attendance is changed: whoever was there owes none; what is done stays."""
    if make_up is MakeUp.DONE:
        return MakeUp.DONE
    return make_up if status in MISSED else MakeUp.NONE


def check_make_up(status: Attendance, make_up: MakeUp) -> None:
    """Whether a make-up may be asked for or reported. Raises RuleError make-up-not-missed or make-up-done."""
    if status not in MISSED:
        raise RuleError("make-up-not-missed")
    if make_up is MakeUp.DONE:
        raise RuleError("make-up-done")


@dataclass(frozen=True, slots=True)
class Speech:
    """交流发言: who, for how many minutes (None where nobody noted it)."""

    speaker: int | str
    minutes: int | None


def speaking_share(speeches: Iterable[Speech], session_minutes: int) -> Fraction | None:
    """Part of a session's time in which people spoke; None where a length is not known. Never above 1."""
    known = [speech.minutes for speech in speeches]
    if session_minutes <= 0 or any(minutes is None for minutes in known):
        return None
    return min(Fraction(sum(minutes or 0 for minutes in known), session_minutes), Fraction(1))


def never_spoke(expected: Collection[int], speakers: Collection[int]) -> set[int]:
    """Of the people who attended something, those who never spoke."""
    return set(expected) - set(speakers)
