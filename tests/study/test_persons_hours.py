"""Hours and parts of one person: on the session's page, for a lecture given, for an exam passed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import RuleError
from portal.home import exam_hours, tasks
from portal.study.models import StudyAttendance, StudySession
from portal.study.queries import attendance as people
from portal.study.queries import hours as queries
from portal.study.rules.attendance import Attendance, Part
from portal.study.rules.hours import Source
from portal.study.rules.session import SessionState
from portal.study.services import attendance, ledger, sessions
from tests.study.test_study_pages import post
from tests.support.exams import build_bank, build_round, sit
from tests.support.people import Office, stamp_in
from tests.support.study import build_session

ClientAs = Callable[[str], FlaskClient]


@pytest.fixture
def held(session: Session, office: Office) -> StudySession:
    officer, today = office.viewer(session, "study_officer"), clock.today()
    row = build_session(session, office, officer, day=today, today=today)
    told = {"actor": officer, "now": clock.now(), "today": today, "row": row}
    attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
    attendance.mark_rest(session, **told, status=Attendance.PRESENT)
    session.commit()
    return row


@pytest.fixture
def leader(session: Session, office: Office, held: StudySession) -> StudyAttendance:
    found = people.of_person(session, held.id, office.people["leader"].id)
    assert found
    return found


def url(line: StudyAttendance, more: str = "") -> str:
    return f"/study/sessions/{line.session_id}/people/{line.id}{more}"


def minutes(session: Session, line: StudyAttendance) -> dict[Source, int]:
    found = queries.year_by_source(session, line.user_id, clock.today().year)
    return {source: number for source, number in found.items() if number}


def test_parts_remark_and_hours_of_one_person(client_as: ClientAs, session: Session, leader: StudyAttendance) -> None:
    officer = client_as("study_officer")
    assert f'href="{url(leader)}"' in officer.get(f"/study/sessions/{leader.session_id}").text
    seen = stamp_in(officer, url(leader))
    refused = post(officer, url(leader), parts=["chair", "lead"], override="30", note="中途离开", stamp=seen)
    assert refused.status_code == 422
    assert "须填写原因" in refused.text
    assert "中途离开" in refused.text
    said = {"parts": ["chair", "lead"], "override": "30", "override_reason": "有急事", "note": "中途离开"}
    post(officer, url(leader), stamp=stamp_in(officer, url(leader)), **said)
    assert (leader.parts, leader.note, leader.override_minutes) == (["chair", "lead"], "中途离开", 30)
    assert minutes(session, leader) == {Source.SESSION: 30}
    post(officer, url(leader), stamp=stamp_in(officer, url(leader)), note="", override="", override_reason="")
    assert minutes(session, leader) == {Source.SESSION: 120}
    assert "单独计 30" not in officer.get(f"/study/sessions/{leader.session_id}").text


def test_a_made_up_part_is_refused(client_as: ClientAs, leader: StudyAttendance) -> None:
    assert post(client_as("study_officer"), url(leader), parts=["king"]).status_code == 422


def test_who_is_taken_off_keeps_no_hours(client_as: ClientAs, session: Session, leader: StudyAttendance) -> None:
    person = leader.user_id
    page = post(client_as("study_officer"), url(leader, "/remove"), follow_redirects=True)
    assert "已移出名单" in page.text
    assert sum(queries.year_by_source(session, person, clock.today().year).values()) == 0


def test_a_locked_list_is_corrected_with_a_reason(
    client_as: ClientAs, session: Session, held: StudySession, leader: StudyAttendance
) -> None:
    held.state, held.entered_on = SessionState.RECORDED, clock.today() - timedelta(days=60)
    session.commit()
    officer = client_as("study_officer")
    assert "修改须说明原因" in officer.get(url(leader)).text
    said = {"note": "补", "stamp": stamp_in(officer, url(leader))}
    assert post(officer, url(leader), **said).status_code == 422
    assert post(officer, url(leader), **said, reason="漏记").status_code == 303


def test_two_recorders_at_one_person_see_one_another(
    client_as: ClientAs, session: Session, leader: StudyAttendance
) -> None:
    officer = client_as("study_officer")
    seen = stamp_in(officer, url(leader))
    assert post(officer, url(leader), stamp=seen, note="迟到").status_code == 303
    second = post(officer, url(leader), stamp=seen, note="早退", parts=["lead"])
    assert second.status_code == 422
    assert "备注：迟到" in second.text, "what the first did"
    assert 'value="早退"' in second.text, "what the second wrote is not lost"
    assert leader.note == "迟到"
    now = re.search(r'name="stamp" value="(\w+)"', second.text)
    assert now
    assert post(officer, url(leader), stamp=now[1], note="早退", parts=["lead"]).status_code == 303
    assert (leader.note, leader.parts) == ("早退", ["lead"])


@pytest.mark.parametrize(("role", "status"), [("liaison", 404), ("leader", 403), ("cadre", 403)])
def test_others_may_not(client_as: ClientAs, leader: StudyAttendance, role: str, status: int) -> None:
    assert client_as(role).get(url(leader)).status_code == status


def test_the_hours_of_who_lectures_are_a_lectures(
    session: Session, office: Office, held: StudySession, leader: StudyAttendance
) -> None:
    told = {"actor": office.viewer(session, "study_officer"), "now": clock.now(), "today": clock.today(), "row": held}
    attendance.set_parts(session, **told, person=leader, parts=[Part.LECTURE], override=None, override_reason="")
    assert minutes(session, leader) == {Source.LECTURE: 120}
    attendance.set_parts(session, **told, person=leader, parts=[], override=None, override_reason="")
    assert minutes(session, leader) == {Source.SESSION: 120}


def test_who_passes_an_exam_has_its_hours_as_long_as_it_is_passed(session: Session, office: Office) -> None:
    round_ = build_round(session, office, bank=build_bank(session, office, each=6))
    good, bad = office.people["cadre"], office.people["leader"]
    sit(session, round_, good)
    sit(session, round_, bad, right=1)

    def hours_of(user_id: int) -> int:
        ledger.add_lines(session, exam_hours.lines(session, clock.now()))
        return queries.year_by_source(session, user_id, clock.today().year).get(Source.EXAM, 0)

    assert hours_of(good.id) == round_.minutes
    assert exam_hours.lines(session, clock.now()) == [], "a second look changes nothing"
    assert queries.year_by_source(session, bad.id, clock.today().year) == {}
    round_.pass_line = 10_001
    session.flush()
    assert [(line["user_id"], line["minutes"]) for line in exam_hours.lines(session, clock.now())] == [
        (good.id, -round_.minutes)
    ], "an appeal that takes the pass away takes the hours away"


def test_the_chore_writes_what_the_results_say(session: Session, office: Office) -> None:
    round_ = build_round(session, office, bank=build_bank(session, office, each=6))
    sit(session, round_, office.people["cadre"])
    session.commit()
    tasks.settle_exam_hours()
    assert queries.year_by_source(session, office.people["cadre"].id, clock.today().year) == {
        Source.EXAM: round_.minutes
    }


def test_a_held_session_is_moved_with_a_reason_and_its_hours_go_along(
    session: Session, office: Office, held: StudySession, leader: StudyAttendance
) -> None:
    told = {"actor": office.viewer(session, "study_officer"), "now": clock.now(), "today": clock.today(), "row": held}
    this, last = held.day.year, held.day.replace(year=held.day.year - 1, day=1)
    names = sessions.Values.__dataclass_fields__
    values = sessions.Values(**{**{name: getattr(held, name) for name in names}, "day": last})
    with pytest.raises(RuleError, match="session-moved"):
        sessions.update(session, **told, values=values, seen=sessions.stamp_of(held, []))
    sessions.update(session, **told, values=values, seen=sessions.stamp_of(held, []), reason="日期记错")
    assert sum(queries.year_by_source(session, leader.user_id, this).values()) == 0
    assert queries.year_by_source(session, leader.user_id, this - 1) == {Source.SESSION: 120}
