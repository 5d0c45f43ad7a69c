"""What a regrade does to marks and scores, and what it never does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules import marking
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import (
    Correction,
    Mode,
    accepting,
    check,
    mark,
    read,
    replaced,
    require_left,
    stored,
    total,
    void_places,
)

SINGLE, MULTIPLE, JUDGE, FILL, SHORT = QuestionType


@st.composite
def sheets(draw: Any) -> tuple[list[int], list[Fraction], frozenset[int]]:
    """Points of a paper, marks within them, and questions to make void, but never all."""
    points = draw(st.lists(st.integers(1, 2000), min_size=2, max_size=12))
    marks = [Fraction(draw(st.integers(0, 60 * each)), 60) for each in points]
    void = draw(st.frozensets(st.integers(0, len(points) - 1), max_size=len(points) - 1))
    return points, marks, void


@given(sheets())
def test_rescaling_keeps_full_marks_and_nothing(sheet: tuple[list[int], list[Fraction], frozenset[int]]) -> None:
    points, marks, void = sheet
    full = [Fraction(each) for each in points]
    assert total(full, points, void) == sum(points)
    assert total([Fraction(0)] * len(points), points, void) == 0
    score = total(marks, points, void)
    assert isinstance(score, int)
    assert 0 <= score <= sum(points)


@given(sheets(), st.data())
def test_rescaling_keeps_the_order(sheet: tuple[list[int], list[Fraction], frozenset[int]], data: Any) -> None:
    """Who had no less on the questions that stay has no less afterwards."""
    points, marks, void = sheet
    others = [Fraction(data.draw(st.integers(0, 60 * each)), 60) for each in points]
    kept = [at for at in range(len(points)) if at not in void]
    mine, theirs = (sum(sheet_[at] for at in kept) for sheet_ in (marks, others))
    first, second = total(marks, points, void), total(others, points, void)
    assert first is not None
    assert second is not None
    assert first >= second if mine >= theirs else first <= second


@given(sheets())
def test_there_is_one_rounding_half_up_at_the_end(sheet: tuple[list[int], list[Fraction], frozenset[int]]) -> None:
    points, marks, void = sheet
    kept = [at for at in range(len(points)) if at not in void]
    exact = sum((marks[at] for at in kept), Fraction(0)) * sum(points) / sum(points[at] for at in kept)
    score = total(marks, points, void)
    assert score is not None
    assert Fraction(-1, 2) < score - exact <= Fraction(1, 2)
    assert total(marks, points) == marking.total(marks)


@given(sheets(), st.integers(0, 11), st.integers(0, 2000))
def test_undoing_is_exact(sheet: tuple[list[int], list[Fraction], frozenset[int]], at: int, new: int) -> None:
    points, marks, void = sheet
    at %= len(points)
    changed = replaced(marks, at, Fraction(new, 7))
    back = replaced(changed, at, marks[at])
    assert list(back) == marks
    assert total(back, points, void) == total(marks, points, void)
    assert read(stored([*marks, None])) == (*marks, None)


def test_a_half_point_goes_up() -> None:
    assert total([Fraction(1), Fraction(0), Fraction(0)], [2, 1, 1], {2}) == 1  # 1 × 4/3
    assert total([Fraction(3, 2), Fraction(0)], [3, 3]) == 2


def test_a_missing_mark_is_no_score_unless_its_question_is_void() -> None:
    assert total([Fraction(100), None], [100, 100]) is None
    assert total([Fraction(100), None], [100, 100], {1}) == 200


def test_where_nothing_is_left_everybody_has_everything_and_an_officer_is_told_before() -> None:
    assert total([None], [500], {0}) == 500
    with pytest.raises(RuleError, match="regrade-nothing-left"):
        require_left(1, {0})
    require_left(2, {0})


@pytest.mark.parametrize(
    ("correction", "type_", "answer", "expected"),
    [
        (Correction(Mode.KEY, ((1,),)), SINGLE, {1}, 250),
        (Correction(Mode.KEY, ((1,),)), SINGLE, {0}, 0),
        (Correction(Mode.ACCEPT, ((0,), (2,))), SINGLE, {2}, 250),
        (Correction(Mode.ACCEPT, ((0, 1), (0, 1, 2))), MULTIPLE, {0, 1, 2}, 250),
        (Correction(Mode.ACCEPT, ((0, 1), (0, 1, 2))), MULTIPLE, {0, 3}, 0),
        (Correction(Mode.KEY, ((("甲", "乙"),),)), FILL, ["乙"], 250),
        (Correction(Mode.FULL), JUDGE, set(), 250),
        (Correction(Mode.FULL), SHORT, [], 250),
        (Correction(Mode.VOID), JUDGE, {0}, None),
    ],
)
def test_marks_under_a_correction(correction: Correction, type_: Any, answer: Any, expected: int | None) -> None:
    assert mark(correction, type_, answer, 250) == expected


@pytest.mark.parametrize(
    ("correction", "type_", "key", "current", "code"),
    [
        (Correction(Mode.KEY, ()), SINGLE, [0], None, "regrade-no-key"),
        (Correction(Mode.KEY, ((9,),)), SINGLE, [0], None, "regrade-key-unsound"),
        (Correction(Mode.KEY, ((0, 1),)), SINGLE, [0], None, "regrade-key-unsound"),
        (Correction(Mode.KEY, ((0,),)), SINGLE, [0], None, "regrade-same-key"),
        (Correction(Mode.KEY, ((1, 0),)), MULTIPLE, [0, 1], None, "regrade-same-key"),
        (Correction(Mode.KEY, ((("甲",),),)), FILL, [["甲"], ["乙"]], None, "regrade-key-unsound"),
        (Correction(Mode.KEY, (("别的",),)), SHORT, ["要点"], None, "regrade-by-hand"),
        (Correction(Mode.FULL), SINGLE, [0], Correction(Mode.FULL), "regrade-same-key"),
    ],
)
def test_what_is_refused(correction: Correction, type_: Any, key: Any, current: Any, code: str) -> None:
    with pytest.raises(RuleError) as error:
        check(correction, type_, 4, key, current)
    assert error.value.code == code


def test_back_to_the_first_key_is_a_regrade_too() -> None:
    check(Correction(Mode.KEY, ((0,),)), SINGLE, 4, [0], Correction(Mode.KEY, ((1,),)))


def test_accepting_adds_keys_and_for_blanks_spellings() -> None:
    assert accepting(SINGLE, [(0,)], [(0,), (2,)]) == ((0,), (2,))
    assert accepting(FILL, [(("甲",), ("乙",))], [(("甲", "丙"), ("丁",))]) == ((("甲", "丙"), ("乙", "丁")),)


def test_void_places() -> None:
    assert void_places([5, 7, 9], {7: Correction(Mode.VOID), 9: Correction(Mode.FULL)}) == {1}
