"""The formulae of the item analysis."""

from __future__ import annotations

import math
import statistics as plain
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules import statistics as rules

ONE = Fraction(1)
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), ONE]), min_size=width, max_size=width),
        min_size=2,
        max_size=12,
    )
)


@given(tables)
def test_the_figures_are_those_of_the_definitions(table: list[list[Fraction]]) -> None:
    width = len(table[0])
    found = rules.items(rules.sums_of(table, [ONE] * width))
    totals = [float(sum(row)) for row in table]
    for place, each in enumerate(found):
        x = [float(row[place]) for row in table]
        r = [total - mark for total, mark in zip(totals, x, strict=True)]
        assert each.facility == pytest.approx(sum(x) / len(x))
        assert each.sd == pytest.approx(plain.stdev(x))
        assert each.covariance == pytest.approx(plain.covariance(x, r))
        assert each.covariance_max == pytest.approx(plain.covariance(sorted(x), sorted(r)))
        if plain.stdev(x) > 1e-6 and plain.stdev(r) > 1e-6:
            assert each.discrimination == pytest.approx(100 * plain.correlation(x, r))
        else:
            assert each.discrimination is None
    weights = [each.weight for each in found if each.weight is not None]
    assert not weights or sum(weights) == pytest.approx(100)


@given(tables)
def test_indices_stay_within_their_bounds(table: list[list[Fraction]]) -> None:
    for each in rules.items(rules.sums_of(table, [ONE] * len(table[0]))):
        assert 0 <= (each.facility or 0) <= 1
        assert -100.0001 <= (each.discrimination or 0) <= 100.0001
        assert (each.efficiency or 0) <= 100.0001
        assert -1 <= (each.upper_lower or 0) <= 1


def test_alpha_and_the_standard_error() -> None:
    table = [[ONE, ONE, ONE], [ONE, ONE, Fraction(0)], [ONE, Fraction(0), Fraction(0)], [Fraction(0)] * 3]
    totals = [sum(row, Fraction(0)) for row in table]
    items, test = rules.analyse(
        rules.sums_of(table, [ONE] * 3), 4, sum(totals), sum((each * each for each in totals), Fraction(0))
    )
    # Sums of item variances 1/4 + 1/3 + 1/4, variance of the totals 5/3.
    assert test.alpha == pytest.approx(3 / 2 * (1 - (5 / 6) / (5 / 3)))
    assert test.error == pytest.approx(math.sqrt(5 / 3) * math.sqrt(0.25))
    assert (test.people, test.items, test.mean) == (4, 3, 1.5)
    assert [each.upper_lower for each in items] == [1, 1, 1]


def test_nothing_is_said_where_nothing_is_known() -> None:
    (only,) = rules.items(rules.sums_of([[ONE]], [ONE]))
    assert (only.n, only.facility) == (1, 1)
    assert {only.sd, only.discrimination, only.efficiency, only.upper_lower, only.weight} == {None}
    assert rules.whole(1, ONE, ONE, [None], same=True).alpha is None
    drawn = rules.whole(9, Fraction(5), Fraction(4), [0.1, 0.2], same=False)
    assert (drawn.alpha, drawn.error) == (None, None)


@pytest.mark.parametrize(("people", "size"), [(1, 0), (2, 1), (10, 3), (25, 7), (100, 27), (5000, 1350)])
def test_the_groups_are_27_percent(people: int, size: int) -> None:
    assert rules.group_size(people) == size


@pytest.mark.parametrize(
    ("marks", "expected"),
    [([1, 1, 1, 1], ["very-easy"]), ([0, 0, 0, 0], ["very-hard"]), ([0, 0, 1, 1], ["backwards"]), ([1, 1, 0, 0], [])],
)
def test_what_asks_for_a_look(marks: list[int], expected: list[str]) -> None:
    others = [5, 4, 1, 0]
    table = [[Fraction(mark), Fraction(other)] for mark, other in zip(marks, others, strict=True)]
    assert rules.looks(rules.item(rules.sums_of(table, [ONE, Fraction(5)])[0])) == expected
