"""The rules of a contest: the clock of each question, places, who may see the board."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules.contest import (
    QUESTION_GRACE,
    Audience,
    BoardPolicy,
    NamesShown,
    QuestionClock,
    Standing,
    UnitEntry,
    last_moment,
    may_see_board,
    move_on,
    named,
    places,
    rank_units,
    ranking,
    seconds_each,
    takes,
    turn,
    used_seconds,
)

START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def clock_of(seconds: int = 30, count: int = 4, due: float = 10**6) -> QuestionClock:
    return QuestionClock(seconds, count, 1, START, after(due))


# ---- the clock ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "position", "finished"),
    [(0, 1, False), (29.9, 1, False), (30, 2, False), (119.9, 4, False), (120, 5, True), (9_999, 334, True)],
)
def test_the_clock_goes_on_by_itself(at: float, position: int, finished: bool) -> None:
    found = turn(clock_of(), after(at))
    assert (found.position, found.finished) == (position, finished)
    assert found.opened == after(30 * (position - 1))


def test_nothing_is_open_from_the_deadline_on() -> None:
    clock = clock_of(due=70)
    assert turn(clock, after(69)).ends == after(70)
    assert turn(clock, after(70)).finished
    assert takes(clock, 3, after(70) + QUESTION_GRACE - timedelta(seconds=0.1))
    assert not takes(clock, 3, after(70) + QUESTION_GRACE)


def test_an_answer_on_its_way_is_taken_within_the_grace_and_no_later() -> None:
    clock = clock_of()
    assert takes(clock, 1, after(30) + QUESTION_GRACE - timedelta(milliseconds=1))
    assert not takes(clock, 1, after(30) + QUESTION_GRACE)
    assert not takes(clock, 2, after(29)), "not reached yet"


def test_a_question_that_was_left_takes_nothing() -> None:
    moved = move_on(clock_of(), 1, after(10))
    assert (moved.position, moved.opened) == (2, after(10))
    assert not takes(moved, 1, after(10.1))
    assert takes(moved, 2, after(10))
    assert turn(moved, after(39.9)).position == 2
    assert turn(moved, after(40)).position == 3


def test_a_second_click_skips_nothing() -> None:
    once = move_on(clock_of(), 1, after(10))
    assert move_on(once, 1, after(10.2)) == once
    assert move_on(clock_of(), 1, after(31)) == clock_of(), "the clock was faster"
    assert move_on(clock_of(), 4, after(121)) == clock_of(), "all over"


moves = st.lists(st.floats(min_value=0, max_value=200, allow_nan=False), max_size=12)


@given(moves, st.integers(5, 60), st.integers(1, 6), st.floats(0, 500, allow_nan=False))
def test_no_question_is_open_longer_than_its_time_and_none_comes_back(
    at: list[float], seconds: int, count: int, due: float
) -> None:
    """Whenever somebody clicks 下一题: each question is open once, in order, for its seconds at most."""
    clock, seen = clock_of(seconds, count, due), 0
    for moment in sorted(at):
        here = turn(clock, after(moment))
        assert here.position >= seen
        seen = here.position
        if not here.finished:
            assert here.ends - here.opened <= timedelta(seconds=seconds)
            assert here.opened <= after(moment) < here.ends
            clock = move_on(clock, here.position, after(moment))
            assert not takes(clock, here.position, after(moment))
    assert turn(clock, last_moment(START, seconds, count)).finished


@given(st.floats(0, 300, allow_nan=False), st.integers(5, 60), st.integers(1, 6))
def test_at_any_moment_the_open_question_and_at_most_the_one_before_are_taken(
    at: float, seconds: int, count: int
) -> None:
    clock = clock_of(seconds, count)
    here = turn(clock, after(at))
    taken = {place for place in range(1, count + 1) if takes(clock, place, after(at))}
    assert taken <= {here.position, here.position - 1}
    assert (here.position in taken) is not here.finished


@given(st.integers(5, 600), st.integers(0, 240), st.integers(1, 200))
def test_extra_minutes_are_shared_out_and_none_is_lost(seconds: int, extra: int, count: int) -> None:
    assert count * (seconds_each(seconds, extra, count) - seconds) >= extra * 60
    assert seconds_each(seconds, 0, count) == seconds


# ---- places ------------------------------------------------------------------------------------------------------


def test_the_example_of_the_rule() -> None:
    same = [(9000, 100, 5), (9000, 100, 5)]
    lines = [Standing(number, *each) for number, each in enumerate([(8000, 50, 1), *same, (9500, 300, 9)])]
    assert [(place, each.user_id) for place, each in ranking(lines)] == [(1, 3), (2, 1), (2, 2), (4, 0)]


def test_score_then_time_then_who_was_first() -> None:
    slow, fast, late = Standing(1, 9000, 200, 10), Standing(2, 9000, 100, 90), Standing(3, 9000, 100, 91)
    assert [each.user_id for _, each in ranking([late, slow, fast])] == [2, 3, 1]


standing = st.builds(
    Standing, st.integers(1, 10**6), st.sampled_from([0, 5000, 10_000]), st.integers(0, 3), st.integers(0, 3)
)


@given(st.lists(standing, max_size=30))
def test_a_place_is_one_more_than_those_who_are_better(lines: list[Standing]) -> None:
    for place, each in ranking(lines):
        assert place == 1 + sum(other.order < each.order for other in lines)


@given(st.lists(st.integers(0, 5)))
def test_everybody_gets_a_place(lines: list[int]) -> None:
    assert sorted(line for _place, line in places(lines, lambda line: line)) == sorted(lines)


def test_the_grace_does_not_count_as_time_used() -> None:
    due = after(600)
    assert used_seconds(START, after(660), due) == 600
    assert used_seconds(START, after(61.9), due) == 61


def test_units_by_mean_and_by_participation_and_never_by_sum() -> None:
    big = UnitEntry(1, "大", people=100, took=50, points=50 * 8000)
    small = UnitEntry(2, "小", people=3, took=3, points=3 * 9000)
    single = UnitEntry(3, "一", people=1, took=1, points=10_000)
    nobody = UnitEntry(4, "无", people=9, took=0, points=0)
    found = {
        each.entry.name: (each.by_mean, each.by_participation) for each in rank_units([big, single, small, nobody], 2)
    }
    assert found == {"小": (1, 1), "大": (2, 2), "一": (None, None), "无": (None, None)}
    assert nobody.mean is None
    assert UnitEntry(5, "调走", people=1, took=2, points=0).participation == 1


entry = st.builds(
    UnitEntry, st.integers(1, 9), st.just("单位"), people=st.integers(0, 9), took=st.integers(0, 9),
    points=st.integers(0, 90_000),
)  # fmt: skip


@given(st.lists(entry, max_size=12), st.integers(1, 5))
def test_no_unit_is_lost_and_only_those_with_enough_people_are_ranked(units: list[UnitEntry], least: int) -> None:
    found = rank_units(units, least)
    assert sorted(map(id, units)) == sorted(id(each.entry) for each in found)
    assert all((each.by_mean is None) == (each.entry.took < least) for each in found)
    assert all((each.by_mean is None) == (each.by_participation is None) for each in found)


# ---- who may see it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(
    ("audience", "handed_in", "seen"),
    [
        (Audience.ORGANISERS, True, False),
        (Audience.PARTICIPANTS, False, False),
        (Audience.PARTICIPANTS, True, True),
        (Audience.EVERYBODY, False, True),
    ],
)
def test_who_sees_the_board(closed: bool, audience: Audience, handed_in: bool, seen: bool) -> None:
    other = Audience.EVERYBODY if audience is Audience.ORGANISERS else Audience.ORGANISERS
    during, after_ = (other, audience) if closed else (audience, other)
    policy = BoardPolicy(during, after_, score_during=True, score_after=True)
    assert may_see_board(policy, closed=closed, handed_in=handed_in) is seen
    hidden = BoardPolicy(during, after_, score_during=False, score_after=False)
    assert not may_see_board(hidden, closed=closed, handed_in=handed_in)


def test_whose_name_is_shown() -> None:
    assert [named(names, agreed=False) for names in NamesShown] == [True, False, False]
    assert [named(names, agreed=True) for names in NamesShown] == [True, True, False]
