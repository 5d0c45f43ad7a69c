"""What is deleted by a click is taken back by the next: matters, decisions, speeches, what plans ask, self-study."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import Base
from portal.core.errors import RuleError
from portal.desk import removed
from portal.desk.models import RemovedRow
from portal.meetings import services as meetings
from portal.meetings.models import AgendaItem, Decision
from portal.meetings.rules import ItemKind
from portal.study.models import SelfStudy, StudyPlanItem, StudySpeech
from portal.study.queries import hours
from portal.study.rules.hours import PlanItemKind
from portal.study.services import own, plans, sessions
from tests.support.people import Office, csrf
from tests.support.study import build_meeting, build_session

ClientAs = Callable[[str], FlaskClient]
Made = tuple[Base, str, str]


def columns(row: Base) -> dict[str, Any]:
    return {name: getattr(row, name) for name in inspect(type(row)).columns.keys()}  # noqa: SIM118


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    return client.post(url, data={"csrf_token": csrf(client), **data}, follow_redirects=True)


@pytest.fixture
def made(session: Session, office: Office) -> dict[str, Made]:
    """{what: (row, address that deletes it, who)}."""
    officer, today, now = office.viewer(session, "study_officer"), clock.today(), clock.now()
    meeting = build_meeting(session, office, officer)
    item = meetings.add_item(
        session,
        actor=officer,
        now=now,
        meeting=meeting,
        kind=ItemKind.FIRST_TOPIC,
        title="传达",
        conclusion="抓好\n落实",
    )
    asked = meetings.DecisionValues("制定方案", office.units["D01"].id, due_on=today)
    decision = meetings.add_decision(session, actor=officer, now=now, meeting=meeting, values=asked)
    row = build_session(session, office, officer, day=today, today=today)
    told = {"actor": officer, "now": now, "today": today, "row": row}
    speech = sessions.add_speech(session, **told, name="某人", topic="体会", minutes=10)
    plan = plans.create(session, actor=officer, now=now, values=plans.PlanValues(today.year, "计划", row.unit_id))
    wanted = plans.ItemValues(PlanItemKind.MINUTES, "学时", 600, due_on=date(today.year, 9, 30))
    plan_item = plans.add_item(session, actor=officer, now=now, plan=plan, values=wanted)
    reader = office.viewer(session, "cadre")
    line = own.read(session, actor=reader, now=now, today=today, title="条例", read_on=today, minutes=30)
    session.commit()
    return {
        "item": (item, f"/meetings/{meeting.id}/items/{item.id}/remove", "study_officer"),
        "decision": (decision, f"/meetings/{meeting.id}/decisions/{decision.id}/remove", "study_officer"),
        "speech": (speech, f"/study/sessions/{row.id}/speeches/{speech.id}/remove", "study_officer"),
        "plan": (plan_item, f"/study/plans/{plan.id}/items/{plan_item.id}/remove", "study_officer"),
        "reading": (line, f"/study/mine/{line.id}/withdraw", "cadre"),
    }


@pytest.mark.parametrize("what", ["item", "decision", "speech", "plan", "reading"])
def test_the_next_page_takes_it_back_as_it_was(
    client_as: ClientAs, session: Session, made: dict[str, Made], what: str
) -> None:
    row, url, role = made[what]
    model, key, before = type(row), row.id, columns(row)  # type: ignore[attr-defined]
    client = client_as(role)
    page = post(client, url).text
    assert session.scalar(select(model).where(model.id == key)) is None  # type: ignore[attr-defined]
    undo = re.search(r'action="([^"]*/(?:restore|put-back))"[^>]*>.*?撤销', page, re.DOTALL)
    assert undo, "the next page offers to take it back"
    assert "恢复" in post(client, undo[1]).text
    again = session.scalar(select(model).where(model.id == key))  # type: ignore[attr-defined]
    assert again is not None
    assert columns(again) == before
    assert session.scalars(select(RemovedRow)).all() == []
    assert "不能再撤销" in post(client, undo[1]).text, "once"


def test_hours_go_and_come_with_self_study(
    client_as: ClientAs, session: Session, office: Office, made: dict[str, Made]
) -> None:
    _row, url, _role = made["reading"]
    reader, year = office.people["cadre"].id, clock.today().year
    client = client_as("cadre")
    post(client, url)
    assert sum(hours.year_by_source(session, reader, year).values()) == 0
    post(client, url.replace("withdraw", "put-back"))
    assert sum(hours.year_by_source(session, reader, year).values()) == 30


def test_nobody_takes_back_what_is_anothers(client_as: ClientAs, session: Session, made: dict[str, Made]) -> None:
    _row, url, _role = made["reading"]
    post(client_as("cadre"), url)
    assert "不能再撤销" in post(client_as("leader"), url.replace("withdraw", "put-back")).text
    _row, url, _role = made["item"]
    post(client_as("study_officer"), url)
    back = url.replace("remove", "restore")
    client = client_as("liaison")
    assert client.post(back, data={"csrf_token": csrf(client)}).status_code == 404
    assert session.scalars(select(AgendaItem)).all() == []


def test_a_matter_that_a_session_is_linked_to_stays(
    client_as: ClientAs, session: Session, office: Office, made: dict[str, Made]
) -> None:
    row, url, _role = made["item"]
    assert isinstance(row, AgendaItem)
    today = clock.today()
    build_session(
        session, office, office.viewer(session, "study_officer"), day=today, today=today, agenda_item_id=row.id
    )
    session.commit()
    assert "别的记录还关联着它" in post(client_as("study_officer"), url).text
    assert session.scalars(select(AgendaItem)).one() is row


def test_a_decision_with_a_report_is_not_deleted(
    client_as: ClientAs, session: Session, office: Office, made: dict[str, Made]
) -> None:
    row, url, _role = made["decision"]
    assert isinstance(row, Decision)
    officer = office.viewer(session, "study_officer")
    meetings.follow_up(session, actor=officer, now=clock.now(), today=clock.today(), decision=row, note="在办")
    session.commit()
    assert "已有落实情况填报" in post(client_as("study_officer"), url).text
    assert session.scalars(select(Decision)).one() is row


def test_a_number_given_away_meanwhile_is_not_given_twice(
    client_as: ClientAs, session: Session, office: Office, made: dict[str, Made]
) -> None:
    row, url, _role = made["decision"]
    assert isinstance(row, Decision)
    key, meeting = row.id, row.meeting_id
    client = client_as("study_officer")
    # Two at once: SQLite would give the highest number of a row again, so that another stands between.
    post(client, f"/meetings/{meeting}/decisions", text="另一件", unit_id=office.units["D01"].id)
    post(client, url)
    session.add(Decision(meeting_id=meeting, no=1, text="占了号", unit_id=office.units["D01"].id))
    session.commit()
    assert "议定事项已恢复" in post(client, url.replace("remove", "restore")).text
    found = {each.id: each.no for each in session.scalars(select(Decision))}
    assert found[key] == 3
    assert sorted(found.values()) == [1, 2, 3]


def test_it_is_kept_for_a_day(session: Session, made: dict[str, Made]) -> None:
    row = made["speech"][0]
    assert isinstance(row, StudySpeech)
    now, key, parent = clock.now(), row.id, row.session_id
    removed.remove(session, now=now, row=row, parent_id=parent)
    late = now + timedelta(days=1, minutes=1)
    told = {"model": StudySpeech, "row_id": key, "parent_id": parent}
    with pytest.raises(RuleError, match="undo-gone"):
        removed.take_back(session, now=late, **told)
    with pytest.raises(RuleError, match="undo-gone"):
        removed.take_back(session, now=now, model=StudySpeech, row_id=key, parent_id=parent + 1)
    other = made["plan"][0]
    assert isinstance(other, StudyPlanItem)
    removed.remove(session, now=late, row=other, parent_id=other.plan_id)
    assert [each.table_name for each in session.scalars(select(RemovedRow))] == ["study_plan_items"]
    assert session.scalars(select(SelfStudy)).one()
