"""Deadlines, and which answer wins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules.attempt import (
    GRACE,
    MAX_COUNTER,
    AlreadyStored,
    Answer,
    AttemptState,
    AttemptView,
    Closed,
    CloseReason,
    Phase,
    Rev,
    Stored,
    TakenOver,
    close_attempt,
    decide_save,
    due_at,
    extend,
    highest_counter,
    merge,
    phase,
    take_over,
)

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DUE = T0 + timedelta(minutes=60)
OPEN = AttemptView(state=AttemptState.IN_PROGRESS, lease=1, due=DUE)
SECOND = timedelta(seconds=1)


def code_of(error: pytest.ExceptionInfo[RuleError]) -> str:
    return error.value.code


# ---- deadline ----------------------------------------------------------------------------------------------------


def test_the_deadline_is_the_minutes_or_the_closing_time_whichever_comes_first_plus_the_extra() -> None:
    closes = T0 + timedelta(minutes=90)
    assert due_at(T0, 60, closes, 0) == T0 + timedelta(minutes=60)
    assert due_at(T0 + timedelta(minutes=50), 60, closes, 0) == closes
    assert due_at(T0 + timedelta(minutes=50), 60, closes, 15) == closes + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (timedelta(0), Phase.IN_PROGRESS),
        (SECOND / 1000, Phase.GRACE),
        (GRACE, Phase.GRACE),
        (GRACE + SECOND / 1000, Phase.EXPIRED),
    ],
)
def test_grace_ends_on_its_sixtieth_second(offset: timedelta, expected: Phase) -> None:
    assert timedelta(seconds=60) == GRACE
    assert phase(OPEN, DUE + offset) is expected


def test_an_expired_attempt_counts_as_handed_in_for_every_reader() -> None:
    assert phase(OPEN, DUE + timedelta(days=3)).handed_in
    assert phase(replace(OPEN, state=AttemptState.SUBMITTED), T0).handed_in
    assert not phase(OPEN, DUE + GRACE).handed_in
    assert not phase(replace(OPEN, state=AttemptState.VOIDED), T0).handed_in


@given(
    state=st.sampled_from(AttemptState),
    offset=st.integers(-4000, 4000),
    extra=st.integers(0, 600),
)
def test_extra_time_never_reopens(state: AttemptState, offset: int, extra: int) -> None:
    view = replace(OPEN, state=state)
    now = DUE + timedelta(seconds=offset)
    new_due = DUE + timedelta(minutes=extra)
    if phase(view, now).writable:
        assert extend(view, new_due, now).due == new_due
    else:
        with pytest.raises(RuleError) as error:
            extend(view, new_due, now)
        assert code_of(error) == "attempt-closed"


def test_extra_time_is_never_negative() -> None:
    with pytest.raises(RuleError) as error:
        extend(OPEN, DUE - SECOND, T0)
    assert code_of(error) == "deadline-moved-back"


def test_closing_says_by_whom_and_how_late() -> None:
    by_hand = close_attempt(OPEN, T0 + SECOND)
    assert (by_hand.reason, by_hand.at, by_hand.late_seconds) == (CloseReason.USER, T0 + SECOND, 0)
    in_grace = close_attempt(OPEN, DUE + 7 * SECOND)
    assert (in_grace.reason, in_grace.at, in_grace.late_seconds) == (CloseReason.TIME, DUE + 7 * SECOND, 7)
    swept = close_attempt(OPEN, DUE + timedelta(hours=9))
    assert (swept.reason, swept.at, swept.late_seconds) == (CloseReason.TIME, DUE, 0)
    admin = close_attempt(OPEN, T0 + SECOND, admin=True)
    assert admin.reason is CloseReason.ADMIN


# ---- one save ----------------------------------------------------------------------------------------------------


def test_a_newer_answer_is_stored() -> None:
    assert decide_save(OPEN, owner=True, stored=None, incoming=Rev(1, 1), now=T0) == Stored(late_seconds=0)
    old = Answer(Rev(1, 1), ("0",))
    assert decide_save(OPEN, owner=True, stored=old, incoming=Rev(1, 2), now=T0) == Stored(late_seconds=0)


@pytest.mark.parametrize("counter", [1, 2])
def test_the_same_or_an_older_answer_is_acknowledged_and_changes_nothing(counter: int) -> None:
    stored = Answer(Rev(1, 2), ("0",))
    verdict = decide_save(OPEN, owner=True, stored=stored, incoming=Rev(1, counter), now=T0)
    assert verdict == AlreadyStored(late_seconds=0)
    assert verdict.status == 200


def test_late_seconds_are_rounded_up_within_the_grace() -> None:
    verdict = decide_save(OPEN, owner=True, stored=None, incoming=Rev(1, 1), now=DUE + timedelta(seconds=12.1))
    assert verdict == Stored(late_seconds=13)


def test_after_the_grace_a_save_is_closed() -> None:
    verdict = decide_save(OPEN, owner=True, stored=None, incoming=Rev(1, 1), now=DUE + GRACE + SECOND)
    assert isinstance(verdict, Closed)
    assert verdict.status == 410


@pytest.mark.parametrize("state", [AttemptState.SUBMITTED, AttemptState.VOIDED])
def test_a_closed_attempt_takes_no_answer(state: AttemptState) -> None:
    view = replace(OPEN, state=state)
    assert isinstance(decide_save(view, owner=True, stored=None, incoming=Rev(1, 1), now=T0), Closed)


def test_another_lease_is_told_that_it_was_taken_over() -> None:
    view = replace(OPEN, lease=2)
    verdict = decide_save(view, owner=True, stored=None, incoming=Rev(1, 9), now=T0)
    assert verdict == TakenOver(fills=True)
    assert verdict.status == 409


@pytest.mark.parametrize(
    ("stored", "fills"),
    [
        (None, True),
        (Answer(Rev(1, 3), ()), True),
        (Answer(Rev(1, 3), ("",)), True),
        (Answer(Rev(1, 3), ("0",)), False),  # the new page shows this answer: it must not change behind its back
        (Answer(Rev(2, 4), ()), False),  # cleared on purpose on the new page
        (Answer(Rev(1, 9), ()), False),
    ],
)
def test_a_late_answer_of_the_old_page_fills_only_a_blank(stored: Answer | None, fills: bool) -> None:
    view = replace(OPEN, lease=2)
    assert decide_save(view, owner=True, stored=stored, incoming=Rev(1, 9), now=T0) == TakenOver(fills=fills)


def test_a_lease_never_given_out_fills_nothing() -> None:
    assert decide_save(OPEN, owner=True, stored=None, incoming=Rev(7, 1), now=T0) == TakenOver(fills=False)


def test_somebody_elses_attempt_is_not_found() -> None:
    with pytest.raises(RuleError) as error:
        decide_save(OPEN, owner=False, stored=None, incoming=Rev(1, 1), now=T0)
    assert code_of(error) == "attempt-not-found"


@pytest.mark.parametrize(("lease", "counter"), [(-1, 0), (0, -1), (0, MAX_COUNTER + 1), (MAX_COUNTER + 1, 0)])
def test_a_revision_outside_the_range_is_refused(lease: int, counter: int) -> None:
    with pytest.raises(RuleError) as error:
        Rev(lease, counter)
    assert code_of(error) == "bad-revision"


# ---- many saves --------------------------------------------------------------------------------------------------

VALUES = st.lists(st.sampled_from(["0", "1", "2", "3"]), max_size=3, unique=True).map(tuple)


@dataclass
class Page:
    """One open page: its lease and its own counter."""

    lease: int
    counter: int


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, tuple[str, ...]]]:
    """Steps: answer a position, open elsewhere, or clear the browser and reload."""
    step = st.tuples(
        st.sampled_from(["answer", "answer", "answer", "answer", "take-over", "reload"]), st.integers(1, 3), VALUES
    )
    return draw(st.lists(step, max_size=14))


@settings(deadline=None, max_examples=300)
@given(history=histories(), data=st.data())
def test_the_highest_acknowledged_revision_wins_whatever_the_network_does(
    history: list[tuple[str, int, tuple[str, ...]]], data: st.DataObject
) -> None:
    """Requests are delayed, repeated and reordered at will; pages take over and lose their storage."""
    view = OPEN
    stored: dict[int, Answer] = {}
    page = Page(lease=1, counter=0)
    in_flight: list[tuple[int, Answer]] = []
    acknowledged: dict[int, list[Answer]] = {}
    filled: dict[int, list[Answer]] = {}

    def deliver(position: int, answer: Answer) -> None:
        nonlocal stored
        result = merge(view, stored, {position: answer}, owner=True, now=T0)
        if position in result.saved:
            acknowledged.setdefault(position, []).append(answer)
        elif position in result.changed:
            filled.setdefault(position, []).append(answer)
        stored = result.answers

    for kind, position, value in history:
        if kind == "answer":
            page.counter += 1
            in_flight.append((position, Answer(Rev(page.lease, page.counter), value)))
        elif kind == "take-over":
            view = take_over(view, T0)
            page = Page(view.lease, highest_counter(stored))
        else:
            page = Page(view.lease, highest_counter(stored))
        for item in data.draw(st.lists(st.sampled_from(in_flight), max_size=4) if in_flight else st.just([])):
            deliver(*item)
    for item in data.draw(st.permutations(in_flight)) + in_flight:
        deliver(*item)

    for position, answer in stored.items():
        seen = acknowledged.get(position, []) + filled.get(position, [])
        assert answer.rev == max(one.rev for one in seen)
        assert answer.value in [one.value for one in seen if one.rev == answer.rev]
    assert set(acknowledged) <= set(stored)


@given(
    before=st.dictionaries(st.integers(1, 4), st.tuples(st.integers(0, 3), st.integers(1, 50), VALUES)),
    value=VALUES,
    position=st.integers(1, 4),
    moved=st.booleans(),
)
def test_a_brand_new_browser_that_resumes_from_the_server_always_wins(
    before: dict[int, tuple[int, int, tuple[str, ...]]], value: tuple[str, ...], position: int, moved: bool
) -> None:
    stored = {pos: Answer(Rev(lease, counter), old) for pos, (lease, counter, old) in before.items()}
    view = replace(OPEN, lease=3)
    if moved:
        view = take_over(view, T0)
    fresh = Answer(Rev(view.lease, highest_counter(stored) + 1), value)
    result = merge(view, stored, {position: fresh}, owner=True, now=T0)
    assert result.answers[position] == fresh
    assert result.saved == {position: fresh.rev.counter}


@given(
    batch=st.dictionaries(st.integers(1, 5), st.tuples(st.integers(1, 9), VALUES), max_size=5),
    stored=st.dictionaries(st.integers(1, 5), st.tuples(st.integers(1, 9), VALUES), max_size=5),
    lease=st.integers(1, 2),
)
def test_sending_a_batch_twice_is_sending_it_once(
    batch: dict[int, tuple[int, tuple[str, ...]]], stored: dict[int, tuple[int, tuple[str, ...]]], lease: int
) -> None:
    view = replace(OPEN, lease=2)
    before = {pos: Answer(Rev(1, counter), value) for pos, (counter, value) in stored.items()}
    incoming = {pos: Answer(Rev(lease, counter), value) for pos, (counter, value) in batch.items()}
    once = merge(view, before, incoming, owner=True, now=T0)
    twice = merge(view, once.answers, incoming, owner=True, now=T0)
    assert twice.answers == once.answers
    assert twice.saved == once.saved


def test_a_batch_acknowledges_the_highest_counter_that_the_server_holds() -> None:
    stored = {1: Answer(Rev(1, 8), ("0",))}
    incoming = {1: Answer(Rev(1, 5), ("1",)), 2: Answer(Rev(1, 9), ("2",))}
    result = merge(OPEN, stored, incoming, owner=True, now=DUE + 3 * SECOND)
    assert result.saved == {1: 8, 2: 9}
    assert set(result.changed) == {2}
    assert (result.status, result.late_seconds) == (200, 3)


def test_what_the_old_page_sends_is_kept_as_evidence_and_not_acknowledged() -> None:
    view = replace(OPEN, lease=2)
    stored = {1: Answer(Rev(1, 3), ("0",))}
    late = {1: Answer(Rev(1, 4), ("1",)), 2: Answer(Rev(1, 5), ("2",))}
    result = merge(view, stored, late, owner=True, now=T0)
    assert result.status == 409
    assert result.answers == {1: stored[1], 2: late[2]}
    assert result.evidence == late
    assert result.saved == {}


def test_a_closed_attempt_changes_nothing_and_keeps_what_came() -> None:
    late = {1: Answer(Rev(1, 4), ("1",))}
    result = merge(OPEN, {}, late, owner=True, now=DUE + GRACE + SECOND)
    assert (result.status, result.answers, result.evidence) == (410, {}, late)


@pytest.mark.parametrize(("lease", "offset", "status"), [(1, 0, 200), (0, 0, 409), (1, 3661, 410)])
def test_an_empty_batch_says_whether_the_page_may_still_write(lease: int, offset: int, status: int) -> None:
    view = replace(OPEN, lease=1)
    result = merge(view, {}, {}, owner=True, now=T0 + timedelta(seconds=offset), lease=lease)
    assert result.status == status


def test_an_attempt_that_is_over_cannot_be_taken_over() -> None:
    with pytest.raises(RuleError) as error:
        take_over(OPEN, DUE + GRACE + SECOND)
    assert code_of(error) == "attempt-closed"
