"""Marking: exact fractions all the way, one rounding at the end.

Points and scores are integer hundredths of a point; a mark before rounding is a Fraction of hundredths.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Protocol, TypeVar

from portal.core.errors import RuleError
from portal.exams.rules.question import QuestionType
from portal.exams.rules.weights import equal_shares, fits


class PartialRule(StrEnum):
    """What a 多选 that is not wholly right is worth."""

    ALL = "all"
    PARTIAL_HALF = "partial_half"
    PARTIAL_EACH = "partial_each"
    WEIGHTED = "weighted"


ChoiceKey = Collection[int]
"""Right options, as positions in the question bank."""
FillKey = Sequence[Collection[str]]
"""Accepted spellings, blank by blank."""

_ZERO = Fraction(0)
_ONE = Fraction(1)
_HALF = Fraction(1, 2)


def mark(
    type_: QuestionType,
    key: ChoiceKey | FillKey,
    answer: Collection[int] | Sequence[str],
    points: int,
    rule: PartialRule = PartialRule.ALL,
    weights: Mapping[int, Fraction] | None = None,
) -> Fraction | None:
    """The mark of one answer, 0 <= mark <= points, in hundredths; None for a 简答, which a person marks.

    Choices are option positions in the bank (undo the permutation of the paper first); a 填空 answer is one text per
    blank, in order. `rule` and `weights` (fraction of the points per option) matter to 多选 only. Weights that do not
    belong to the key (it was corrected since) are passed over. An empty answer is 0 under every rule.
    """
    if type_ is QuestionType.SHORT:
        return None
    if type_ is QuestionType.FILL:
        return points * _fill_share(key, answer)  # type: ignore[arg-type]
    picked = frozenset(answer)
    if not picked:
        return _ZERO
    right = frozenset(key)
    if type_ is QuestionType.MULTIPLE:
        return points * _multiple_share(right, picked, rule, weights or {})  # type: ignore[arg-type]
    return points * (_ONE if picked == right else _ZERO)


def _multiple_share(
    right: frozenset[int], picked: frozenset[int], rule: PartialRule, weights: Mapping[int, Fraction]
) -> Fraction:
    """Share of the points for a non-empty choice."""
    if rule is PartialRule.WEIGHTED:
        given = weights if fits(right, weights) else equal_shares(right)
        other = _ZERO if given is weights else -_ONE
        return min(_ONE, max(_ZERO, sum((given.get(option, other) for option in picked), _ZERO)))
    if picked == right:
        return _ONE
    if rule is PartialRule.ALL or not picked < right:
        return _ZERO
    return _HALF if rule is PartialRule.PARTIAL_HALF else Fraction(len(picked), len(right))


def _fill_share(key: FillKey, answer: Sequence[str]) -> Fraction:
    """Share of the blanks filled with an accepted spelling."""
    if not key:
        return _ZERO
    hits = sum(
        bool(plain(written)) and plain(written) in {plain(spelling) for spelling in accepted}
        for accepted, written in zip(key, answer, strict=False)
    )
    return Fraction(hits, len(key))


def plain(text: str) -> str:
    """A 填空 answer as it is compared: NFKC (full width becomes half width), without white space at the ends."""
    return unicodedata.normalize("NFKC", text).strip()


def round_half_up(value: Fraction) -> int:
    """The nearest integer, halves upwards."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def total(marks: Iterable[Fraction | None]) -> int:
    """The score in hundredths, rounded once, half up. Raises RuleError "marking-by-hand-open" on a mark of None."""
    known = []
    for one in marks:
        if one is None:
            raise RuleError("marking-by-hand-open")
        known.append(one)
    return round_half_up(sum(known, _ZERO))


def passed(score: int, pass_line: int) -> bool:
    """及格: on the line is over it. Both in hundredths."""
    return score >= pass_line


def excellent(score: int, excellent_line: int | None) -> bool:
    """优秀, where the round has such a line. Both in hundredths."""
    return excellent_line is not None and score >= excellent_line


class Scored(Protocol):
    """An attempt as far as choosing the best goes; a score of None is not marked yet."""

    @property
    def score(self) -> int | None: ...
    @property
    def submitted_at(self) -> datetime | None: ...


Attempt = TypeVar("Attempt", bound=Scored)


def best_attempt(attempts: Iterable[Attempt]) -> Attempt | None:
    """The attempt that counts: the highest score, the earliest hand-in on a tie. None if none is marked.

    Leave voided attempts out before calling.
    """
    best: tuple[int, datetime] | None = None
    chosen: Attempt | None = None
    for attempt in attempts:
        if attempt.score is None or attempt.submitted_at is None:
            continue
        if best is None or attempt.score > best[0] or (attempt.score == best[0] and attempt.submitted_at < best[1]):
            best, chosen = (attempt.score, attempt.submitted_at), attempt
    return chosen
