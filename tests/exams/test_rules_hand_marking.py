"""Criteria, one marker or two, and what counts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules.hand_marking import (
    Criterion,
    Given,
    TaskState,
    check_points,
    criteria_of,
    may_mark,
    read_criteria,
    standing,
    written,
)

WAITING, DIFFERING, DONE = TaskState.WAITING, TaskState.DIFFERING, TaskState.DONE
TEXTS = st.text(alphabet="甲乙丙丁原则期限", min_size=1, max_size=20)


@given(st.lists(st.tuples(TEXTS, st.integers(1, 2000)), min_size=1, max_size=20))
def test_criteria_read_back_as_written(pairs: list[tuple[str, int]]) -> None:
    criteria = tuple(Criterion(text, points) for text, points in pairs)
    assert read_criteria(written(criteria), sum(points for _, points in pairs)) == criteria


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("没有分值", "rubric-line"),
        ("要点 | 0", "rubric-line"),
        ("要点 | 3\n另一条 | 1", "rubric-sum"),
        ("", "rubric-sum"),
    ],
)
def test_criteria_that_cannot_be_read(text: str, code: str) -> None:
    with pytest.raises(RuleError) as error:
        read_criteria(text, 500)
    assert error.value.code == code


def test_a_model_answer_may_name_its_criteria() -> None:
    model = "属地管理、分级负责；（2分）\n谁主管、谁负责。（3 分）"
    assert criteria_of(model, 500) == (Criterion("属地管理、分级负责；", 200), Criterion("谁主管、谁负责。", 300))
    assert criteria_of(model, 600) == (Criterion("", 600),)
    assert criteria_of("", 600) == (Criterion("", 600),)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_two_markers(first: int, second: int, third: int, limit: int) -> None:
    given_ = [Given(1, (first,)), Given(2, (second,))]
    assert standing(given_[:1], 2, limit).state is WAITING
    both = standing(given_, 2, limit)
    if abs(first - second) <= limit:
        assert both.state is DONE
        assert both.final == Fraction(first + second, 2)
    else:
        assert both.state is DIFFERING
        decided = standing([*given_, Given(3, (third,))], 2, limit)
        assert (decided.state, decided.final) == (DONE, third)


def test_one_marker_is_enough_by_default() -> None:
    assert standing([Given(1, (200, 50))], 1, 0).final == 250


@pytest.mark.parametrize(
    ("marker", "state", "code"), [(9, WAITING, "mark-own"), (1, WAITING, "mark-twice"), (2, DONE, "mark-done")]
)
def test_who_may_not_mark(marker: int, state: TaskState, code: str) -> None:
    with pytest.raises(RuleError) as error:
        may_mark(marker, 9, [Given(1, (100,))], state)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("points", "code"), [([100], "mark-missing"), ([100, None], "mark-missing"), ([100, 301], "mark-range")]
)
def test_points_stay_within_their_criteria(points: list[int | None], code: str) -> None:
    with pytest.raises(RuleError) as error:
        check_points((Criterion("甲", 200), Criterion("乙", 300)), points)
    assert error.value.code == code


def test_points_are_given_in_order() -> None:
    assert check_points((Criterion("甲", 200), Criterion("乙", 300)), [200, 0]) == (200, 0)
