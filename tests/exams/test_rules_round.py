"""When a round is open, who may start, and what is shown afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules.attempt import GRACE
from portal.exams.rules.round import (
    ReviewItem,
    ReviewPolicy,
    RosterStatus,
    RoundKind,
    RoundPhase,
    RoundState,
    RoundView,
    When,
    may_start,
    move_round,
    review_opens,
    round_phase,
    shown,
)

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def code_of(error: pytest.ExceptionInfo[RuleError]) -> str:
    return error.value.code


ROUND = RoundView(kind=RoundKind.MAIN, state=RoundState.PUBLISHED, opens=T0, closes=T0 + timedelta(days=5))


def start(**changes: object) -> None:
    given_: dict[str, object] = {
        "round_": ROUND,
        "status": RosterStatus.SHOULD,
        "used": 0,
        "allowed": 1,
        "passed": False,
        "now": T0,
    }
    may_start(**(given_ | changes))  # type: ignore[arg-type]


def test_a_person_on_the_roster_may_start_within_the_window() -> None:
    start()
    start(now=ROUND.closes - SECOND)
    start(used=1, allowed=2, passed=True)  # the best attempt counts, so a passed one may be bettered
    start(used=40, allowed=None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"now": T0 - SECOND}, "round-not-open"),
        ({"round_": replace(ROUND, state=RoundState.DRAFT)}, "round-not-open"),
        ({"now": ROUND.closes}, "round-closed"),
        ({"round_": replace(ROUND, state=RoundState.ARCHIVED)}, "round-closed"),
        ({"status": None}, "not-on-roster"),
        ({"status": RosterStatus.EXEMPT}, "exempt"),
        ({"status": RosterStatus.DEFERRED}, "deferred"),
        ({"used": 1}, "no-attempts-left"),
        ({"round_": replace(ROUND, kind=RoundKind.SUPERIOR)}, "round-not-online"),
        ({"round_": replace(ROUND, kind=RoundKind.PAPER)}, "round-not-online"),
        ({"round_": replace(ROUND, kind=RoundKind.RESIT), "passed": True}, "already-passed"),
    ],
)
def test_why_a_person_may_not_start(changes: dict[str, object], code: str) -> None:
    with pytest.raises(RuleError) as error:
        start(**changes)
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("state", "offset", "expected"),
    [
        (RoundState.DRAFT, 1, RoundPhase.DRAFT),
        (RoundState.PUBLISHED, -1, RoundPhase.UPCOMING),
        (RoundState.PUBLISHED, 0, RoundPhase.OPEN),
        (RoundState.PUBLISHED, 5 * 86400, RoundPhase.CLOSED),
        (RoundState.ARCHIVED, 1, RoundPhase.ARCHIVED),
    ],
)
def test_a_round_opens_and_closes_by_the_clock(state: RoundState, offset: int, expected: RoundPhase) -> None:
    assert round_phase(replace(ROUND, state=state), T0 + timedelta(seconds=offset)) is expected


def test_a_round_moves_forward_only() -> None:
    draft = replace(ROUND, state=RoundState.DRAFT)
    archived = replace(ROUND, state=RoundState.ARCHIVED)
    assert move_round(draft, RoundState.PUBLISHED, T0) is RoundState.PUBLISHED
    assert move_round(ROUND, RoundState.ARCHIVED, ROUND.closes) is RoundState.ARCHIVED
    for source, to, now, code in [
        (ROUND, RoundState.ARCHIVED, T0, "round-still-open"),
        (draft, RoundState.ARCHIVED, T0, "round-transition"),
        (ROUND, RoundState.DRAFT, T0, "round-transition"),
        (archived, RoundState.PUBLISHED, T0, "round-transition"),
        (draft, RoundState.PUBLISHED, ROUND.closes, "round-closed"),
    ]:
        with pytest.raises(RuleError) as error:
            move_round(source, to, now)
        assert code_of(error) == code


# ---- what is shown afterwards ------------------------------------------------------------------------------------

POLICY = ReviewPolicy(score=When.AT_ONCE, answers=When.AT_ONCE, key=When.AFTER_CLOSING, analysis=When.NEVER)


def test_review_follows_the_policy() -> None:
    at_once = {ReviewItem.SCORE, ReviewItem.ANSWERS}
    assert shown(POLICY, submitted=True, round_closed=False) == at_once
    assert shown(POLICY, submitted=True, round_closed=True) == at_once | {ReviewItem.KEY}


@given(
    whens=st.tuples(*[st.sampled_from(When)] * 4),
    submitted=st.booleans(),
)
def test_closing_the_round_only_adds_and_nothing_is_shown_before_handing_in(
    whens: tuple[When, When, When, When], submitted: bool
) -> None:
    policy = ReviewPolicy(*whens)
    before = shown(policy, submitted=submitted, round_closed=False)
    after = shown(policy, submitted=submitted, round_closed=True)
    assert before <= after
    if not submitted:
        assert after == frozenset()


def test_the_key_waits_for_the_last_person_with_extra_time() -> None:
    assert review_opens(ROUND.closes, [0, 15, 5]) == ROUND.closes + timedelta(minutes=15) + GRACE
    assert review_opens(ROUND.closes, []) == ROUND.closes + GRACE
