"""补录: past sessions from a workbook; and the ledger that goes out comes in again."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.extensions import db, writing
from portal.imports.registry import Verdict
from portal.study.importing import judging
from portal.study.importing.kind import sentence
from portal.study.importing.known import Known, KnownPerson
from portal.study.models import HoursEntry, StudyAttendance, StudySession
from portal.study.queries import attendance as people
from portal.study.queries import sessions as queries
from portal.study.rules.attendance import Attendance
from portal.study.rules.session import Precision, SessionState
from portal.study.services import attendance, sessions
from tests.support.imports import Site
from tests.support.people import Office, csrf
from tests.support.study import TODAY, build_session

ClientAs = Callable[[str], FlaskClient]
HEAD = ("日期", "形式", "名称", "主持人", "地点", "应到", "实到", "参加人员", "缺席人员", "学习内容", "发言人")


def book(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook of these sheets; a date is written as Excel keeps one."""
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"default_date_format": "yyyy/m/d"})
    for name, rows in sheets:
        sheet = made.add_worksheet(name)
        for line, cells in enumerate(rows):
            for place, value in enumerate(cells):
                sheet.write(line, place, value)
    made.close()
    return target.getvalue()


# ---- judging, without a database -------------------------------------------------------------------------------------


def known() -> Known:
    people_ = [KnownPerson(1, "1001", "张三", 7), KnownPerson(2, "1002", "李四", 7), KnownPerson(3, "1003", "王五", 7),
               KnownPerson(4, "1004", "王五", 8)]  # fmt: skip
    names: dict[str, list[KnownPerson]] = {}
    for each in people_:
        names.setdefault(each.name, []).append(each)
    return Known(
        TODAY, kinds={"专题讲座": 5}, kind_names=["专题讲座"], units={"综合科": [7], "D": [8]}, unit_id=7,
        numbers={each.number: each for each in people_}, names=names,
    )  # fmt: skip


def judged(**cells: str) -> Any:
    row = {"sheet": "表", "line": 2, "day": "2022-05-18", "kind": "专题讲座", "title": "讲座", **cells}
    found = judging.judge({"sessions": [row], "people": [], "speeches": [], "unread": []}, known(), {})
    return found.rows[0]


def said(row: Any) -> str:
    return "；".join(sentence(note.code, note.params) for note in row.notes)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"day": "5月18日"}, "须有年份"),
        ({"day": "2027-01-01"}, "日期还没到"),
        ({"kind": "座谈"}, "可填：专题讲座"),
        ({"title": ""}, "没有填写"),
        ({"title": "长" * 201}, "最多 200 个字"),
        ({"unit": "别处"}, "没有找到单位“别处”"),
        ({"present": "张三、赵六"}, "没有找到“赵六”"),
        ({"present": "王五"}, "有 2 人叫“王五”"),
        ({"present": "李四（1001）"}, "“张三”不一致"),
        ({"present": "张三", "absent": "1001"}, "既是出席又是缺席"),
        ({"attended": "几十人"}, "不是 0 到"),
        ({"begins": "上午"}, "请写成 09:30"),
        ({"begins": "10:00", "ends": "9:00"}, "须晚于开始时间"),
    ],
)
def test_what_is_wrong_is_said_by_row(app: Flask, cells: dict[str, str], words: str) -> None:
    with app.test_request_context():
        row = judged(**cells)
        assert row.verdict is Verdict.REJECTED
        assert words in said(row)
        assert row.where == "表 第 2 行"


def test_all_that_is_wrong_with_a_row_is_said_at_once(app: Flask) -> None:
    with app.test_request_context():
        row = judged(day="x", kind="y", present="赵六", minutes="z")
        assert len(row.notes) == 4


@pytest.mark.parametrize(
    "text",
    ["张三、李四", "1001，1002", "张三;李四", "张三\n李四", "张三（1001）、李四", "张　三、李四 、", "张三 李四"],
)
def test_people_are_told_apart_however_they_are_written(text: str) -> None:
    assert [entry["user_id"] for entry in judged(present=text).payload["entries"]] == [1, 2]


def test_a_person_twice_counts_once_and_is_pointed_out(app: Flask) -> None:
    with app.test_request_context():
        row = judged(present="张三、1001")
        assert row.verdict is Verdict.ACCEPTED
        assert row.flagged
        assert "写了两次，只算一次" in said(row)
        assert len(row.payload["entries"]) == 1


def test_counts_that_differ_from_the_names_are_pointed_out(app: Flask) -> None:
    with app.test_request_context():
        assert "写的是 5 人，名单是 2 人" in said(judged(present="张三、李四", attended="5人"))
        assert not judged(present="张三、李四", attended="2", expected="2").flagged
        assert not judged(present="张三、李四", attended="5", extra="3").flagged
        alone = judged(attended="38")
        assert alone.payload["extra"] == 38
        assert "不计个人学时" in said(alone)


def test_speakers_with_topics_and_guests() -> None:
    found = judged(speakers="张三（体会，之一）、嘉宾、李四（1002）").payload["speeches"]
    assert [(each["name"], each["user_id"], each["topic"]) for each in found] == [
        ("张三", 1, "体会，之一"), ("嘉宾", None, ""), ("李四", 2, ""),
    ]  # fmt: skip


def test_the_same_session_twice_in_a_file_comes_in_once() -> None:
    row = {"sheet": "表", "line": 2, "day": "2022年5月中下旬", "kind": "专题讲座", "title": "讲座"}
    rows = [row, {**row, "line": 3}, {**row, "line": 4, "day": "2022年5月中旬"}]
    found = judging.judge({"sessions": rows, "people": [], "speeches": [], "unread": []}, known(), {})
    assert [each.verdict for each in found.rows] == [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.ACCEPTED]


def test_lines_without_their_session_are_no_small_thing(app: Flask) -> None:
    row = {"sheet": "表", "line": 2, "ref": "1", "day": "2022-05-18", "kind": "专题讲座", "title": "讲座"}
    lost = {"sheet": "到会", "line": 9, "ref": "2", "name": "张三", "status": "出席"}
    found = judging.judge({"sessions": [row], "people": [lost], "speeches": [], "unread": []}, known(), {})
    assert [each.verdict for each in found.rows] == [Verdict.ACCEPTED, Verdict.REJECTED]
    with app.test_request_context():
        assert "没有编号“2”" in said(found.rows[1])


# ---- from the upload to the ledger -----------------------------------------------------------------------------------


@pytest.fixture
def site(live_app: Flask) -> Site:
    return Site(live_app)


def upload(site: Site, client: FlaskClient, data: bytes, name: str = "补录.xlsx") -> str:
    fields = {"csrf_token": csrf(client), "file": (io.BytesIO(data), name)}
    return site.work(client.post("/imports/new/study", data=fields, content_type="multipart/form-data"))


def twelve(office: Office) -> list[list[Any]]:
    """Twelve past sessions as a colleague keeps them, with dates of three kinds."""
    leader, manager = (office.people[label] for label in ("leader", "manager"))
    rows: list[list[Any]] = []
    for month in range(1, 13):
        day: Any = (f"2022年{month}月中下旬", date(2022, month, 18), f"2022.{month}.18")[month % 3]
        rows.append([day, "专题讲座", f"第{month}讲", "某某", "会议室", 2, 2, f"{leader.name}、{manager.number}", "",
                     "《信访工作条例》；讲话", f"{leader.name}（体会）"])  # fmt: skip
    return rows


def test_twelve_past_sessions_come_in_and_a_second_time_none(site: Site) -> None:
    with site.app.app_context():
        office = Office.load(db.session())
        data = book(("2022年", [["2022年度学习情况"], list(HEAD), *twelve(office)]))
        db.session.remove()
    officer = site.client("study_officer")
    url = upload(site, officer, data)
    preview = officer.get(url).text
    assert "第12讲" in preview
    with site.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StudySession)) == 0, "nothing before the decision"
        db.session.remove()
    site.work(site.post(officer, f"{url}/accept"))
    with site.app.app_context():
        made = list(db.session.scalars(select(StudySession).order_by(StudySession.first_day)))
        assert len(made) == 12
        assert {row.state for row in made} == {SessionState.RECORDED}
        assert (made[2].precision, made[2].first_day.day) == (Precision.MIDDLE_LATE, 11)
        assert people.counts(db.session(), made[0].id).present == 2
        assert [topic.title for topic in queries.topics_of(db.session(), made[0].id)] == ["《信访工作条例》", "讲话"]
        assert queries.speeches_of(db.session(), made[0].id)[0].user_id == office.people["leader"].id
        db.session.remove()
    again = upload(site, officer, data)
    assert site.batch(again).summary["duplicates"] == 12


def test_one_wrong_row_keeps_all_out_and_goes_into_a_sheet(site: Site) -> None:
    with site.app.app_context():
        rows = twelve(Office.load(db.session()))
        db.session.remove()
    rows[3][7] = "查无此人"
    officer = site.client("study_officer")
    url = upload(site, officer, book(("表", [list(HEAD), *rows])))
    assert "没有找到“查无此人”" in officer.get(url).text
    site.post(officer, f"{url}/accept")
    with site.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StudySession)) == 0
        db.session.remove()
    left = officer.get(f"{url}/failed-rows", buffered=True)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(left.data)).get_sheet_by_index(0).to_python()
    assert "查无此人" in sheet[1][-1]


def test_a_workbook_without_the_columns_is_told_so(site: Site) -> None:
    officer = site.client("study_officer")
    url = upload(site, officer, book(("表", [["姓名", "工号"], ["甲", "1"]])))
    assert "须有“日期”“形式”“名称”" in officer.get(url).text


@pytest.mark.parametrize("role", ["cadre", "leader", "exam_officer"])
def test_only_who_keeps_study_enters_it(client_as: ClientAs, role: str) -> None:
    assert client_as(role).get("/imports/new/study").status_code == 404


def test_a_reader_has_no_rows_in_the_whole_ledger(client_as: ClientAs, session: Session, office: Office) -> None:
    _rich(session, office)
    session.commit()
    answer = client_as("leader").get("/study/sessions?export=book", buffered=True)
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()) == 1


def test_the_template_is_understood_by_the_import(site: Site) -> None:
    officer = site.client("study_officer")
    answer = officer.get("/study/sessions/template", buffered=True)
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    head = sheets.get_sheet_by_index(0).to_python()[0]
    row = {"日期": "2022-05-18", "形式": "专题讲座", "名称": "讲座", "无账号人数": "12人"}
    url = upload(site, officer, book(("学习记录", [head, [row.get(name, "") for name in head]])))
    assert site.batch(url).summary["accepted"] == 1


def _rich(session: Session, office: Office) -> StudySession:
    """A session with something in every column."""
    officer = office.viewer(session, "study_officer")
    row = build_session(
        session, office, officer, day=date(2026, 5, 1), precision=Precision.LATE, organiser="某局", own=False,
        lecturer="某教授", lecturer_post="院长", summary="一\n二", publicity=True, place="礼堂",
    )  # fmt: skip
    told: dict[str, Any] = {"actor": officer, "now": clock.now(), "today": TODAY, "row": row}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    absent, chair = (people.of_person(session, row.id, office.people[label].id) for label in ("leader", "manager"))
    assert absent
    assert chair
    attendance.mark_rest(session, **told, status=Attendance.PRESENT, absent_ids=[absent.id])
    attendance.ask_make_up(session, actor=officer, now=clock.now(), row=row, people=[absent])
    attendance.report_make_up(session, **told, person=absent, note_text="看了讲稿")
    attendance.set_parts(session, **told, person=chair, parts=["chair"], override=30, override_reason="中途离场")
    sessions.set_topics(session, **told, topics=[sessions.Topic("《信访工作条例》"), sessions.Topic("讲话")])
    sessions.add_speech(session, **told, name="嘉宾", topic="体会", minutes=10, summary="要点")
    sessions.set_headcount(session, **told, unit_id=office.units["D01"].id, people=4)
    return row


def _told(session: Session, row: StudySession) -> tuple[Any, ...]:
    """Everything that a ledger says of a session."""
    names = ("kind_id", "title", "unit_id", "own", "organiser", "first_day", "last_day", "precision", "begins", "ends",
             "minutes", "place", "lecturer", "lecturer_post", "summary", "publicity")  # fmt: skip
    lines = session.scalars(
        select(StudyAttendance).where(StudyAttendance.session_id == row.id).order_by(StudyAttendance.user_id)
    )
    marks = ("user_id", "status", "parts", "override_minutes", "override_reason", "make_up", "make_up_due",
             "make_up_on", "make_up_note")  # fmt: skip
    hours = session.execute(
        select(HoursEntry.user_id, HoursEntry.source, func.sum(HoursEntry.minutes))
        .where(HoursEntry.source_id == row.id)
        .group_by(HoursEntry.user_id, HoursEntry.source)
        .having(func.sum(HoursEntry.minutes) != 0)
        .order_by(HoursEntry.user_id, HoursEntry.source)
    )
    return (
        [getattr(row, name) for name in names],
        [[getattr(line, name) for name in marks] for line in lines],
        [topic.title for topic in queries.topics_of(session, row.id)],
        [(each.name, each.topic, each.minutes, each.summary) for each in queries.speeches_of(session, row.id)],
        [(each.unit_id, each.people) for each in queries.headcounts(session, row.id)],
        [tuple(each) for each in hours],
    )


def test_the_ledger_that_goes_out_comes_in_again(site: Site) -> None:
    with site.app.app_context(), writing() as session:
        row = _rich(session, Office.load(session))
        before, old = _told(session, row), row.id
        session.commit()
        db.session.remove()
    officer = site.client("study_officer")
    data = officer.get("/study/sessions?export=book", buffered=True).data
    assert site.batch(upload(site, officer, data)).summary["duplicates"] == 1
    with site.app.app_context(), writing() as session:
        session.get_one(StudySession, old).state = SessionState.CANCELLED
        session.commit()
        db.session.remove()
    url = upload(site, officer, data)
    assert site.batch(url).summary["rejected"] == 0, officer.get(url).text
    site.work(site.post(officer, f"{url}/accept"))
    with site.app.app_context():
        made = db.session.scalars(select(StudySession).where(StudySession.id != old)).one()
        assert _told(db.session(), made) == before
        db.session.remove()
