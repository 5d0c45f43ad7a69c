"""Sessions, attendance, hours, make-up, self-study and plans through their services."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.study.models import HoursEntry, StudyAttendance, StudySession
from portal.study.queries import attendance as people
from portal.study.queries import hours as ledger
from portal.study.queries import plans as plan_queries
from portal.study.queries import sessions as queries
from portal.study.rules.attendance import Attendance, MakeUp, Part
from portal.study.rules.hours import PlanItemKind, Source
from portal.study.rules.session import Precision, SessionState
from portal.study.services import attendance, own, plans, sessions
from tests.support.people import Office
from tests.support.study import TODAY, build_meeting, build_session, values_of


@pytest.fixture
def officer(session: Session, office: Office) -> Viewer:
    return office.viewer(session, "study_officer")


@pytest.fixture
def held(session: Session, office: Office, officer: Viewer) -> StudySession:
    """A held session of the bureau with everybody of the bureau on its list."""
    row = build_session(session, office, officer)
    attendance.add_unit(session, **when(officer, row), unit_id=office.units["D01"].id)
    return row


def when(actor: Viewer, row: StudySession) -> dict[str, object]:
    return {"actor": actor, "now": clock.now(), "today": TODAY, "row": row}


def line(session: Session, row: StudySession, office: Office, label: str) -> StudyAttendance:
    found = people.of_person(session, row.id, office.people[label].id)
    assert found is not None
    return found


def minutes(session: Session, office: Office, label: str, year: int = 2026) -> int:
    return sum(ledger.year_by_source(session, office.people[label].id, year).values())


def test_a_session_counts_as_long_as_it_lasted(session: Session, office: Office, officer: Viewer) -> None:
    assert build_session(session, office, officer).minutes == 120
    assert build_session(session, office, officer, minutes=45).minutes == 45
    assert build_session(session, office, officer, begins="", ends="").minutes == 0


def test_a_vague_date_keeps_its_span(session: Session, office: Office, officer: Viewer) -> None:
    row = build_session(session, office, officer, day=date(2026, 5, 15), precision=Precision.MIDDLE_LATE)
    assert (row.first_day, row.last_day) == (date(2026, 5, 11), date(2026, 5, 31))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"day": date(2026, 12, 1)}, "session-not-yet"),
        ({"begins": "11:00", "ends": "09:00"}, "times-order"),
        ({"minutes": 2000}, "minutes-range"),
        ({"kind_id": 999}, "kind-closed"),
        ({"agenda_item_id": 999}, "item-out-of-sight"),
    ],
)
def test_what_cannot_be(session: Session, office: Office, officer: Viewer, more: dict[str, object], code: str) -> None:
    with pytest.raises(RuleError, match=code):
        build_session(session, office, officer, **more)


def test_it_links_to_the_first_topic_of_a_meeting(session: Session, office: Office, officer: Viewer) -> None:
    from portal.meetings import services as meetings
    from portal.meetings.rules import ItemKind

    meeting = build_meeting(session, office, officer)
    item = meetings.add_item(
        session, actor=officer, now=clock.now(), meeting=meeting, kind=ItemKind.FIRST_TOPIC, title="传达学习"
    )
    assert build_session(session, office, officer, agenda_item_id=item.id).agenda_item_id == item.id


def test_all_present_then_the_exceptions(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    leader = line(session, held, office, "leader")
    marked = attendance.mark_rest(session, **when(officer, held), status=Attendance.PRESENT, absent_ids=[leader.id])
    tally = people.counts(session, held.id)
    assert marked == tally.listed == tally.present + 1
    assert (tally.absent, tally.unknown) == (1, 0)
    assert (minutes(session, office, "manager"), minutes(session, office, "leader")) == (120, 0)
    attendance.mark(
        session, **when(officer, held), person=line(session, held, office, "leader"), status=Attendance.OBSERVER
    )
    assert minutes(session, office, "leader") == 120


def test_marking_costs_the_same_for_a_few_and_for_many(
    session: Session, office: Office, officer: Viewer, statements
) -> None:
    costs = []
    for unit in ("D0102", "D"):
        row = build_session(session, office, officer, unit=unit)
        attendance.add_unit(session, **when(officer, row), unit_id=office.units[unit].id)
        with statements() as seen:
            attendance.mark_rest(session, **when(officer, row), status=Attendance.PRESENT)
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_hours_follow_every_correction(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    attendance.mark_rest(session, **when(officer, held), status=Attendance.PRESENT)
    seen = sessions.stamp_of(held, [])
    longer = values_of(session, office, ends="12:00")
    sessions.update(session, **when(officer, held), values=longer, seen=seen)
    assert minutes(session, office, "leader") == 180
    attendance.set_parts(
        session, **when(officer, held), person=line(session, held, office, "leader"), parts=[Part.SPEAK, Part.CHAIR],
        override=60, override_reason="中途离会",
    )  # fmt: skip
    assert minutes(session, office, "leader") == 60
    assert line(session, held, office, "leader").parts == ["chair", "speak"]
    sessions.set_state(session, **when(officer, held), state=SessionState.CANCELLED, reason="改期")
    assert minutes(session, office, "leader") == 0
    total = session.scalar(select(func.sum(HoursEntry.minutes)))
    assert total == 0, "lines are added, never changed"
    with pytest.raises((IntegrityError, OperationalError)):
        session.execute(text("UPDATE hours_entries SET minutes = 1"))


def test_who_is_taken_off_keeps_no_hours(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    attendance.mark_rest(session, **when(officer, held), status=Attendance.PRESENT)
    attendance.take_off(session, **when(officer, held), person=line(session, held, office, "leader"))
    assert minutes(session, office, "leader") == 0
    assert minutes(session, office, "manager") == 120


def test_a_make_up_has_a_day_and_brings_the_hours_then(
    session: Session, office: Office, officer: Viewer, held: StudySession
) -> None:
    person = line(session, held, office, "leader")
    attendance.mark(session, **when(officer, held), person=person, status=Attendance.LEAVE)
    asked = attendance.ask_make_up(session, actor=officer, now=clock.now(), row=held, people=[person])
    assert (asked, person.make_up, person.make_up_due) == (1, MakeUp.DUE, date(2026, 12, 20))
    leader = office.viewer(session, "leader")
    assert [task.title for task in people.make_ups_of(session, leader.id or 0)] == [held.title]
    attendance.report_make_up(session, **when(leader, held), person=person, note_text="已自学讲稿")
    assert ledger.year_by_source(session, leader.id or 0, 2026) == {Source.MAKE_UP: 120}
    with pytest.raises(RuleError, match="make-up-done"):
        attendance.report_make_up(session, **when(leader, held), person=person, note_text="再报")


def test_check_in_is_the_persons_word_until_confirmed(
    session: Session, office: Office, officer: Viewer, held: StudySession
) -> None:
    code = attendance.open_check_in(session, actor=officer, now=clock.now(), today=TODAY, row=held)
    assert attendance.open_check_in(session, actor=officer, now=clock.now(), today=TODAY, row=held) == code
    leader, cadre = office.viewer(session, "leader"), office.viewer(session, "cadre")
    assert attendance.check_in(session, actor=leader, now=clock.now(), code=f" {code.lower()} ") == (held, True)
    assert attendance.check_in(session, actor=leader, now=clock.now(), code=code) == (held, False)
    attendance.check_in(session, actor=cadre, now=clock.now(), code=code)  # was not on the list
    assert people.counts(session, held.id).present == 0
    assert attendance.confirm_check_ins(session, **when(officer, held)) == 2
    assert minutes(session, office, "cadre") == 120
    attendance.close_check_in(session, actor=officer, now=clock.now(), row=held)
    with pytest.raises(RuleError, match="check-in-unknown"):
        attendance.check_in(session, actor=leader, now=clock.now(), code=code)


def test_a_code_ends_by_itself(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    code = attendance.open_check_in(session, actor=officer, now=clock.now(), today=TODAY, row=held)
    late = clock.now() + attendance.CHECK_IN_LENGTH + timedelta(seconds=1)
    with pytest.raises(RuleError, match="check-in-unknown"):
        attendance.check_in(session, actor=officer, now=late, code=code)


def test_the_last_list_is_taken_over(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    row = build_session(session, office, officer, day=date(2026, 11, 24))
    listed = people.counts(session, held.id).listed
    assert attendance.add_last_list(session, **when(officer, row)) == listed
    with pytest.raises(RuleError, match="people-listed"):
        attendance.add_last_list(session, **when(officer, row))
    other = build_session(session, office, officer, code="lecture")
    with pytest.raises(RuleError, match="no-last-list"):
        attendance.add_last_list(session, **when(officer, other))


def test_only_ones_own_people_are_listed(session: Session, office: Office) -> None:
    liaison = office.viewer(session, "liaison")
    row = build_session(session, office, liaison, unit="D02")
    with pytest.raises(RuleError, match="unit-out-of-scope"):
        attendance.add_unit(session, **when(liaison, row), unit_id=office.units["D03"].id)
    both = [office.people[label].id for label in ("cadre", "foreign_cadre")]
    assert attendance.add_people(session, **when(liaison, row), user_ids=both) == 1


def test_a_locked_session_wants_a_reason(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    sessions.set_state(session, **when(officer, held), state=SessionState.RECORDED)
    late = {**when(officer, held), "today": TODAY + timedelta(days=40)}
    with pytest.raises(RuleError, match="session-locked"):
        attendance.mark_rest(session, **late, status=Attendance.PRESENT)
    assert attendance.mark_rest(session, **late, status=Attendance.PRESENT, reason="补录签到表")
    with pytest.raises(RuleError, match="session-locked"):
        sessions.add_speech(session, **late, name="某人", topic="", minutes=None)


def test_topics_and_speeches(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    topics = [sessions.Topic("《信访工作条例》", articles=("art_35",)), sessions.Topic("全面依法治国讲话")]
    sessions.set_topics(session, **when(officer, held), topics=topics)
    assert [topic.title for topic in queries.topics_of(session, held.id)] == [topic.title for topic in topics]
    assert set(queries.latest_topics(session, officer)) == {topic.title for topic in topics}
    speech = sessions.add_speech(
        session, **when(officer, held), name="测试", topic="体会", minutes=10, user_id=office.people["leader"].id
    )
    sessions.remove_speech(session, **when(officer, held), speech=speech)
    assert queries.speeches_of(session, held.id) == []


def test_who_sees_a_session(session: Session, office: Office, officer: Viewer, held: StudySession) -> None:
    seen = {
        label: queries.by_id(session, office.viewer(session, label), held.id) is not None
        for label in ("study_officer", "leader", "case_officer", "liaison", "cadre", "audit_admin")
    }
    assert seen == {
        "study_officer": True, "leader": True, "case_officer": True,  # on the list
        "liaison": False, "cadre": False, "audit_admin": True,  # on the list too
    }  # fmt: skip


def test_self_study_brings_hours_and_goes_with_them(session: Session, office: Office, officer: Viewer) -> None:
    cadre = office.viewer(session, "cadre")
    say = {"actor": cadre, "now": clock.now(), "today": TODAY, "read_on": TODAY, "minutes": 30}
    row = own.read(session, **say, title="《信访工作条例》", article="art_35", reflection="分类处理")
    assert ledger.year_by_source(session, cadre.id or 0, 2026) == {Source.SELF_STUDY: 30}
    with pytest.raises(RuleError, match="own-review"):
        own.review(session, actor=cadre, now=clock.now(), row=row, note="好")
    other = own.read(session, **say, title="另一篇")
    own.withdraw(session, actor=cadre, now=clock.now(), row=other)
    own.review(session, actor=officer, now=clock.now(), row=row, note="写得好")
    with pytest.raises(RuleError, match="self-study-reviewed"):
        own.withdraw(session, actor=cadre, now=clock.now(), row=row)
    assert minutes(session, office, "cadre") == 30


def test_a_plan_asks_whom_it_is_for(session: Session, office: Office, officer: Viewer) -> None:
    plan = plans.create(
        session, actor=officer, now=clock.now(),
        values=plans.PlanValues(2026, "年度学法计划", office.units["D02"].id),
    )  # fmt: skip
    with pytest.raises(RuleError, match="plan-empty"):
        plans.publish(session, actor=officer, now=clock.now(), plan=plan)
    hours = plans.ItemValues(PlanItemKind.MINUTES, "全年学时", 40 * 60)
    item = plans.add_item(session, actor=officer, now=clock.now(), plan=plan, values=hours)
    with pytest.raises(RuleError, match="plan-year"):
        plans.add_item(
            session, actor=officer, now=clock.now(), plan=plan, values=replace(hours, due_on=date(2027, 1, 1))
        )
    cadre, foreign = office.people["cadre"].id, office.people["foreign_cadre"].id
    assert not plan_queries.of_person(session, cadre, 2026)
    plans.publish(session, actor=officer, now=clock.now(), plan=plan)
    assert [each.id for each in plan_queries.of_person(session, cadre, 2026)] == [plan.id]
    assert not plan_queries.of_person(session, foreign, 2026)
    assert plan_queries.by_id(session, office.viewer(session, "cadre"), plan.id) is plan
    assert plan_queries.by_id(session, office.viewer(session, "foreign_cadre"), plan.id) is None
    plan.leaders_only = True
    session.flush()
    assert not plan_queries.of_person(session, cadre, 2026)
    plans.remove_item(session, actor=officer, now=clock.now(), plan=plan, item=item)
