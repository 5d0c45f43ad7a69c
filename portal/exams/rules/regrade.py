"""改判: what becomes of marks and scores when a question of a paper turns out to be wrong.

The answers stay as they were handed in; only the marking changes. Marks are exact fractions of hundredths, None where a
question does not count (void) or is still to be marked. The score is rounded once, half up, at the end, as in
rules.marking; the rescaling is the usual one of a test with a question taken out: the points of the others are
multiplied by full marks over what is left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from portal.core.errors import RuleError
from portal.exams.rules import marking
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import CHOICE_TYPES, QuestionType

Marks = Sequence[Fraction | None]


class Mode(StrEnum):
    """更正答案, 多个答案都算对, 全员给分, 作废本题."""

    KEY = "key"
    ACCEPT = "accept"
    FULL = "full"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Correction:
    """How a question is marked from now on. `keys` are those that count as right: for KEY one, for FULL and VOID none.

    A key is written as the bank writes it: option positions, or the accepted spellings of each blank.
    """

    mode: Mode
    keys: tuple[Any, ...] = ()


def check(
    correction: Correction, type_: QuestionType, options: int, key: Sequence[Any], current: Correction | None = None
) -> None:
    """Refuse a correction that says nothing or nothing sound.

    `key` is the key of the question, `current` the correction that it is marked by now, if there is one.

    Raises RuleError "regrade-by-hand", "regrade-no-key", "regrade-key-unsound" or "regrade-same-key".
    """
    if correction.mode in {Mode.FULL, Mode.VOID}:
        if current is not None and current.mode is correction.mode:
            raise RuleError("regrade-same-key")
        return
    if type_ is QuestionType.SHORT:
        raise RuleError("regrade-by-hand")
    if not correction.keys or not all(correction.keys):
        raise RuleError("regrade-no-key")
    if type_ in CHOICE_TYPES:
        _check_choices(correction, type_, options)
    elif any(len(each) != len(key) or not all(blank for blank in each) for each in correction.keys):
        raise RuleError("regrade-key-unsound")
    before = keys_of(key, current)
    if len(before) == len(correction.keys) and all(_held(each, before) for each in correction.keys):
        raise RuleError("regrade-same-key")


def _check_choices(correction: Correction, type_: QuestionType, options: int) -> None:
    for each in correction.keys:
        inside = all(0 <= place < options for place in each)
        if not inside or (type_ is not QuestionType.MULTIPLE and len(each) != 1):
            raise RuleError("regrade-key-unsound")


def keys_of(key: Sequence[Any], current: Correction | None) -> tuple[Any, ...]:
    """The keys that count as right now; none where everybody has the points or the question is void."""
    return (tuple(key),) if current is None else current.keys


def accepting(type_: QuestionType, before: Sequence[Any], more: Sequence[Any]) -> tuple[Any, ...]:
    """The keys that count when `more` count as well: further keys, or for a 填空 further spellings of each blank."""
    if type_ is QuestionType.FILL and before and more:
        merged = zip(before[0], more[0], strict=False)
        return (tuple(tuple(dict.fromkeys([*old, *new])) for old, new in merged),)
    found = list(before)
    for each in more:
        if not _held(each, found):
            found.append(each)
    return tuple(found)


def _held(one: Sequence[Any], among: Sequence[Any]) -> bool:
    return any(_same(one, each) for each in among)


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    if one and isinstance(one[0], int):
        return sorted(one) == sorted(other)
    return [sorted(blank) for blank in one] == [sorted(blank) for blank in other]


def mark(
    correction: Correction,
    type_: QuestionType,
    answer: Any,
    points: int,
    rule: PartialRule = PartialRule.ALL,
    weights: Mapping[int, Fraction] | None = None,
) -> Fraction | None:
    """The mark of one answer under a correction; None where the question does not count any more.

    With several keys the best counts; weights count with the key that they were made for. "Everybody" means those too
    who left the question blank.
    """
    if correction.mode is Mode.VOID:
        return None
    if correction.mode is Mode.FULL:
        return Fraction(points)
    marks = [marking.mark(type_, key, answer, points, rule, weights) for key in correction.keys]
    return max((each for each in marks if each is not None), default=Fraction(0))


def total(marks: Marks, points: Sequence[int], void: Collection[int] = ()) -> int | None:
    """The score in hundredths; None while a mark is missing.

    `void` are the indexes that do not count: what the others give is stretched to the full marks of the paper. Where no
    question is left at all, nothing was asked and nothing is lost: full marks (`require_left` refuses that beforehand).
    """
    kept = [at for at in range(len(points)) if at not in void]
    left = sum(points[at] for at in kept)
    if not left:
        return sum(points)
    known = [each for at in kept if (each := marks[at]) is not None]
    if len(known) < len(kept):
        return None
    return marking.round_half_up(sum(known, Fraction(0)) * Fraction(sum(points), left))


def require_left(questions: int, void: Collection[int]) -> None:
    """Raises RuleError "regrade-nothing-left" when the last question of a paper would be made void."""
    if len(void) >= questions:
        raise RuleError("regrade-nothing-left")


def replaced(marks: Marks, at: int, mark_: Fraction | None) -> tuple[Fraction | None, ...]:
    """The marks with another one at a place (an index from 0)."""
    return (*marks[:at], mark_, *marks[at + 1 :])


def void_places(versions: Sequence[int], corrections: Mapping[int, Correction]) -> frozenset[int]:
    """Indexes of the questions on a paper that do not count."""
    return frozenset(
        at for at, version in enumerate(versions) if version in corrections and corrections[version].mode is Mode.VOID
    )


def stored(marks: Marks) -> list[str | None]:
    """Marks as an attempt keeps them."""
    return [None if each is None else str(each) for each in marks]


def read(kept: Sequence[str | None]) -> tuple[Fraction | None, ...]:
    """What `stored` wrote."""
    return tuple(None if each is None else Fraction(each) for each in kept)
