"""What an answer is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules.drawing import to_key_space
from portal.exams.rules.marking import (
    PartialRule,
    best_attempt,
    excellent,
    mark,
    passed,
    round_half_up,
    total,
)
from portal.exams.rules.question import QuestionType

SINGLE, MULTIPLE, JUDGE, FILL, SHORT = QuestionType
OPTIONS = 6
option_sets = st.frozensets(st.integers(0, OPTIONS - 1), max_size=OPTIONS)
keys = st.frozensets(st.integers(0, OPTIONS - 1), min_size=1, max_size=OPTIONS)
points_ = st.integers(0, 10_000)
weight_maps = st.dictionaries(st.integers(0, OPTIONS - 1), st.fractions(-1, 1, max_denominator=20))
unweighted = st.sampled_from([PartialRule.ALL, PartialRule.PARTIAL_HALF, PartialRule.PARTIAL_EACH])


@pytest.mark.parametrize("type_", [SINGLE, JUDGE])
@pytest.mark.parametrize(("answer", "expected"), [({1}, 250), ({0}, 0), (set(), 0), ({0, 1}, 0)])
def test_one_right_option(type_: QuestionType, answer: set[int], expected: int) -> None:
    assert mark(type_, {1}, answer, 250) == expected


@pytest.mark.parametrize(
    ("rule", "answer", "expected"),
    [
        (PartialRule.ALL, {0, 1, 3}, 300),
        (PartialRule.ALL, {0, 1}, 0),
        (PartialRule.ALL, {0, 1, 2, 3}, 0),
        (PartialRule.PARTIAL_HALF, {0, 1, 3}, 300),
        (PartialRule.PARTIAL_HALF, {0}, 150),
        (PartialRule.PARTIAL_HALF, {0, 2}, 0),
        (PartialRule.PARTIAL_HALF, set(), 0),
        (PartialRule.PARTIAL_EACH, {0, 1, 3}, 300),
        (PartialRule.PARTIAL_EACH, {0, 1}, 200),
        (PartialRule.PARTIAL_EACH, {0, 1, 2}, 0),
        (PartialRule.PARTIAL_EACH, set(), 0),
    ],
)
def test_several_right_options(rule: PartialRule, answer: set[int], expected: int) -> None:
    assert mark(MULTIPLE, {0, 1, 3}, answer, 300, rule) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [({0}, Fraction(100)), ({0, 1}, Fraction(200)), ({0, 1, 2}, Fraction(100)), ({2}, 0), ({0, 1, 3}, 300), ({5}, 0)],
)
def test_weights_are_added_and_kept_between_nothing_and_full(answer: set[int], expected: Fraction) -> None:
    weights = {0: Fraction(1, 3), 1: Fraction(1, 3), 2: Fraction(-1, 3), 3: Fraction(1)}
    assert mark(MULTIPLE, {0, 1, 3}, answer, 300, PartialRule.WEIGHTED, weights) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (["六十日", "15"], 300),
        (["　60日 ", "１５"], 300),
        (["六十日", ""], 150),
        (["", "15"], 150),
        (["15", "六十日"], 0),  # in order
        (["六 十日", "x"], 0),
        (["", ""], 0),
        ([], 0),
        (["六十日"], 150),
        (["六十日", "15", "15"], 300),
    ],
)
def test_blanks_share_the_points_equally(answer: list[str], expected: int) -> None:
    assert mark(FILL, [{"六十日", "60日"}, {"15"}], answer, 300) == expected


def test_an_empty_spelling_in_the_key_gives_nothing_away() -> None:
    assert mark(FILL, [{"", "甲"}], [" "], 300) == 0
    assert mark(FILL, [], ["甲"], 300) == 0


def test_a_short_answer_is_marked_by_a_person() -> None:
    assert mark(SHORT, [], ["要点"], 1000) is None
    with pytest.raises(RuleError) as error:
        total([Fraction(100), None])
    assert error.value.code == "marking-by-hand-open"


def test_the_score_is_rounded_once_and_half_up() -> None:
    third = Fraction(100, 3)
    assert total([third, third, third]) == 100
    assert total([Fraction(1, 2)]) == 1
    assert total([Fraction(5, 2)]) == 3  # not to the even neighbour
    assert total([Fraction(1, 3)]) == 0
    assert total([]) == 0


@given(st.fractions())
def test_rounding_moves_by_half_at_most_and_halves_go_up(value: Fraction) -> None:
    assert -Fraction(1, 2) < round_half_up(value) - value <= Fraction(1, 2)


@given(
    key=keys,
    answer=option_sets,
    points=points_,
    rule=st.sampled_from(PartialRule),
    weights=weight_maps,
    type_=st.sampled_from([SINGLE, MULTIPLE, JUDGE]),
)
def test_a_mark_lies_between_nothing_and_full(
    key: frozenset[int],
    answer: frozenset[int],
    points: int,
    rule: PartialRule,
    weights: dict[int, Fraction],
    type_: QuestionType,
) -> None:
    score = mark(type_, key, answer, points, rule, weights)
    assert score is not None
    assert 0 <= score <= points
    if not answer:
        assert score == 0


@given(key=keys, points=points_, rule=unweighted, data=st.data())
def test_one_more_right_option_never_costs(
    key: frozenset[int], points: int, rule: PartialRule, data: st.DataObject
) -> None:
    answer = data.draw(st.frozensets(st.sampled_from(sorted(key))))
    more = answer | {data.draw(st.sampled_from(sorted(key)))}
    before, after = mark(MULTIPLE, key, answer, points, rule), mark(MULTIPLE, key, more, points, rule)
    assert before is not None
    assert after is not None
    assert before <= after


@given(key=keys, answer=option_sets, wrong=st.integers(0, OPTIONS - 1), points=points_, rule=unweighted)
def test_one_more_wrong_option_never_pays(
    key: frozenset[int], answer: frozenset[int], wrong: int, points: int, rule: PartialRule
) -> None:
    if wrong in key:
        return
    before, after = mark(MULTIPLE, key, answer, points, rule), mark(MULTIPLE, key, answer | {wrong}, points, rule)
    assert before is not None
    assert after is not None
    assert after <= before


@given(
    key=keys,
    answer=option_sets,
    points=points_,
    rule=st.sampled_from(PartialRule),
    weights=weight_maps,
    order=st.permutations(range(OPTIONS)),
)
def test_the_order_of_the_options_on_the_paper_does_not_matter(
    key: frozenset[int],
    answer: frozenset[int],
    points: int,
    rule: PartialRule,
    weights: dict[int, Fraction],
    order: list[int],
) -> None:
    places = [order.index(option) for option in answer]
    on_paper = mark(MULTIPLE, key, to_key_space(order, places), points, rule, weights)
    assert on_paper == mark(MULTIPLE, key, answer, points, rule, weights)


@given(key=st.lists(st.frozensets(st.text(max_size=3), max_size=3), max_size=4), data=st.data(), points=points_)
def test_a_right_blank_never_costs(key: list[frozenset[str]], data: st.DataObject, points: int) -> None:
    answer = data.draw(st.lists(st.text(max_size=3), min_size=len(key), max_size=len(key)))
    before = mark(FILL, key, answer, points)
    assert before is not None
    assert 0 <= before <= points
    for index, accepted in enumerate(key):
        for spelling in accepted:
            after = mark(FILL, key, [*answer[:index], spelling, *answer[index + 1 :]], points)
            assert after is not None
            assert after >= before or not spelling.strip()


def test_on_the_line_is_passed() -> None:
    assert passed(6000, 6000)
    assert not passed(5999, 6000)
    assert excellent(9000, 9000)
    assert not excellent(8999, 9000)
    assert not excellent(10_000, None)


@dataclass(frozen=True)
class Sat:
    score: int | None
    submitted_at: datetime | None


T0 = datetime(2026, 11, 23, tzinfo=UTC)


@given(
    st.lists(
        st.builds(
            Sat,
            st.none() | st.integers(0, 3),
            st.none() | st.integers(0, 3).map(lambda hours: T0 + timedelta(hours=hours)),
        )
    )
)
def test_the_best_attempt_counts_and_the_earliest_on_a_tie(attempts: list[Sat]) -> None:
    marked = [(-one.score, one.submitted_at) for one in attempts if one.score is not None and one.submitted_at]
    best = best_attempt(attempts)
    if best is None:
        assert marked == []
    else:
        assert best.score is not None
        assert (-best.score, best.submitted_at) == min(marked)
