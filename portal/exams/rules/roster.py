"""The roster of a round: who has not sat, who sits again, and the figures of the result.

Rates are hundredths of a percent (9,167 reads 91.67%), scores hundredths of a point, both rounded half up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.exams.rules.marking import excellent, passed, round_half_up
from portal.exams.rules.round import RosterStatus

BAND = 1000
"""Width of a band of the distribution: ten points."""


@dataclass(frozen=True)
class RosterLine:
    """One person of a round. `sat`: an attempt is handed in (expired ones included); `best`: its score, once marked."""

    user_id: int
    unit_id: int
    status: RosterStatus
    sat: bool
    best: int | None = None


def not_sat(lines: Iterable[RosterLine]) -> list[RosterLine]:
    """未考: those who should sit and have not. 缓考 and 免考 need no reminder."""
    return [line for line in lines if line.status is RosterStatus.SHOULD and not line.sat]


def resit_candidates(lines: Iterable[RosterLine], pass_line: int) -> list[RosterLine]:
    """补考: 未考 (缓考 among them, this is what they were put off to) and 不及格, without 免考.

    One whose attempt still waits for its score is no candidate: handed in is not failed.
    """
    return [line for line in lines if line.status is not RosterStatus.EXEMPT and _owes(line, pass_line)]


def _owes(line: RosterLine, pass_line: int) -> bool:
    if not line.sat:
        return True
    return line.best is not None and not passed(line.best, pass_line)


@dataclass(frozen=True)
class Figures:
    """Head counts of a round or a unit: 应考、实考、缓考、免考、及格、优秀, and the scores of those who sat."""

    should: int
    sat: int
    deferred: int
    exempt: int
    passed: int
    excellent: int
    scores: tuple[int, ...]

    @property
    def participation_rate(self) -> int | None:
        """参考率: 实考 of 应考."""
        return rate(self.sat, self.should)

    @property
    def pass_rate(self) -> int | None:
        """及格率: of those who have a score; one whose short answer waits has none yet."""
        return rate(self.passed, len(self.scores))

    @property
    def excellent_rate(self) -> int | None:
        """优秀率: of those who have a score."""
        return rate(self.excellent, len(self.scores))


def figures(lines: Iterable[RosterLine], pass_line: int, excellent_line: int | None) -> Figures:
    """Count the lines. Only those of status 应考 count as 应考 and 实考, so no rate exceeds 100%."""
    everyone = list(lines)
    due = [line for line in everyone if line.status is RosterStatus.SHOULD]
    scores = tuple(line.best for line in due if line.sat and line.best is not None)
    return Figures(
        should=len(due),
        sat=sum(line.sat for line in due),
        deferred=sum(line.status is RosterStatus.DEFERRED for line in everyone),
        exempt=sum(line.status is RosterStatus.EXEMPT for line in everyone),
        passed=sum(passed(score, pass_line) for score in scores),
        excellent=sum(excellent(score, excellent_line) for score in scores),
        scores=scores,
    )


def rate(part: int, base: int) -> int | None:
    """`part` of `base` in hundredths of a percent; None where there is no base, which is not the same as zero."""
    return round_half_up(Fraction(part * 10_000, base)) if base else None


def mean(scores: Sequence[int]) -> int | None:
    """The mean score in hundredths; None without scores."""
    return round_half_up(Fraction(sum(scores), len(scores))) if scores else None


@dataclass(frozen=True)
class Band:
    """Scores from `low` (inclusive) to `high` (exclusive, but inclusive in the top band), in hundredths."""

    low: int
    high: int
    count: int


def distribution(scores: Iterable[int], maximum: int) -> list[Band]:
    """Bands of ten points from 0 up to `maximum` (hundredths, > 0); full marks stand in the top band."""
    tops = [*range(BAND, maximum, BAND), maximum]
    counts = [0] * len(tops)
    for score in scores:
        counts[min(max(score, 0) // BAND, len(tops) - 1)] += 1
    return [Band(index * BAND, top, count) for index, (top, count) in enumerate(zip(tops, counts, strict=True))]
