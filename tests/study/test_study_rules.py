"""Sessions, attendance, hours and plans: the rules alone."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.study.rules import attendance, hours, session
from portal.study.rules.attendance import Attendance, MakeUp, Speech
from portal.study.rules.hours import Entry, Source
from portal.study.rules.session import Precision, SessionState

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def code_of(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(RuleError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code


@given(DAYS, st.sampled_from(Precision))
def test_a_span_stays_in_its_month(day: date, precision: Precision) -> None:
    first, last = session.span(day, precision)
    assert first <= last
    assert (first.year, first.month) == (last.year, last.month) == (day.year, day.month)
    if precision is Precision.DAY:
        assert first == last == day


def test_the_parts_of_a_month() -> None:
    day = date(2022, 5, 3)
    assert session.span(day, Precision.EARLY) == (date(2022, 5, 1), date(2022, 5, 10))
    assert session.span(day, Precision.MIDDLE_LATE) == (date(2022, 5, 11), date(2022, 5, 31))
    assert session.span(date(2024, 2, 1), Precision.LATE) == (date(2024, 2, 21), date(2024, 2, 29))


def test_nothing_was_held_tomorrow() -> None:
    today = date(2026, 11, 25)
    tomorrow = today + timedelta(days=1)
    assert code_of(session.check_date, tomorrow, Precision.DAY, SessionState.HELD, today) == "session-not-yet"
    session.check_date(tomorrow, Precision.DAY, SessionState.PLANNED, today)
    session.check_date(tomorrow, Precision.LATE, SessionState.HELD, today)  # 下旬 began on the 21st


@given(DAYS)
def test_open_until_the_months_end_and_a_week_at_least(entered: date) -> None:
    until = session.open_until(entered)
    assert until >= entered + timedelta(days=7)
    month_end = date(entered.year, entered.month, calendar.monthrange(entered.year, entered.month)[1])
    assert until in {month_end, entered + timedelta(days=7)}
    assert session.is_open(SessionState.RECORDED, entered, until)
    assert not session.is_open(SessionState.RECORDED, entered, until + timedelta(days=1))
    session.check_change(SessionState.RECORDED, entered, until, "")
    late = until + timedelta(days=1)
    assert code_of(session.check_change, SessionState.RECORDED, entered, late, "") == "session-locked"
    session.check_change(SessionState.RECORDED, entered, late, "漏记一人")


def test_a_cancelled_session_is_left_alone() -> None:
    day = date(2026, 1, 1)
    assert code_of(session.check_change, SessionState.CANCELLED, day, day, "因为") == "session-cancelled"


def test_steps() -> None:
    assert code_of(session.check_step, SessionState.RECORDED, SessionState.CANCELLED) == "session-step"
    session.check_step(SessionState.PLANNED, SessionState.HELD)
    session.check_step(SessionState.CANCELLED, SessionState.PLANNED)


@given(st.integers(0, 1439), st.integers(0, 1439))
def test_minutes_between(a: int, b: int) -> None:
    begins, ends = (f"{minute // 60:02}:{minute % 60:02}" for minute in (a, b))
    if b > a:
        assert session.minutes_between(begins, ends) == b - a
    else:
        assert code_of(session.minutes_between, begins, ends) == "times-order"
    assert session.minutes_between(begins, "") is None


@given(st.dictionaries(st.sampled_from(Attendance), st.integers(0, 500)))
def test_a_tally_adds_up(counts: dict[Attendance, int]) -> None:
    found = attendance.tally(counts)
    assert found.listed == found.attended + found.leave + found.absent + found.exempt + found.unknown
    if found.rate is None:
        assert found.listed == found.exempt
    else:
        assert 0 <= found.rate <= 1


def test_unknown_is_not_absent_and_exempt_is_not_expected() -> None:
    found = attendance.tally(
        {Attendance.PRESENT: 30, Attendance.OBSERVER: 2, Attendance.EXEMPT: 4, Attendance.UNKNOWN: 8}
    )
    assert found.absent == 0
    assert found.rate == Fraction(32, 40)


@pytest.mark.parametrize("status", Attendance)
@pytest.mark.parametrize("make_up", MakeUp)
def test_what_is_credited(status: Attendance, make_up: MakeUp) -> None:
    got = attendance.credited(status, make_up, session=90, override=None)
    assert got == (90 if status in attendance.ATTENDED or make_up is MakeUp.DONE else 0)
    assert attendance.credited(status, make_up, session=90, override=30) == 30


def test_a_different_credit_needs_a_reason() -> None:
    assert code_of(attendance.check_override, 30, "") == "override-reason"
    attendance.check_override(None, "")
    attendance.check_override(30, "中途离会")


@pytest.mark.parametrize("status", Attendance)
def test_a_make_up_is_for_who_missed_it(status: Attendance) -> None:
    if status in attendance.MISSED:
        attendance.check_make_up(status, MakeUp.NONE)
        assert code_of(attendance.check_make_up, status, MakeUp.DONE) == "make-up-done"
        assert attendance.make_up_after(status, MakeUp.DUE) is MakeUp.DUE
    else:
        assert code_of(attendance.check_make_up, status, MakeUp.NONE) == "make-up-not-missed"
        assert attendance.make_up_after(status, MakeUp.DUE) is MakeUp.NONE
    assert attendance.make_up_after(status, MakeUp.DONE) is MakeUp.DONE


@given(st.lists(st.integers(0, 600)), st.integers(1, 600))
def test_speaking_share_is_a_share(minutes: list[int], length: int) -> None:
    share = attendance.speaking_share([Speech("甲", m) for m in minutes], length)
    assert share is not None
    assert 0 <= share <= 1


def test_an_unknown_length_gives_no_share() -> None:
    assert attendance.speaking_share([Speech("甲", 10), Speech("乙", None)], 60) is None
    assert attendance.speaking_share([], 0) is None
    assert attendance.speaking_share([], 60) == 0


def test_who_never_spoke() -> None:
    assert attendance.never_spoke({1, 2, 3}, {2, 9}) == {1, 3}


ENTRIES = st.builds(Entry, st.sampled_from(Source), st.integers(1, 3), st.integers(-500, 500))


@given(st.lists(ENTRIES), st.sampled_from(Source), st.integers(1, 3), st.integers(0, 500))
def test_settling_makes_the_sum_right_and_then_does_nothing(
    have: list[Entry], source: Source, source_id: int, wanted: int
) -> None:
    more = hours.settle(have, source, source_id, wanted)
    after = [*have, Entry(source, source_id, more)]
    assert sum(e.minutes for e in after if (e.source, e.source_id) == (source, source_id)) == wanted
    assert hours.settle(after, source, source_id, wanted) == 0


def test_hours_as_people_write_them() -> None:
    shown = {0: "0", 60: "1", 90: "1.5", 45: "0.8", 3: "0.1", 2: "0", 57: "1", -90: "-1.5", -1: "0"}
    assert {minutes: hours.hours(minutes) for minutes in shown} == shown
    assert [hours.parse_hours(text) for text in ("1.5", "2", " 0.5 ")] == [90, 120, 30]
    with pytest.raises(ValueError, match="-1"):
        hours.parse_hours("-1")


@given(st.integers(0, 100), st.integers(0, 100), st.none() | DAYS, DAYS)
def test_progress_keeps_both_denominators(done: int, required: int, due: date | None, today: date) -> None:
    found = hours.progress(done, required, due, today, 2026)
    assert 0 <= found.due_so_far <= found.whole == required
    assert found.behind == max(found.due_so_far - done, 0)
    for share in (found.share, found.share_so_far):
        assert share is None or 0 <= share <= 1


def test_what_has_a_day_is_not_late_before_it() -> None:
    due = date(2026, 6, 30)
    assert hours.progress(0, 4, due, due, 2026).behind == 0
    assert hours.progress(1, 4, due, due + timedelta(days=1), 2026).behind == 3
    assert hours.progress(0, 365, None, date(2026, 1, 11), 2026).due_so_far == 10
    assert hours.progress(0, 12, None, date(2027, 3, 1), 2026).due_so_far == 12
