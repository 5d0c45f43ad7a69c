"""Recurring sessions: their days, the preview with days off, what is planned, and the end of the rest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import calendar, clock
from portal.core.calendar import Holiday
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.study.models import StudySeries, StudySession
from portal.study.queries import attendance as people
from portal.study.queries import sessions as queries
from portal.study.rules import recurrence as rules
from portal.study.rules.recurrence import Every, Recurrence
from portal.study.rules.session import SessionState
from portal.study.services import attendance, series, sessions
from portal.study.services.linking import Topic
from tests.study.test_study_pages import entry, post
from tests.support.people import Office
from tests.support.study import TODAY, build_session, values_of

ClientAs = Callable[[str], FlaskClient]
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


# ---- rules ---------------------------------------------------------------------------------------------------------


@given(DAYS, st.integers(0, 731), st.integers(0, 6), st.sampled_from([-1, 0, 1, 2, 3, 4, 5]))
def test_days_of_the_week(first: date, length: int, weekday: int, nth: int) -> None:
    last = first + timedelta(days=length)
    days = rules.dates_of(Recurrence(weekday, nth), first, last)
    assert days == sorted(set(days))
    assert all(day.weekday() == weekday and first <= day <= last for day in days)
    months = [(day.year, day.month) for day in days]
    if nth != 0:
        assert len(months) == len(set(months)), "at most once a month"
    if nth == -1:
        assert all((day + timedelta(days=7)).month != day.month for day in days)


@given(DAYS, st.sampled_from(Every))
def test_a_rule_made_from_a_day_begins_with_it(first: date, every: Every) -> None:
    days = rules.next_dates(rules.rule_from(every, first), first, 12)
    assert days[0] == first
    gaps = {(later - earlier).days for earlier, later in itertools.pairwise(days)}
    if every is Every.WEEK:
        assert gaps == {7}
    else:
        months = [day.year * 12 + day.month for day in days]
        assert months == list(range(months[0], months[0] + 12)), "every month has one"
    if every is Every.MONTH_DAY:
        assert all(day.day == first.day or (day + timedelta(days=1)).day == 1 for day in days)
    elif every is Every.MONTH_WEEKDAY:
        assert {day.weekday() for day in days} == {first.weekday()}


def test_the_last_day_of_short_months() -> None:
    days = rules.next_dates(rules.rule_from(Every.MONTH_DAY, date(2026, 12, 31)), date(2026, 12, 31), 3)
    assert days == [date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28)]


@pytest.mark.parametrize("last", [date(2025, 12, 31), date(2029, 1, 1)])
def test_a_range_is_bounded(last: date) -> None:
    with pytest.raises(RuleError, match="recurrence-range"):
        rules.dates_of(Recurrence(0, 0), date(2026, 1, 1), last)


def test_so_many_times_fit_into_two_years() -> None:
    assert len(rules.next_dates(Recurrence(0, 0), date(2026, 1, 5), rules.MOST_TIMES)) == 104
    with pytest.raises(RuleError, match="recurrence-range"):
        rules.next_dates(Recurrence(0, 1), date(2026, 1, 5), 30)


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2026, 2, 17), calendar.Day(holiday=Holiday.SPRING)),
        (date(2026, 2, 14), calendar.Day(in_exchange=True)),
        (date(2026, 2, 13), calendar.Day()),
        (date(2026, 5, 3), calendar.Day(holiday=Holiday.LABOUR)),
        (date(2026, 3, 7), calendar.Day(weekend=True)),
        (date(2027, 10, 3), calendar.Day(holiday=Holiday.NATIONAL)),
        (date(2027, 10, 4), calendar.Day()),
        (date(2025, 10, 8), calendar.Day(holiday=Holiday.NATIONAL)),
    ],
)
def test_days_off(day: date, found: calendar.Day) -> None:
    assert calendar.what(day) == found


@given(DAYS)
def test_a_day_is_one_thing(day: date) -> None:
    found = calendar.what(day)
    assert (found.holiday is not None) + found.weekend + found.in_exchange <= 1
    assert not found.in_exchange or day.weekday() >= 5
    assert found.works == (found.holiday is None and not found.weekend)


def test_a_weekend_is_proposed_only_where_it_was_chosen() -> None:
    saturday, feast = date(2026, 3, 7), date(2026, 10, 3)
    assert rules.proposed(Recurrence(5, 0), saturday)
    assert not rules.proposed(Recurrence(5, 0, 7), saturday)
    assert not rules.proposed(Recurrence(5, 0), feast)


# ---- services ------------------------------------------------------------------------------------------------------


@pytest.fixture
def officer(session: Session, office: Office) -> Viewer:
    return office.viewer(session, "study_officer")


def plan_series(session: Session, office: Office, officer: Viewer, **more: Any) -> StudySeries:
    values = replace(values_of(session, office), day=date(2026, 12, 7), title="第一议题学习")
    rule = Recurrence(0, 1)
    return series.create(
        session, actor=officer, now=clock.now(), today=TODAY, values=values, rule=rule,
        days=rules.dates_of(rule, values.day, date(2027, 6, 30)), **more,
    )  # fmt: skip


def of(session: Session, row: StudySeries) -> list[StudySession]:
    return list(
        session.scalars(select(StudySession).where(StudySession.series_id == row.id).order_by(StudySession.first_day))
    )


def count(session: Session, action: str) -> int:
    found = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action))
    return found or 0


def test_it_makes_planned_sessions_each_with_an_entry(session: Session, office: Office, officer: Viewer) -> None:
    held = build_session(session, office, officer)
    told = {"actor": officer, "now": clock.now(), "today": TODAY, "row": held}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    before = count(session, "study.create")
    row = plan_series(session, office, officer, topics=[Topic("讲话")], last_list=True)
    made = of(session, row)
    assert len(made) == 7
    assert {each.state for each in made} == {SessionState.PLANNED}
    assert all(each.day.weekday() == 0 and each.day.day <= 7 for each in made)
    assert (row.first_on, row.last_on) == (made[0].day, made[-1].day)
    assert (count(session, "study.create") - before, count(session, "study.series")) == (7, 1)
    assert [topic.title for topic in queries.topics_of(session, made[-1].id)] == ["讲话"]
    assert people.counts(session, made[-1].id).listed == people.counts(session, held.id).listed


@pytest.mark.parametrize(
    ("days", "code"),
    [([], "recurrence-empty"), ([date(2026, 1, 1), date(2029, 1, 1)], "recurrence-range"),
     ([date(2026, 1, 1) + timedelta(days=each) for each in range(105)], "recurrence-range")],
)  # fmt: skip
def test_days_that_cannot_be(session: Session, office: Office, officer: Viewer, days: list[date], code: str) -> None:
    with pytest.raises(RuleError, match=code):
        series.create(
            session, actor=officer, now=clock.now(), today=TODAY, values=values_of(session, office),
            rule=Recurrence(0, 0), days=days,
        )  # fmt: skip


def test_the_rest_is_cancelled_and_planned_again_exactly(session: Session, office: Office, officer: Viewer) -> None:
    row = plan_series(session, office, officer)
    told = {"actor": officer, "now": clock.now(), "today": TODAY}
    held, alone, *rest = of(session, row)
    later = {**told, "today": date(2026, 12, 8)}
    sessions.set_state(session, **later, row=held, state=SessionState.HELD)
    sessions.set_state(session, **told, row=alone, state=SessionState.CANCELLED, reason="放假")
    after = {**later, "now": clock.now() + timedelta(minutes=5)}
    assert series.end(session, **after, series=row, reason="放假") == rest
    assert {each.state for each in rest} == {SessionState.CANCELLED}
    assert held.state is SessionState.HELD
    with pytest.raises(RuleError, match="series-over"):
        series.end(session, **after, series=row, reason="再来")
    assert series.resume(session, **after, series=row) == rest
    assert {each.state for each in rest} == {SessionState.PLANNED}
    assert alone.state is SessionState.CANCELLED, "what was cancelled by itself stays so"
    with pytest.raises(RuleError, match="series-not-ended"):
        series.resume(session, **after, series=row)
    with pytest.raises(RuleError, match="note-missing"):
        series.end(session, **after, series=row, reason="")


# ---- pages ---------------------------------------------------------------------------------------------------------


def planned(session: Session, office: Office, **more: Any) -> dict[str, Any]:
    first = date(2027, 1, 31)  # a Sunday; the spring festival of 2027 begins on 5 February
    return {**entry(session, office, state="planned", day=first.isoformat(), repeat="month_day", times="3"), **more}


def test_the_days_are_shown_before_they_are_planned(client_as: ClientAs, session: Session, office: Office) -> None:
    officer = client_as("study_officer")
    data = planned(session, office, day="2027-01-01", repeat="month_day", times="6")
    page = post(officer, "/study/sessions/new", **data).text
    offered = re.findall(r'name="days" value="([\d-]+)"( checked)?', page)
    assert [day for day, _ in offered] == [f"2027-{month:02}-01" for month in range(1, 7)]
    assert [day for day, checked in offered if checked] == ["2027-02-01", "2027-03-01", "2027-04-01", "2027-06-01"]
    assert "元旦放假" in page
    assert "劳动节放假" in page
    assert "2027 年的放假安排还没有收录" in page
    assert session.scalars(select(StudySession)).all() == []
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    chosen = {**hidden, "topics": data["topics"], "days": ["2027-02-01", "2027-06-01", "2030-01-01"]}
    done = post(officer, "/study/sessions/new", **chosen, follow_redirects=True)
    assert "已安排 2 次学习。" in done.text
    assert "每月 1 日" in done.text
    assert [row.day.isoformat() for row in session.scalars(select(StudySession))] == ["2027-02-01", "2027-06-01"]


def test_one_may_go_back_and_change(client_as: ClientAs, session: Session, office: Office) -> None:
    officer = client_as("study_officer")
    back = post(officer, "/study/sessions/new", **planned(session, office, confirm="1", back="1", place="二楼"))
    assert back.status_code == 200
    assert 'value="二楼"' in back.text
    assert session.scalars(select(StudySession)).all() == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"state": "held", "day": "2026-01-05"}, "重复安排只用于计划"),
        ({"times": ""}, "请填写重复到哪一天，或共几次"),
        ({"times": "1"}, "请填写 2 到 104 之间的整数"),
        ({"times": "", "until": "2026-01-01"}, "须在第一次之后"),
        ({"times": "3", "until": "2026-01-01"}, "须在第一次之后"),
        ({"times": "", "until": "2031-01-01"}, "全部在两年之内"),
        ({"confirm": "1"}, "请至少勾选一天"),
        ({"confirm": "1", "days": "x"}, "请至少勾选一天"),
    ],
)
def test_what_is_wrong_is_said(
    client_as: ClientAs, session: Session, office: Office, more: dict[str, str], said: str
) -> None:
    answer = post(client_as("study_officer"), "/study/sessions/new", **planned(session, office, **more))
    assert answer.status_code == 422
    assert said in answer.text
    assert session.scalars(select(StudySession)).all() == []


def test_the_rest_is_cancelled_on_its_page_and_taken_back(
    client_as: ClientAs, session: Session, office: Office, officer: Viewer
) -> None:
    row = plan_series(session, office, officer)
    session.commit()
    client, url = client_as("study_officer"), f"/study/series/{row.id}"
    assert "每月第 1 个周一" in client.get(url).text
    assert "请写明情况" in post(client, f"{url}/end", follow_redirects=True).text
    page = post(client, f"{url}/end", reason="改为自学", follow_redirects=True).text
    left = len([each for each in of(session, row) if each.state is SessionState.CANCELLED])
    assert f"已取消其余 {left} 次学习。" in page
    assert "改为自学" in page
    assert f'action="{url}/resume"' in page, "the next page takes it back"
    assert f"已恢复 {left} 次学习。" in post(client, f"{url}/resume", follow_redirects=True).text
    assert client_as("liaison").get(url).status_code == 404
    assert client_as("leader").get(url).status_code == 403


def test_what_is_planned_and_past_waits_on_the_desk(
    client_as: ClientAs, session: Session, office: Office, officer: Viewer
) -> None:
    day = clock.today() - timedelta(days=1)
    build_session(session, office, officer, title="忘了登记的", day=day, today=day, state=SessionState.PLANNED)
    session.commit()
    page = client_as("study_officer").get("/").text
    assert "忘了登记的" in page
    assert "计划日期已过" in page


def test_what_is_to_come_stands_apart_the_next_first(
    client_as: ClientAs, session: Session, office: Office, officer: Viewer
) -> None:
    today = clock.today()
    for title, days in (("很久以后的", 60), ("下一次", 1), ("今天的", 0)):
        day = today + timedelta(days=days)
        build_session(session, office, officer, title=title, day=day, today=today, state=SessionState.PLANNED)
    session.commit()
    client = client_as("study_officer")
    record, coming = client.get("/study/sessions").text, client.get("/study/sessions/to-come").text
    assert "今天的" in record
    assert "下一次" not in record
    assert coming.index("下一次") < coming.index("很久以后的")
    assert "今天的" not in coming
    sheet = client.get("/study/sessions/to-come?export=xlsx", buffered=True)
    assert sheet.mimetype.endswith("spreadsheetml.sheet")
