"""The month page and the private feed: what is in them, for whom, and how the address ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import UserState
from portal.core import clock
from portal.meetings import services as meetings
from portal.study.models import CalendarToken, StudySession
from portal.study.queries import attendance as people
from portal.study.rules import month
from portal.study.rules.attendance import Attendance
from portal.study.rules.session import Precision, SessionState
from portal.study.services import attendance
from portal.study.views import calendar as views
from portal.web.throttle import Throttle
from tests.support.people import Office, csrf
from tests.support.study import build_meeting, build_session

ClientAs = Callable[[str], FlaskClient]
TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_ASKED", Throttle(60, timedelta(hours=1)))
    monkeypatch.setattr(views, "_WRONG", Throttle(20, timedelta(minutes=10)))


@given(st.dates(date(month.FIRST_YEAR, 1, 1), date(month.LAST_YEAR, 12, 31)))
def test_the_month_before_the_month_after_is_the_same(day: date) -> None:
    first = month.month_of(f"{day:%Y-%m}", TODAY)
    assert first == day.replace(day=1)
    assert day in month.days(first)
    if later := month.after(first):
        assert month.month_of(month.before(month.month_of(later, TODAY)), TODAY) == first


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "9999-01", "x-y", "2026-1111", "２０２６-0"])
def test_a_month_that_is_none_is_this_one(text: str) -> None:
    assert month.month_of(text, TODAY) == date(2026, 11, 1)


def test_a_throttle_counts_by_key_and_forgets() -> None:
    throttle, now = Throttle(2, timedelta(minutes=1)), datetime(2026, 1, 1, tzinfo=UTC)
    assert [throttle.allow("a", now) for _ in range(3)] == [True, True, False]
    assert throttle.full("a", now)
    assert throttle.allow("b", now)
    assert throttle.allow("a", now + timedelta(minutes=1))


@pytest.fixture
def month_of_work(session: Session, office: Office) -> StudySession:
    """A session on the 10th whose list has a person on leave with a make-up, a vague one, a meeting, a decision."""
    officer, today = office.viewer(session, "study_officer"), clock.today()
    first = today.replace(day=1)
    row = build_session(session, office, officer, day=first, today=today, title="读书班", chair="某主持", place="礼堂")
    told = {"actor": officer, "now": clock.now(), "today": today, "row": row}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    person = people.of_person(session, row.id, office.people["case_officer"].id)
    assert person
    attendance.mark(session, **told, person=person, status=Attendance.LEAVE)
    attendance.ask_make_up(session, actor=officer, now=clock.now(), row=row, due=today, people=[person])
    build_session(
        session, office, officer, day=first, today=today, precision=Precision.MONTH, title="大概的学习",
        state=SessionState.PLANNED,
    )  # fmt: skip
    meeting = build_meeting(session, office, officer, held_on=today, begins="09:00", ends="10:00")
    asked = meetings.DecisionValues("制定方案", office.units["D0102"].id, office.people["case_officer"].id, today)
    meetings.add_decision(session, actor=officer, now=clock.now(), meeting=meeting, values=asked)
    session.commit()
    return row


def test_a_month_has_what_is_in_sight_and_what_is_mine(client_as: ClientAs, month_of_work: StudySession) -> None:
    officer = client_as("study_officer").get("/study/calendar").text
    assert "读书班" in officer
    assert "大概的学习" in officer
    assert "局党组会" in officer
    assert "议定事项到期：" not in officer
    mine = client_as("case_officer").get("/study/calendar").text
    assert "补学到期：读书班" in mine
    assert "议定事项到期：制定方案" in mine
    assert "大概的学习" not in mine
    assert "读书班" not in client_as("cadre").get("/study/calendar").text


def subscribe(client: FlaskClient) -> str:
    page = client.post("/study/calendar/feed", data={"csrf_token": csrf(client)})
    found = re.search(r'value="http://localhost(/study/feed/[\w-]+)"', page.text)
    assert found, page.text
    return found[1]


def test_the_feed_opens_without_a_session_and_names_nobody(
    app: Flask, client_as: ClientAs, session: Session, office: Office, month_of_work: StudySession
) -> None:
    path = subscribe(client_as("case_officer"))
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "no-store"
    entries = {str(each["SUMMARY"]): each for each in Calendar.from_ical(answer.text).walk("VEVENT")}
    assert set(entries) == {"读书班", "补学到期：读书班", "议定事项到期：制定方案"}
    start = entries["读书班"]["DTSTART"].dt
    assert clock.to_local(start).strftime("%d %H:%M") == "01 09:00"
    assert entries["补学到期：读书班"]["DTSTART"].dt == clock.today()
    assert "某主持" not in answer.text
    assert not [each.name for each in office.people.values() if each.name in answer.text]


def test_only_the_digest_is_kept(client_as: ClientAs, session: Session) -> None:
    token = subscribe(client_as("cadre")).rsplit("/", 1)[1]
    kept = session.scalars(select(CalendarToken)).one()
    assert token not in kept.digest
    assert len(token) >= 43


def test_a_new_address_ends_the_old_and_an_ended_one_opens_nothing(app: Flask, client_as: ClientAs) -> None:
    cadre, anybody = client_as("cadre"), app.test_client()
    old = subscribe(cadre)
    new = subscribe(cadre)
    assert anybody.get(old).status_code == 404
    assert anybody.get(new).status_code == 200
    cadre.post("/study/calendar/feed/end", data={"csrf_token": csrf(cadre)})
    assert anybody.get(new).status_code == 404


def test_who_has_left_has_no_feed(app: Flask, client_as: ClientAs, session: Session, office: Office) -> None:
    path = subscribe(client_as("cadre"))
    office.people["cadre"].state = UserState.DISABLED
    session.commit()
    assert app.test_client().get(path).status_code == 404


def test_guessing_and_hurry_are_slowed_down(app: Flask, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    anybody, path = app.test_client(), subscribe(client_as("cadre"))
    monkeypatch.setattr(views, "_ASKED", Throttle(2, timedelta(hours=1)))
    assert [anybody.get(path).status_code for _ in range(3)] == [200, 200, 429]
    monkeypatch.setattr(views, "_WRONG", Throttle(2, timedelta(hours=1)))
    assert [anybody.get("/study/feed/guess").status_code for _ in range(3)] == [404, 404, 429]
