"""When a meeting may change its state, and when a decision is late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.meetings import rules
from portal.meetings.rules import DecisionState, DueState, MeetingState

TODAY = date(2026, 11, 25)


def code_of(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(RuleError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code


def test_the_way_of_a_meeting() -> None:
    allowed = {(before, after) for before in MeetingState for after in MeetingState if _passes(before, after)}
    assert allowed == {
        (MeetingState.PLANNED, MeetingState.HELD),
        (MeetingState.PLANNED, MeetingState.CANCELLED),
        (MeetingState.HELD, MeetingState.RECORDED),
        (MeetingState.RECORDED, MeetingState.HELD),
        (MeetingState.CANCELLED, MeetingState.PLANNED),
    }


def _passes(before: MeetingState, after: MeetingState) -> bool:
    try:
        rules.check_step(before, after, held_on=TODAY, today=TODAY)
    except RuleError:
        return False
    return True


def test_nothing_is_held_before_its_day() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert (
        code_of(rules.check_step, MeetingState.PLANNED, MeetingState.HELD, held_on=tomorrow, today=TODAY)
        == "meeting-not-yet"
    )
    rules.check_step(MeetingState.PLANNED, MeetingState.CANCELLED, held_on=tomorrow, today=TODAY)


@pytest.mark.parametrize("state", MeetingState)
def test_recorded_and_cancelled_ones_are_closed(state: MeetingState) -> None:
    if state in {MeetingState.RECORDED, MeetingState.CANCELLED}:
        assert code_of(rules.check_open, state) == "meeting-closed"
    else:
        rules.check_open(state)


@given(st.integers(-400, 400))
def test_due_state_by_days_left(days: int) -> None:
    wanted = DueState.OVERDUE if days < 0 else DueState.SOON if days <= 7 else DueState.LATER
    assert rules.due_state(DecisionState.OPEN, TODAY + timedelta(days=days), TODAY) is wanted
    assert rules.due_state(DecisionState.DONE, TODAY + timedelta(days=days), TODAY) is DueState.CLOSED


def test_without_a_day_nothing_is_late() -> None:
    assert rules.due_state(DecisionState.OPEN, None, TODAY) is DueState.NO_DATE
    assert rules.due_state(DecisionState.DROPPED, None, TODAY) is DueState.CLOSED


def test_closing_says_how_and_happens_once() -> None:
    assert code_of(rules.check_close, DecisionState.OPEN, "") == "note-missing"
    assert code_of(rules.check_close, DecisionState.DONE, "已办结") == "decision-closed"
    rules.check_close(DecisionState.OPEN, "已办结")
