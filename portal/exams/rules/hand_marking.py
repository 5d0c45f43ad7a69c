"""阅卷: marking short answers by hand. Criteria, one marker or two, and what counts when two do not agree.

Points are integer hundredths. What counts of two markers is their exact mean, rounded only with the whole score; when
they are further apart than the limit, a third marker's points count alone. This is the usual practice of marking free
answers twice (双评, 误差控制, 三评).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from portal.core.errors import RuleError

MOST_CRITERIA = 20
NUMBERS = 1_000_000
"""Answers go by a random number below this."""
MOST_CRITERION = 300
_WORTH = re.compile(r"[（(]\s*(?:共|计|得)?\s*(\d{1,3}(?:\.\d{1,2})?)\s*分\s*[）)]\s*[。；;，,]?\s*$")
_LINE = re.compile(r"^(.*\S)\s*[|｜]\s*(\d{1,4}(?:\.\d{1,2})?)\s*分?$")


class TaskState(StrEnum):
    """待阅, 分差过大待仲裁, 已阅."""

    WAITING = "waiting"
    DIFFERING = "differing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Criterion:
    """得分点: what is looked for, and the points for it. `text` is empty for the answer as a whole."""

    text: str
    points: int


@dataclass(frozen=True, slots=True)
class Given:
    """What one marker gave: points by criterion."""

    marker: int
    points: tuple[int, ...]

    @property
    def total(self) -> int:
        """All criteria together."""
        return sum(self.points)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an answer stands after the marks given so far; `final` once it is done."""

    state: TaskState
    final: Fraction | None


def criteria_of(model: str, points: int) -> tuple[Criterion, ...]:
    """The criteria that a model answer names itself, each line ending in （2分）; one for the whole where they do not
    add up to the points of the question.
    """
    found = [
        Criterion(line[: match.start()].strip()[:MOST_CRITERION], _hundredths(match[1]))
        for line in model.splitlines()
        if (match := _WORTH.search(line))
    ]
    sound = sum(each.points for each in found) == points and all(each.text and each.points for each in found)
    return tuple(found) if found and sound and len(found) <= MOST_CRITERIA else (Criterion("", points),)


def read_criteria(text: str, points: int) -> tuple[Criterion, ...]:
    """Criteria as an officer writes them, a line each: what is looked for | points.

    Raises RuleError "rubric-line" (line) or "rubric-sum" (total, points).
    """
    found = []
    for number, line in enumerate((each.strip() for each in text.splitlines() if each.strip()), start=1):
        match = _LINE.match(line)
        if match is None or not _hundredths(match[2]) or len(match[1]) > MOST_CRITERION:
            raise RuleError("rubric-line", line=number)
        found.append(Criterion(match[1].strip(), _hundredths(match[2])))
    if len(found) > MOST_CRITERIA:
        raise RuleError("rubric-line", line=MOST_CRITERIA + 1)
    if sum(each.points for each in found) != points:
        total = sum(each.points for each in found)
        raise RuleError("rubric-sum", total=f"{total / 100:g}", points=f"{points / 100:g}")
    return tuple(found)


def written(criteria: Sequence[Criterion]) -> str:
    """What `read_criteria` reads."""
    return "\n".join(f"{each.text} | {each.points / 100:g}" for each in criteria if each.text)


def _hundredths(text: str) -> int:
    return int(Fraction(text) * 100)


def check_points(criteria: Sequence[Criterion], points: Sequence[int | None]) -> tuple[int, ...]:
    """The points given, one for each criterion. Raises RuleError "mark-missing" or "mark-range"."""
    if len(points) != len(criteria) or any(each is None for each in points):
        raise RuleError("mark-missing")
    given = tuple(each for each in points if each is not None)
    if any(not 0 <= each <= criterion.points for each, criterion in zip(given, criteria, strict=True)):
        raise RuleError("mark-range")
    return given


def standing(given: Sequence[Given], markers: int, limit: int) -> Standing:
    """What the marks given so far come to, in the order in which they were given.

    `markers` is 1 or 2, `limit` the difference in hundredths that two may have.
    """
    if len(given) < markers:
        return Standing(TaskState.WAITING, None)
    if markers == 1:
        return Standing(TaskState.DONE, Fraction(given[0].total))
    first, second = given[0].total, given[1].total
    if abs(first - second) <= limit:
        return Standing(TaskState.DONE, Fraction(first + second, 2))
    third = given[2].total if len(given) > 2 else None  # noqa: PLR2004 - whoever decides comes after the two
    if third is None:
        return Standing(TaskState.DIFFERING, None)
    return Standing(TaskState.DONE, Fraction(third))


def may_mark(marker: int, owner: int, given: Sequence[Given], state: TaskState) -> None:
    """Whether a person may mark an answer. Raises RuleError "mark-own", "mark-twice" or "mark-done"."""
    if marker == owner:
        raise RuleError("mark-own")
    if any(each.marker == marker for each in given):
        raise RuleError("mark-twice")
    if state is TaskState.DONE:
        raise RuleError("mark-done")
