"""Study sessions as their users meet them: entry, list, marks, check-in, make-up; with and without script."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.study.models import StudyAttendance, StudySession
from portal.study.queries import attendance as people
from portal.study.queries import sessions as queries
from portal.study.rules.attendance import Attendance, MakeUp
from portal.study.rules.session import SessionState
from portal.study.services import attendance
from tests.files.test_file_rules import picture
from tests.support.people import Office, csrf, stamp_in
from tests.support.study import build_session, kind

ClientAs = Callable[[str], FlaskClient]
HTMX = {"HX-Request": "true"}


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    options = {name: data.pop(name) for name in ("headers", "follow_redirects") if name in data}
    return client.post(url, data={"csrf_token": csrf(client), **data}, **options)


def entry(session: Session, office: Office, **more: Any) -> dict[str, Any]:
    return {
        "title": "学习《信访工作条例》",
        "kind_id": kind(session).id,
        "day": clock.today().isoformat(),
        "unit_id": office.units["D01"].id,
        "begins": "09:00",
        "ends": "10:30",
        "precision": "day",
        "own": "y",
        "state": "held",
        "topics": "《信访工作条例》\n\n 全面依法治国讲话 ",
        "last_list": "y",
        **more,
    }


@pytest.fixture
def held(session: Session, office: Office) -> StudySession:
    officer = office.viewer(session, "study_officer")
    row = build_session(session, office, officer, day=clock.today() - timedelta(days=1), today=clock.today())
    attendance.add_unit(
        session, actor=officer, now=clock.now(), today=clock.today(), row=row, unit_id=office.units["D01"].id
    )
    session.commit()
    return row


def url(row: StudySession, more: str = "") -> str:
    return f"/study/sessions/{row.id}{more}"


def line(session: Session, row: StudySession, office: Office, label: str) -> StudyAttendance:
    found = people.of_person(session, row.id, office.people[label].id)
    assert found is not None
    return found


def test_a_session_is_entered_with_topics_photo_and_last_list(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer = client_as("study_officer")
    data = entry(session, office, files=(io.BytesIO(picture()), "现场.jpg"))
    page = post(officer, "/study/sessions/new", **data, follow_redirects=True)
    assert page.status_code == 200
    made = session.scalars(select(StudySession).order_by(StudySession.id.desc()).limit(1)).one()
    assert made.minutes == 90
    assert [topic.title for topic in queries.topics_of(session, made.id)] == ["《信访工作条例》", "全面依法治国讲话"]
    assert people.counts(session, made.id).listed == people.counts(session, held.id).listed
    assert "现场.jpg" in page.text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": " "}, "请填写这一项"),
        ({"ends": "08:00"}, "结束时间须晚于开始时间"),
        ({"own": ""}, "请填写组织单位"),
        ({"topics": "长" * 201}, "每项最多 200 个字"),
        ({"day": (clock.today() + timedelta(days=3)).isoformat()}, "日期还没到"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client_as: ClientAs, session: Session, office: Office, more: dict[str, str], said: str
) -> None:
    data = {name: value for name, value in entry(session, office, place="二楼会议室", **more).items() if value != ""}
    answer = post(client_as("study_officer"), "/study/sessions/new", **data)
    assert answer.status_code == 422
    assert said in answer.text
    assert "二楼会议室" in answer.text
    assert session.scalars(select(StudySession)).all() == []


def test_one_click_marks_one_person_and_moves_the_counter(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer, person = client_as("study_officer"), line(session, held, office, "leader")
    answer = post(officer, url(held, f"/people/{person.id}/mark/leave"), headers=HTMX)
    assert f'id="p{person.id}"' in answer.text
    assert 'id="tally" role="status" hx-swap-oob="true"' in answer.text
    assert "<html" not in answer.text
    assert person.status is Attendance.LEAVE
    post(officer, url(held, f"/people/{person.id}/mark/leave"), headers=HTMX)
    assert person.status is Attendance.UNKNOWN, "the same again takes it back"
    back = post(officer, url(held, f"/people/{person.id}/mark/present"))
    assert back.status_code == 303, "without script too"
    assert back.location.endswith(f"#p{person.id}")


def test_the_rest_was_there(client_as: ClientAs, session: Session, office: Office, held: StudySession) -> None:
    absent = line(session, held, office, "leader")
    page = post(client_as("study_officer"), url(held, "/people/rest"), id=[absent.id, "x"], follow_redirects=True)
    listed = people.counts(session, held.id).listed
    assert f"已登记 {listed} 人" in page.text
    assert people.counts(session, held.id).absent == 1


def test_a_person_twice_is_once_on_the_list(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer, before = client_as("study_officer"), people.counts(session, held.id).listed
    page = post(officer, url(held, "/people/person"), number=office.people["leader"].number, follow_redirects=True)
    assert "已在名单里，没有重复加入" in page.text
    assert people.counts(session, held.id).listed == before


def test_two_recorders_at_once_lose_nothing(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    first, second = client_as("study_officer"), client_as("study_officer")
    leader, manager = line(session, held, office, "leader"), line(session, held, office, "manager")
    post(first, url(held, f"/people/{leader.id}/mark/present"), headers=HTMX)
    answer = post(second, url(held, f"/people/{manager.id}/mark/absent"), headers=HTMX)
    assert (leader.status, manager.status) == (Attendance.PRESENT, Attendance.ABSENT)
    assert re.search(r"实到 <b>1</b>", answer.text), "the second sees what the first did"


def test_a_form_opened_before_anothers_change_is_refused_and_kept(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer = client_as("study_officer")
    stamp = re.search(r'name="stamp" value="(\w+)"', officer.get(url(held, "/edit")).text)
    assert stamp
    data = entry(session, office, stamp=stamp[1], place="三楼", day=held.day.isoformat())
    assert post(officer, url(held, "/edit"), **data).status_code == 303
    again = post(officer, url(held, "/edit"), **{**data, "place": "五楼"})
    assert again.status_code == 422
    assert "刚被别人改过" in again.text
    assert "五楼" in again.text
    assert "地点：三楼" in again.text, "the second sees what the first did"


def test_topics_of_somebody_else_are_not_overwritten(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer = client_as("study_officer")
    seen = stamp_in(officer, url(held, "/edit"))
    data = entry(session, office, stamp=seen, day=held.day.isoformat(), begins="09:00", ends="11:00")
    assert post(officer, url(held, "/edit"), **{**data, "topics": "甲"}).status_code == 303
    again = post(officer, url(held, "/edit"), **{**data, "topics": "乙"})
    assert again.status_code == 422
    assert "学习内容（每行一项）：甲" in again.text
    assert [topic.title for topic in queries.topics_of(session, held.id)] == ["甲"]


def test_a_locked_session_is_corrected_with_a_reason(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    held.state, held.entered_on = SessionState.RECORDED, clock.today() - timedelta(days=60)
    session.commit()
    officer = client_as("study_officer")
    form = officer.get(url(held, "/edit")).text
    assert "修改须说明原因" in form
    stamp = re.search(r'name="stamp" value="(\w+)"', form)
    assert stamp
    data = entry(session, office, stamp=stamp[1], place="三楼")
    refused = post(officer, url(held, "/edit"), **data)
    assert refused.status_code == 422
    assert "锁定" in refused.text
    assert post(officer, url(held, "/edit"), **data, reason="地点记错").status_code == 303
    assert held.place == "三楼"


def test_check_in_from_the_screen_to_the_list(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer, leader = client_as("study_officer"), client_as("leader")
    screen = post(officer, url(held, "/check-in/open"), follow_redirects=True)
    assert held.check_in_code
    assert held.check_in_code in screen.text
    qr = officer.get(url(held, "/check-in/code"))
    assert qr.mimetype == "image/svg+xml"
    assert qr.data.startswith(b"<svg xmlns=")
    assert leader.get(url(held, "/check-in/code")).status_code == 403
    assert "不正确" in post(leader, "/study/check-in", code="ZZZZZZ").text
    assert held.check_in_code in leader.get(f"/study/check-in?code={held.check_in_code}").text
    done = post(leader, "/study/check-in", code=held.check_in_code, follow_redirects=True)
    assert "签到成功" in done.text
    assert "已签到 1 人" in officer.get(url(held, "/check-in/screen"), headers=HTMX).text
    post(officer, url(held, "/check-in/confirm"))
    assert line(session, held, office, "leader").status is Attendance.PRESENT
    post(officer, url(held, "/check-in/close"))
    assert officer.get(url(held, "/check-in/screen")).status_code == 404


def test_who_missed_it_makes_it_up(client_as: ClientAs, session: Session, office: Office, held: StudySession) -> None:
    officer, leader = client_as("study_officer"), client_as("leader")
    person = line(session, held, office, "leader")
    assert leader.get(url(held, "/make-up")).status_code == 404
    post(officer, url(held, f"/people/{person.id}/mark/leave"))
    assert "已给 1 人安排补学" in post(officer, url(held, "/make-ups"), follow_redirects=True).text
    assert "登记补学" in leader.get(url(held)).text
    assert post(leader, url(held, "/make-up"), note="").status_code == 422
    assert "已计入" in post(leader, url(held, "/make-up"), note="已看讲稿", follow_redirects=True).text
    assert person.make_up is MakeUp.DONE


def test_speeches_know_who_is_on_the_list(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer, leader = client_as("study_officer"), office.people["leader"]
    post(officer, url(held, "/speeches"), person=leader.name, topic="体会", minutes="12")
    page = post(officer, url(held, "/speeches"), person="特邀嘉宾", follow_redirects=True)
    known, guest = queries.speeches_of(session, held.id)
    assert (known.user_id, guest.user_id) == (leader.id, None)
    assert "2 人次" in page.text


def test_the_sheet_to_sign_has_everybody(client_as: ClientAs, held: StudySession, office: Office) -> None:
    page = client_as("study_officer").get(url(held, "/sign-in-sheet")).text
    assert office.people["leader"].name in page


@pytest.mark.parametrize(
    ("role", "whole", "list_page"),
    [
        ("study_officer", 200, 200),
        ("leader", 200, 200),
        ("case_officer", 200, 403),
        ("liaison", 404, 200),
        ("cadre", 404, 403),
    ],
)
def test_who_sees_what(
    client_as: ClientAs, held: StudySession, office: Office, role: str, whole: int, list_page: int
) -> None:
    client = client_as(role)
    page = client.get(url(held))
    assert page.status_code == whole
    assert client.get("/study/sessions").status_code == list_page
    if role == "case_officer":
        assert "本人：未登记" in page.text
        assert office.people["leader"].name not in page.text, "others' attendance is not theirs to read"


@pytest.mark.parametrize("path", ["/people/rest", "/speeches", "/check-in/open", "/state/recorded", "/people/last"])
def test_others_units_are_out_of_reach(client_as: ClientAs, held: StudySession, path: str) -> None:
    assert post(client_as("liaison"), url(held, path)).status_code == 404
    assert post(client_as("leader"), url(held, path)).status_code == 403


def test_the_list_goes_out_as_a_sheet(client_as: ClientAs, held: StudySession) -> None:
    answer = client_as("study_officer").get("/study/sessions?export=xlsx", buffered=True)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["日期", "形式", "学习名称"]
    assert rows[1][2] == held.title


def test_a_made_up_state_or_mark_is_no_page(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer, person = client_as("study_officer"), line(session, held, office, "leader")
    assert post(officer, url(held, "/state/nonsense")).status_code == 404
    assert post(officer, url(held, f"/people/{person.id}/mark/nonsense")).status_code == 404
    assert post(officer, url(held, "/check-in/nonsense")).status_code == 404


def test_a_session_opens_beside_its_list(client_as: ClientAs, session: Session, office: Office) -> None:
    row = build_session(session, office, office.viewer(session, "study_officer"), title="学习<b>甲</b>")
    session.commit()
    client, url = client_as("study_officer"), f"/study/sessions/{row.id}"
    assert f'data-row="{row.id}"' in client.get("/study/sessions").text
    assert f'hx-get="{url}" hx-trigger="load"' in client.get(f"/study/sessions?open={row.id}").text
    beside = client.get(url, headers={**HTMX, "HX-Target": "aside#panel"}).text
    assert beside.lstrip().startswith('<aside class="panel card" id="panel"')
    assert "学习&lt;b&gt;甲" in beside
    assert client_as("foreign_liaison").get(url, headers={**HTMX, "HX-Target": "aside#panel"}).status_code == 404
