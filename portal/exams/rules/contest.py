"""A contest (竞赛): the clock of each question, who stands where, and who may see it.

The order of the leaderboard is that of exams.md: score, then time used, then who handed in first; equal in all three
means an equal place, and the places after it are left out (1, 2, 2, 4: standard competition ranking). Units are
compared by mean and by participation, never by sum, which only counts heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

QUESTION_GRACE = timedelta(seconds=3)
"""How long after its time a question still takes an answer that was on its way. Never shown as extra time."""

LEAST_SECONDS, MOST_SECONDS = 5, 600


class NamesShown(StrEnum):
    """显示全部姓名, 只显示同意者的姓名, 只显示本人名次."""

    ALL = "all"
    AGREED = "agreed"
    OWN = "own"


class Audience(StrEnum):
    """Who sees the leaderboard: 仅组织者, 已交卷的参赛人, 参赛范围内所有人."""

    ORGANISERS = "organisers"
    PARTICIPANTS = "participants"
    EVERYBODY = "everybody"


# ---- the clock of each question ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuestionClock:
    """Where an attempt stood when it last moved by hand: at question `position` (from 1), opened at `opened`.

    Each question has `seconds`; from there on the clock goes through the rest by itself, whether a page is open or not.
    Nothing is open from `due` on.
    """

    seconds: int
    count: int
    position: int
    opened: datetime
    due: datetime


@dataclass(frozen=True)
class Turn:
    """The question that is open at a moment, and until when; `finished` when none is any more."""

    position: int
    opened: datetime
    ends: datetime
    finished: bool


def seconds_each(seconds: int, extra_minutes: int, count: int) -> int:
    """Seconds a question for somebody with extra minutes, which are shared out evenly and rounded up."""
    return seconds + -(-extra_minutes * 60 // count)


def last_moment(started: datetime, seconds: int, count: int) -> datetime:
    """When the last question's time is over at the latest."""
    return started + timedelta(seconds=seconds * count)


def turn(clock: QuestionClock, now: datetime) -> Turn:
    """The question open at `now`: from its beginning (inclusive) to its end (exclusive)."""
    each = timedelta(seconds=clock.seconds)
    gone = max(0, (now - clock.opened) // each)
    position, opened = clock.position + gone, clock.opened + gone * each
    return Turn(position, opened, min(opened + each, clock.due), position > clock.count or now >= clock.due)


def takes(clock: QuestionClock, position: int, now: datetime) -> bool:
    """Whether an answer to a question is taken at `now`: it is open, or its time ran out within the grace.

    A question that was left by hand takes nothing any more.
    """
    moments = (now, max(clock.opened, now - QUESTION_GRACE))
    turns = [turn(clock, moment) for moment in moments]
    return any(each.position == position and not each.finished for each in turns)


def move_on(clock: QuestionClock, position: int, now: datetime) -> QuestionClock:
    """The clock once question `position` is left by hand; as it was when that question is not the open one.

    So a second click on 下一题 skips nothing.
    """
    current = turn(clock, now)
    if current.finished or current.position != position:
        return clock
    return replace(clock, position=position + 1, opened=now)


# ---- who stands where --------------------------------------------------------------------------------------------

Line = TypeVar("Line")


def places(lines: Sequence[Line], key: Callable[[Line], Any]) -> list[tuple[int, Line]]:
    """(place, line) in order, smallest key first: equal keys share a place, and those after them skip it."""
    ordered = sorted(lines, key=key)
    found: list[tuple[int, Line]] = []
    for index, line in enumerate(ordered):
        same = index > 0 and key(line) == key(ordered[index - 1])
        found.append((found[-1][0] if same else index + 1, line))
    return found


@dataclass(frozen=True)
class Standing:
    """One person's attempt that counts: score in hundredths, `used` and `ended` in whole seconds."""

    user_id: int
    score: int
    used: int
    ended: int

    @property
    def order(self) -> tuple[int, int, int]:
        """Score from high to low, time used, who handed in first."""
        return (-self.score, self.used, self.ended)


def used_seconds(started: datetime, submitted: datetime, due: datetime) -> int:
    """Time used in whole seconds of the clock; the grace after the deadline does not count."""
    return int(min(submitted, due).timestamp()) - int(started.timestamp())


def ranking(standings: Sequence[Standing]) -> list[tuple[int, Standing]]:
    """(place, standing) from the first to the last."""
    return places(standings, lambda each: each.order)


@dataclass(frozen=True)
class UnitEntry:
    """A unit: how many could take part, how many did, and the sum of their scores in hundredths."""

    unit_id: int
    name: str
    people: int
    took: int
    points: int

    @property
    def mean(self) -> Fraction | None:
        """Mean score in hundredths, exact."""
        return Fraction(self.points, self.took) if self.took else None

    @property
    def participation(self) -> Fraction:
        """Share of those who could take part; never above 1, whoever has moved meanwhile."""
        return Fraction(self.took, max(self.people, self.took)) if self.took else Fraction(0)


@dataclass(frozen=True)
class RankedUnit:
    """A unit with its two places; None where too few took part to be ranked."""

    entry: UnitEntry
    by_mean: int | None
    by_participation: int | None


def rank_units(entries: Iterable[UnitEntry], least: int) -> list[RankedUnit]:
    """Units by mean, those with fewer than `least` participants (at least one) last and without a place."""
    everybody = list(entries)
    ranked = [each for each in everybody if each.took >= max(1, least)]
    by_mean = places(ranked, lambda each: -(each.mean or 0))
    by_share = {id(each): place for place, each in places(ranked, lambda each: -each.participation)}
    rest = [each for each in everybody if each.took < max(1, least)]
    return [
        *(RankedUnit(each, place, by_share[id(each)]) for place, each in by_mean),
        *(RankedUnit(each, None, None) for each in rest),
    ]


# ---- who may see it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BoardPolicy:
    """Who sees the leaderboard while the contest goes on and afterwards, and from when on scores may be seen at all."""

    during: Audience
    after: Audience
    score_during: bool
    score_after: bool


def may_see_board(policy: BoardPolicy, *, closed: bool, handed_in: bool) -> bool:
    """Whether somebody of the contest's reach who organises nothing may see the board now.

    A board shows scores: what keeps people from their own score keeps them from it too.
    """
    if not (policy.score_after if closed else policy.score_during):
        return False
    audience = policy.after if closed else policy.during
    return audience is Audience.EVERYBODY or (audience is Audience.PARTICIPANTS and handed_in)


def named(names: NamesShown, *, agreed: bool) -> bool:
    """Whether somebody's name and unit stand on the board that everybody sees."""
    return names is NamesShown.ALL or (names is NamesShown.AGREED and agreed)
