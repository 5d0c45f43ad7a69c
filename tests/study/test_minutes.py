"""Minutes as Word documents: what stands in them, who may have them, and that the log knows."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.meetings import minutes as meeting_minutes
from portal.meetings import services as meetings
from portal.meetings.models import Meeting
from portal.meetings.rules import ItemKind, MeetingState
from portal.study.models import StudySession
from portal.study.queries import attendance as people
from portal.study.rules.attendance import Attendance
from portal.study.rules.session import Precision
from portal.study.services import attendance, sessions
from tests.support.people import Office
from tests.support.study import TODAY, build_meeting, build_session

ClientAs = Callable[[str], FlaskClient]


def text_of(data: bytes) -> str:
    """The paragraphs of a Word document, a line each."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("word/document.xml").decode()
    return "\n".join(
        "".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", part)) for part in xml.split("</w:p>") if "<w:t" in part
    )


@pytest.fixture
def held(session: Session, office: Office) -> StudySession:
    officer = office.viewer(session, "study_officer")
    row = build_session(
        session, office, officer, day=date(2026, 5, 1), precision=Precision.MIDDLE_LATE, chair="甲", place="二楼会议室"
    )
    told = {"actor": officer, "now": clock.now(), "today": TODAY, "row": row}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    absent = people.of_person(session, row.id, office.people["leader"].id)
    assert absent is not None
    attendance.mark_rest(session, **told, status=Attendance.PRESENT, absent_ids=[absent.id])
    sessions.set_topics(session, **told, topics=[sessions.Topic("《信访工作条例》"), sessions.Topic("讲话")])
    sessions.add_speech(session, **told, name="某某", topic="体会", minutes=12, summary="一是\n二是")
    sessions.set_headcount(session, **told, unit_id=office.units["D02"].id, people=3)
    session.commit()
    return row


def test_the_minutes_of_a_session_say_what_was_and_who_was_there(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    answer = client_as("study_officer").get(f"/study/sessions/{held.id}/minutes")
    assert answer.mimetype.endswith("wordprocessingml.document")
    text = text_of(answer.data)
    listed = people.counts(session, held.id).listed
    for said in (
        held.title, "时间：2026年5月中下旬　09:00—11:00", "主持：甲", "地点：二楼会议室", "一、学习内容",
        "1．《信访工作条例》", "二、交流发言", "某某《体会》（12分钟）　一是 二是", "三、到会情况",
        f"应到{listed}人，实到{listed - 1}人。", f"缺席（1人）：测试区信访局　{office.people['leader'].name}。",
        "另有无账号人员：东风街道3人。",
    ):  # fmt: skip
        assert said in text
    assert "请假（" not in text, "what nobody was is left out"
    logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "study.minutes")).one()
    assert logged.subject_id == str(held.id)


@pytest.mark.parametrize(("role", "status"), [("leader", 200), ("case_officer", 403), ("liaison", 404), ("cadre", 403)])
def test_only_who_reads_the_whole_list_has_the_minutes(
    client_as: ClientAs, held: StudySession, role: str, status: int
) -> None:
    assert client_as(role).get(f"/study/sessions/{held.id}/minutes").status_code == status


def _meeting(session: Session, office: Office) -> Meeting:
    keeper = office.viewer(session, "study_officer")
    made = build_meeting(session, office, keeper, begins="09:00", present="局长、副局长")
    told = {"actor": keeper, "now": clock.now(), "meeting": made}
    item = meetings.add_item(
        session, **told, kind=ItemKind.FIRST_TOPIC, title="传达学习讲话", presenter="某某",
        conclusion="抓好落实。\n\n再学一次。",
    )  # fmt: skip
    owner = office.people["study_officer"].id
    asked = meetings.DecisionValues("制定方案", office.units["D0101"].id, owner, date(2026, 12, 1), item.id)
    meetings.add_decision(session, **told, values=asked)
    meetings.set_state(session, **told, today=TODAY, state=MeetingState.HELD)
    meetings.set_state(
        session, **told, today=TODAY, state=MeetingState.RECORDED, signed_by="局长", signed_on=date(2026, 11, 21)
    )
    session.commit()
    return made


def test_the_minutes_of_a_meeting_have_agenda_decisions_and_signature(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    made = _meeting(session, office)
    answer = client_as("study_officer").get(f"/meetings/{made.id}/minutes")
    text = text_of(answer.data)
    for said in (
        "局党组会纪要", "2026年第12次", "时间：2026年11月20日　09:00", "出席：局长、副局长", "一、会议议题",
        "（一）【第一议题】传达学习讲话", "汇报人：某某", "再学一次。", "二、议定事项", "制定方案", "综合科",
        office.people["study_officer"].name, "2026-12-01", "签发：局长", "2026年11月21日",
    ):  # fmt: skip
        assert said in text
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "meeting.minutes")).one()
    assert client_as("liaison").get(f"/meetings/{made.id}/minutes").status_code == 404


def test_an_empty_meeting_has_minutes_too(session: Session, office: Office) -> None:
    made = build_meeting(session, office, office.viewer(session, "study_officer"), number="")
    text = text_of(meeting_minutes.write(made, "局", [], []))
    assert "党组会" in text
    assert "议定事项" not in text


@pytest.mark.parametrize(("number", "word"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (31, "三十一")])
def test_numerals(number: int, word: str) -> None:
    assert meeting_minutes.numeral(number) == word
