"""Who has not sat, who sits again, and the figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules.roster import (
    RosterLine,
    distribution,
    figures,
    mean,
    not_sat,
    rate,
    resit_candidates,
)
from portal.exams.rules.round import RosterStatus

SHOULD, DEFERRED, EXEMPT = RosterStatus
LINES = [
    RosterLine(1, 10, SHOULD, sat=True, best=9200),
    RosterLine(2, 10, SHOULD, sat=True, best=5999),
    RosterLine(3, 10, SHOULD, sat=False),
    RosterLine(4, 11, DEFERRED, sat=False),
    RosterLine(5, 11, EXEMPT, sat=False),
    RosterLine(6, 11, SHOULD, sat=True, best=None),  # handed in, the score is still to come
    RosterLine(7, 11, SHOULD, sat=True, best=6000),
    RosterLine(8, 11, EXEMPT, sat=True, best=100),
]


def ids(lines: list[RosterLine]) -> list[int]:
    return [line.user_id for line in lines]


def test_who_has_not_sat() -> None:
    assert ids(not_sat(LINES)) == [3]


def test_who_sits_again() -> None:
    assert ids(resit_candidates(LINES, pass_line=6000)) == [2, 3, 4]


def test_the_figures_of_a_round() -> None:
    result = figures(LINES, pass_line=6000, excellent_line=9000)
    assert (result.should, result.sat, result.deferred, result.exempt) == (5, 4, 1, 2)
    assert (result.passed, result.excellent, result.scores) == (2, 1, (9200, 5999, 6000))
    assert (result.participation_rate, result.pass_rate, result.excellent_rate) == (8000, 6667, 3333)


def test_without_a_base_there_is_no_rate() -> None:
    nobody = figures([], 6000, None)
    assert (nobody.participation_rate, nobody.pass_rate, nobody.excellent_rate) == (None, None, None)
    assert mean([]) is None


@pytest.mark.parametrize(
    ("part", "base", "expected"), [(1, 3, 3333), (2, 3, 6667), (1, 32, 313), (0, 7, 0), (7, 7, 10_000)]
)
def test_rates_are_rounded_half_up(part: int, base: int, expected: int) -> None:
    assert rate(part, base) == expected


def test_the_mean_is_rounded_half_up() -> None:
    assert mean([1, 2]) == 2
    assert mean([100, 100, 101]) == 100


def test_bands_are_ten_points_wide_and_full_marks_are_in_the_top_one() -> None:
    bands = distribution([0, 999, 1000, 5999, 6000, 9000, 10_000], 10_000)
    assert [band.count for band in bands] == [2, 1, 0, 0, 0, 1, 1, 0, 0, 2]
    assert (bands[0].low, bands[0].high, bands[-1].low, bands[-1].high) == (0, 1000, 9000, 10_000)


def test_a_maximum_that_is_no_multiple_of_ten_has_a_short_top_band() -> None:
    assert [(band.low, band.high, band.count) for band in distribution([1000, 2500], 2500)] == [
        (0, 1000, 0),
        (1000, 2000, 1),
        (2000, 2500, 1),
    ]


@given(maximum=st.integers(1, 20_000), data=st.data())
def test_every_score_stands_in_one_band_that_holds_it(maximum: int, data: st.DataObject) -> None:
    scores = data.draw(st.lists(st.integers(0, maximum), max_size=30))
    bands = distribution(scores, maximum)
    assert sum(band.count for band in bands) == len(scores)
    assert [band.low for band in bands][1:] == [band.high for band in bands][:-1]
    assert bands[-1].high == maximum
    for band in bands:
        top = maximum + 1 if band is bands[-1] else band.high
        assert band.count == sum(band.low <= score < top for score in scores)


@given(
    st.lists(
        st.builds(
            RosterLine,
            st.integers(1, 99),
            st.integers(1, 3),
            st.sampled_from(RosterStatus),
            st.booleans(),
            st.none() | st.integers(0, 10_000),
        )
    )
)
def test_rates_stay_within_a_hundred_percent_and_nobody_who_passed_sits_again(lines: list[RosterLine]) -> None:
    result = figures(lines, 6000, 9000)
    for one in (result.participation_rate, result.pass_rate, result.excellent_rate):
        assert one is None or 0 <= one <= 10_000
    again = resit_candidates(lines, 6000)
    assert all(line.status is not EXEMPT for line in again)
    assert not any(line.sat and line.best is not None and line.best >= 6000 for line in again)
    assert set(not_sat(lines)) <= set(again)
