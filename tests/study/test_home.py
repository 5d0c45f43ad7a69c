"""Study on the first page, by role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core import clock
from portal.meetings import services as meetings
from portal.study.models import StudySession
from portal.study.queries import attendance as people
from portal.study.rules.attendance import Attendance
from portal.study.rules.hours import PlanItemKind
from portal.study.services import attendance, own, plans
from tests.support.people import Office
from tests.support.study import build_meeting, build_session

ClientAs = Callable[[str], FlaskClient]


@pytest.fixture
def held(session: Session, office: Office) -> StudySession:
    """A session with a make-up and unmarked people, a decision that is late, half an hour of reading."""
    officer, today, now = office.viewer(session, "study_officer"), clock.today(), clock.now()
    row = build_session(session, office, officer, day=today, today=today, title="读书班")
    told = {"actor": officer, "now": now, "today": today, "row": row}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    person = people.of_person(session, row.id, office.people["case_officer"].id)
    assert person
    attendance.mark(session, **told, person=person, status=Attendance.LEAVE)
    attendance.ask_make_up(session, actor=officer, now=now, row=row, people=[person])
    meeting = build_meeting(session, office, officer)
    late = meetings.DecisionValues(
        "制定方案", office.units["D0102"].id, office.people["case_officer"].id, today - timedelta(days=3)
    )
    meetings.add_decision(session, actor=officer, now=now, meeting=meeting, values=late)
    reader = office.viewer(session, "case_officer")
    own.read(session, actor=reader, now=now, today=today, title="条例", read_on=today, minutes=30)
    session.commit()
    return row


def test_a_person_sees_what_is_asked_of_them(client_as: ClientAs, office: Office, held: StudySession) -> None:
    page = client_as("case_officer").get("/").text
    assert "待补学：读书班" in page
    assert "待落实：制定方案" in page
    assert "年已有 0.5 学时" in page
    assert f'href="/study/people/{office.people["case_officer"].id}/file"' in page
    assert "待完善的学习" not in page
    other = client_as("cadre").get("/").text
    assert "读书班" not in other
    assert "制定方案" not in other


def test_who_is_behind_with_a_plan_is_told_as_long_as_they_are(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    officer, today, now = office.viewer(session, "study_officer"), clock.today(), clock.now()
    made = plans.create(
        session, actor=officer, now=now, values=plans.PlanValues(today.year, "学法计划", office.units["D01"].id)
    )
    due = today - timedelta(days=1)
    if due.year != today.year:  # nothing is late on the first of January
        return
    asked = plans.ItemValues(PlanItemKind.MINUTES, "学满一小时", 60, due_on=due)
    plans.add_item(session, actor=officer, now=now, plan=made, values=asked)
    session.commit()
    assert "学习计划落后" not in client_as("case_officer").get("/").text, "a draft asks nothing"
    plans.publish(session, actor=officer, now=now, plan=made)
    reader = office.viewer(session, "case_officer")
    own.read(session, actor=reader, now=now, today=today, title="条例", read_on=today, minutes=30)
    session.commit()
    assert "学习计划落后：学满一小时，已完成 0.5，至今应完成 1。" in client_as("case_officer").get("/").text
    own.read(session, actor=reader, now=now, today=today, title="条例", read_on=today, minutes=30)
    session.commit()
    assert "学习计划落后" not in client_as("case_officer").get("/").text


def test_the_officer_sees_what_waits(client_as: ClientAs, session: Session, office: Office, held: StudySession) -> None:
    unmarked = people.counts(session, held.id).unknown
    officer = client_as("study_officer")
    page = officer.get("/").text
    assert "记一次学习" in page
    assert f"{unmarked} 人未登记" in page
    assert "逾期的议定事项" in page
    told = {"actor": office.viewer(session, "study_officer"), "now": clock.now(), "today": clock.today(), "row": held}
    attendance.mark_rest(session, **told, status=Attendance.PRESENT)
    session.commit()
    assert "待完善的学习" not in officer.get("/").text


def test_another_units_keeper_sees_nothing_of_it(client_as: ClientAs, held: StudySession) -> None:
    page = client_as("liaison").get("/").text
    assert "读书班" not in page
    assert "制定方案" not in page
