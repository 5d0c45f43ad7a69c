"""My study, one person's file, plans and progress, the year at a glance."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.study.models import SelfStudy, StudyPlan, StudySession
from portal.study.queries import overview, plans
from portal.study.rules.attendance import Attendance
from portal.study.services import attendance, sessions
from tests.support.people import Office, csrf
from tests.support.study import build_session, kind

ClientAs = Callable[[str], FlaskClient]


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    options = {name: data.pop(name) for name in ("headers", "follow_redirects") if name in data}
    return client.post(url, data={"csrf_token": csrf(client), **data}, **options)


@pytest.fixture
def held(session: Session, office: Office) -> StudySession:
    """A first topic of today's year that everybody of the bureau attended; the leader spoke."""
    officer = office.viewer(session, "study_officer")
    day = max(clock.today() - timedelta(days=1), date(clock.today().year, 1, 1))
    row = build_session(session, office, officer, code="first_topic", day=day, today=clock.today())
    told = {"actor": officer, "now": clock.now(), "today": clock.today(), "row": row}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    attendance.mark_rest(session, **told, status=Attendance.PRESENT)
    sessions.set_topics(session, **told, topics=[sessions.Topic("传达学习讲话")])
    leader = office.people["leader"]
    sessions.add_speech(session, **told, name=leader.name, topic="体会", minutes=10, user_id=leader.id)
    session.commit()
    return row


def test_reading_is_noted_counted_and_taken_back(client_as: ClientAs, session: Session) -> None:
    cadre = client_as("cadre")
    today = clock.today().isoformat()
    assert post(cadre, "/study/mine", title="", read_on=today, minutes="30").status_code == 422
    page = post(
        cadre, "/study/mine", title="《信访工作条例》第三十五条", read_on=today, minutes="30", reflection="依法",
        follow_redirects=True,
    )  # fmt: skip
    assert "合计 0.5 学时" in page.text
    row = session.scalars(select(SelfStudy)).one()
    page = post(cadre, f"/study/mine/{row.id}/withdraw", follow_redirects=True)
    assert "合计 0 学时" in page.text
    late = (clock.today() + timedelta(days=2)).isoformat()
    assert "日期还没到" in post(cadre, "/study/mine", title="甲", read_on=late, minutes="3", follow_redirects=True).text


def test_others_lines_are_not_mine(client_as: ClientAs, session: Session) -> None:
    post(client_as("cadre"), "/study/mine", title="甲", read_on=clock.today().isoformat(), minutes="30")
    row = session.scalars(select(SelfStudy)).one()
    assert post(client_as("leader"), f"/study/mine/{row.id}/withdraw").status_code == 404


def test_a_reflection_is_read_by_the_officer_of_the_unit(client_as: ClientAs, session: Session) -> None:
    today = clock.today().isoformat()
    post(client_as("cadre"), "/study/mine", title="甲", read_on=today, minutes="30", reflection="分类处理")
    row = session.scalars(select(SelfStudy)).one()
    assert "分类处理" in client_as("liaison").get("/study/reflections?reviewed=no").text
    assert "分类处理" not in client_as("foreign_liaison").get("/study/reflections").text
    assert post(client_as("foreign_liaison"), f"/study/reflections/{row.id}").status_code == 404
    assert "已审阅" in post(client_as("liaison"), f"/study/reflections/{row.id}", note="好", follow_redirects=True).text
    assert "已审阅：好" in client_as("cadre").get("/study/mine").text


@pytest.mark.parametrize(
    ("role", "status"), [("leader", 200), ("study_officer", 200), ("manager", 200), ("cadre", 404), ("liaison", 404)]
)
def test_whose_file_one_may_print(
    client_as: ClientAs, office: Office, held: StudySession, role: str, status: int
) -> None:
    page = client_as(role).get(f"/study/people/{office.people['manager'].id}/file")
    assert page.status_code == status
    if status == 200:
        assert held.title in page.text
        assert "合计学时</dt><dd>2</dd>" in page.text


def test_a_plan_from_draft_to_progress(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer, year = client_as("study_officer"), clock.today().year
    data = {"title": "年度学法计划", "year": year, "unit_id": office.units["D01"].id}
    assert post(officer, "/study/plans/new", **{**data, "title": ""}).status_code == 422
    post(officer, "/study/plans/new", **data)
    plan = session.scalars(select(StudyPlan)).one()
    url = f"/study/plans/{plan.id}"
    assert "还没有内容" in post(officer, f"{url}/publish", follow_redirects=True).text
    for amount, said in (
        ("abc", "请填写内容和数量"),
        ("0", "请填写内容和数量"),
        ("1e9999999", "请填写内容和数量"),
        ("1.5", "已添加"),
    ):
        assert (
            said
            in post(officer, f"{url}/items", kind="minutes", title="学时", amount=amount, follow_redirects=True).text
        )
    post(
        officer,
        f"{url}/items",
        kind="sessions",
        title="第一议题",
        amount="1",
        study_kind_id=kind(session, "first_topic").id,
    )
    assert client_as("case_officer").get(url).status_code == 404, "a draft is its makers' alone"
    post(officer, f"{url}/publish")
    mine = client_as("case_officer").get("/study/mine").text
    assert "已完成 2 学时" in mine
    whole = client_as("leader").get(url).text
    assert office.people["case_officer"].name in whole
    assert office.people["case_officer"].name not in client_as("reviewer").get(url).text
    sheet = client_as("leader").get(f"{url}?export=xlsx", buffered=True)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert rows[0][3:] == ["学时", "第一议题"]
    assert {tuple(row[3:]) for row in rows[1:]} == {(2.0, 1.0)}, "hours, as the heading says"
    assert exported(session) == ["plan.export"]
    item = plans.items(session, plan.id)[0]
    post(officer, f"{url}/items/{item.id}/remove")
    assert len(plans.items(session, plan.id)) == 1


def test_first_topics_on_what_who_spoke_who_never_did(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    """The manager's question, in two clicks from the menu."""
    manager = client_as("manager")
    glance = manager.get("/study/overview").text
    path = f"/study/overview/{held.kind_id}"
    assert path in glance
    page = manager.get(path).text
    assert "传达学习讲话" in page
    spoke, never = page.split("谁从未发言")[0], page.split("谁从未发言")[1]
    assert office.people["leader"].name in spoke
    assert office.people["leader"].name not in never
    assert office.people["manager"].name in never


def test_only_own_held_sessions_of_the_year_count(session: Session, office: Office, held: StudySession) -> None:
    viewer = office.viewer(session, "manager")
    year = clock.today().year
    totals = overview.totals(session, viewer, year)
    assert (totals.sessions, totals.speeches, totals.speakers) == (1, 1, 1)
    assert totals.attended == totals.expected > 0
    held.own = False
    session.flush()
    assert overview.totals(session, viewer, year).sessions == 0
    assert overview.totals(session, office.viewer(session, "liaison"), year).sessions == 0


def exported(session: Session) -> list[str]:
    """What the log says of sheets that left."""
    wanted = select(AuditEntry.action).where(AuditEntry.action.like("%.export")).order_by(AuditEntry.id)
    return list(session.scalars(wanted))


def test_the_matrix_goes_out_as_a_sheet(session: Session, client_as: ClientAs, held: StudySession) -> None:
    sheet = client_as("leader").get("/study/overview?export=xlsx", buffered=True)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert rows[1][held.first_day.month] == 1
    assert exported(session) == ["study.export"]


def test_nonsense_years_are_this_year(client_as: ClientAs) -> None:
    leader = client_as("leader")
    for text in ("x", "²", "99999999999", "1", "-5", "020269", "9" * 5000):
        assert f"{clock.today().year} 年度" in leader.get(f"/study/overview?year={text}").text
