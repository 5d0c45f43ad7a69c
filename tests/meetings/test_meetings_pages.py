"""Meetings as their users meet them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.meetings import queries, services
from portal.meetings.models import Decision, Meeting
from portal.meetings.rules import DecisionState, MeetingState
from portal.meetings.services import DecisionValues
from tests.support.people import Office, csrf, stamp_in
from tests.support.study import build_meeting

ClientAs = Callable[[str], FlaskClient]


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    options = {name: data.pop(name) for name in ("headers", "follow_redirects") if name in data}
    return client.post(url, data={"csrf_token": csrf(client), **data}, **options)


@pytest.fixture
def held(session: Session, office: Office) -> Meeting:
    keeper = office.viewer(session, "study_officer")
    made = build_meeting(session, office, keeper)
    services.set_state(
        session, actor=keeper, now=clock.now(), today=clock.today(), meeting=made, state=MeetingState.HELD
    )
    session.commit()
    return made


@pytest.fixture
def decision(session: Session, office: Office, held: Meeting) -> Decision:
    values = DecisionValues(
        text="开展条例宣传", unit_id=office.units["D02"].id, owner_id=office.people["cadre"].id, due_on=date(2026, 1, 1)
    )
    keeper = office.viewer(session, "study_officer")
    made = services.add_decision(session, actor=keeper, now=clock.now(), meeting=held, values=values)
    session.commit()
    return made


def test_from_planning_to_the_signed_minutes(client_as: ClientAs, session: Session, office: Office) -> None:
    keeper = client_as("study_officer")
    page = post(
        keeper, "/meetings/new", kind="party_group", title="局党组会", number="2026年第3次",
        unit_id=office.units["D01"].id, held_on=clock.today().isoformat(), begins="09:00", present="局长、副局长",
        follow_redirects=True,
    )  # fmt: skip
    assert "接着添加议题" in page.text
    made = session.scalars(select(Meeting)).one()
    url = f"/meetings/{made.id}"
    post(keeper, f"{url}/items", kind="first_topic", title="传达学习全面依法治国讲话")
    item = queries.items(session, made.id)[0]
    stamp = stamp_in(keeper, f"{url}/items/{item.id}")
    post(keeper, f"{url}/items/{item.id}", kind="first_topic", title=item.title, conclusion="抓好落实", stamp=stamp)
    post(
        keeper, f"{url}/decisions", text="制定方案", unit_id=office.units["D0101"].id, item_id=item.id,
        owner=office.people["study_officer"].number, due_on="2026-12-31",
    )  # fmt: skip
    post(keeper, f"{url}/state/held")
    page = post(keeper, f"{url}/sign", signed_by="局长", signed_on=clock.today().isoformat(), follow_redirects=True)
    assert made.state is MeetingState.RECORDED
    for said in ("纪要由 局长", "抓好落实", "制定方案", "第一议题", "退回修改"):
        assert said in page.text


def test_what_is_wrong_is_said(client_as: ClientAs, office: Office, held: Meeting) -> None:
    keeper, url = client_as("study_officer"), f"/meetings/{held.id}"
    assert post(keeper, "/meetings/new", title="").status_code == 422
    assert "请填写议题" in post(keeper, f"{url}/items", title="", follow_redirects=True).text
    wrong = post(
        keeper,
        f"{url}/decisions",
        text="制定方案",
        unit_id=office.units["D01"].id,
        owner="无此人",
        follow_redirects=True,
    )
    assert "没有找到工号" in wrong.text
    assert "请填写签发人" in post(keeper, f"{url}/sign", follow_redirects=True).text
    assert post(keeper, f"{url}/state/recorded").status_code == 404, "filed only by signing"
    assert post(keeper, f"{url}/state/nonsense").status_code == 404


def test_a_form_opened_before_anothers_change(client_as: ClientAs, office: Office, held: Meeting) -> None:
    keeper, url = client_as("study_officer"), f"/meetings/{held.id}/edit"
    stamp = re.search(r'name="stamp" value="(\w+)"', keeper.get(url).text)
    assert stamp
    data = {
        "kind": "party_group", "title": "局党组会", "unit_id": held.unit_id, "held_on": "2026-11-20", "stamp": stamp[1],
    }  # fmt: skip
    assert post(keeper, url, **data, place="三楼").status_code == 303
    again = post(keeper, url, **data, place="五楼")
    assert again.status_code == 422
    assert "刚被别人改过" in again.text


def test_the_owner_reports_and_closes(
    client_as: ClientAs, session: Session, office: Office, decision: Decision
) -> None:
    cadre, url = client_as("cadre"), f"/meetings/decisions/{decision.id}"
    assert "开展条例宣传" in cadre.get("/meetings/decisions").text
    assert "已逾期" in cadre.get(url).text
    assert post(cadre, url, note="").status_code == 422
    page = post(cadre, url, note="已张贴海报", closes="done", follow_redirects=True)
    assert "已张贴海报" in page.text
    assert decision.state is DecisionState.DONE
    again = post(cadre, url, note="再报", follow_redirects=True)
    assert "已经结束" in again.text


@pytest.mark.parametrize(
    ("role", "whole", "part", "report"),
    [
        ("leader", 200, 200, 404),
        ("liaison", 404, 200, 303),
        ("foreign_liaison", 404, 404, 404),
        ("case_officer", 403, 404, 404),
    ],
)
def test_who_may_what(
    client_as: ClientAs,
    held: Meeting,
    decision: Decision,
    role: str,
    whole: int,
    part: int,
    report: int,
) -> None:
    client = client_as(role)
    assert client.get(f"/meetings/{held.id}").status_code == whole
    assert client.get(f"/meetings/decisions/{decision.id}").status_code == part
    assert post(client, f"/meetings/decisions/{decision.id}", note="进展").status_code == report


def test_late_ones_are_found_and_go_out_as_a_sheet(client_as: ClientAs, decision: Decision) -> None:
    keeper = client_as("study_officer")
    assert decision.text in keeper.get("/meetings/decisions?due=overdue").text
    assert decision.text not in keeper.get("/meetings/decisions?due=soon").text
    answer = keeper.get("/meetings/decisions?export=xlsx", buffered=True)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[1][1] == decision.text


def test_a_meeting_opens_beside_its_list(client_as: ClientAs, session: Session, held: Meeting) -> None:
    client, url = client_as("leader"), f"/meetings/{held.id}"
    assert f'data-row="{held.id}"' in client.get("/meetings/").text
    headers = {"HX-Request": "true", "HX-Target": "aside#panel"}
    beside = client.get(url, headers=headers).text
    assert beside.lstrip().startswith('<aside class="panel card" id="panel"')
    assert held.title in beside
    assert client_as("foreign_liaison").get(url, headers=headers).status_code in {403, 404}


def test_decisions_go_out_in_words(client_as: ClientAs, session: Session, office: Office, held: Meeting) -> None:
    session.add(Decision(meeting_id=held.id, no=1, text="事项", unit_id=office.units["D01"].id))
    session.commit()
    sheet = client_as("leader").get("/meetings/decisions?export=xlsx", buffered=True)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert rows[1][-1] == "待落实"


def test_whoever_carries_out_a_decision_is_not_sent_to_a_meeting_they_may_not_see(
    client_as: ClientAs, session: Session, office: Office, held: Meeting
) -> None:
    decision = Decision(
        meeting_id=held.id, no=1, text="事项", unit_id=office.units["D02"].id, owner_id=office.people["liaison"].id
    )
    session.add(decision)
    session.commit()
    page = client_as("liaison").get(f"/meetings/decisions/{decision.id}").text
    assert "事项" in page
    assert "查看会议" not in page


def test_a_wrong_decision_is_put_right_while_the_meeting_is_open(
    client_as: ClientAs, session: Session, office: Office, held: Meeting
) -> None:
    keeper, owner = client_as("study_officer"), office.people["case_officer"]
    decision = Decision(meeting_id=held.id, no=1, text="事项", unit_id=office.units["D01"].id)
    session.add(decision)
    session.commit()
    url = f"/meetings/{held.id}/decisions/{decision.id}"
    shown = keeper.get(url).text
    stamp = re.search(r'name="stamp" value="([^"]+)"', shown)
    assert stamp
    said = {"text": "改后的事项", "unit_id": office.units["D01"].id, "owner": owner.number, "stamp": stamp[1]}
    refused = post(keeper, url, **{**said, "owner": "NOBODY"})
    assert (refused.status_code, "没有找到工号" in refused.text, "改后的事项" in refused.text) == (422, True, True)
    assert post(keeper, url, **{**said, "text": ""}).status_code == 422
    post(keeper, url, **said)
    session.refresh(decision)
    assert (decision.text, decision.owner_id) == ("改后的事项", owner.id)
    assert "刚被别人改过" in post(keeper, url, **said).text, "what one saw is no longer so"
    assert client_as("foreign_liaison").get(url).status_code in {403, 404}
    assert keeper.get(f"/meetings/{held.id + 1}/decisions/{decision.id}").status_code == 404
    services.set_state(
        session, actor=office.viewer(session, "study_officer"), now=clock.now(), today=clock.today(), meeting=held,
        state=MeetingState.RECORDED, signed_by="局长", signed_on=clock.today(),
    )  # fmt: skip
    session.commit()
    post(keeper, url, **{**said, "text": "归档后", "stamp": services.decision_stamp(decision)})
    session.refresh(decision)
    assert decision.text == "改后的事项"


def test_two_who_write_a_conclusion_see_one_another(
    client_as: ClientAs, session: Session, office: Office, held: Meeting
) -> None:
    keeper = client_as("study_officer")
    post(keeper, f"/meetings/{held.id}/items", kind="report", title="听取汇报")
    item = queries.items(session, held.id)[0]
    url = f"/meetings/{held.id}/items/{item.id}"
    seen = stamp_in(keeper, url)
    said = {"kind": "report", "title": "听取汇报", "stamp": seen}
    assert post(keeper, url, **said, conclusion="先写的").status_code == 303
    second = post(keeper, url, **said, conclusion="后写的")
    assert second.status_code == 422
    assert "结论：先写的" in second.text
    assert "后写的</textarea>" in second.text.replace("\r\n", "")
    assert item.conclusion == "先写的"


def test_a_cadre_finds_decisions_in_the_menu(client_as: ClientAs, decision: Decision) -> None:
    cadre, leader = client_as("cadre"), client_as("leader")
    menu = re.compile(r'<nav[^>]*>.*?href="/meetings/decisions".*?</nav>', re.DOTALL)
    assert menu.search(cadre.get("/").text)
    assert not menu.search(leader.get("/").text), "who sees meetings finds them there"
    page = cadre.get("/meetings/decisions").text
    assert decision.text in page
    assert "填报" in cadre.get(f"/meetings/decisions/{decision.id}").text
