"""Meetings: their agenda, decisions and what became of them; who sees what."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.meetings import queries, services
from portal.meetings.models import Decision, Meeting
from portal.meetings.rules import DecisionState, ItemKind, MeetingState
from portal.meetings.services import DecisionValues
from tests.support.people import Office
from tests.support.study import TODAY, build_meeting


@pytest.fixture
def keeper(session: Session, office: Office) -> Viewer:
    return office.viewer(session, "study_officer")


@pytest.fixture
def meeting(session: Session, office: Office, keeper: Viewer) -> Meeting:
    return build_meeting(session, office, keeper)


def item(session: Session, keeper: Viewer, meeting: Meeting, title: str = "第一议题"):
    return services.add_item(
        session, actor=keeper, now=clock.now(), meeting=meeting, kind=ItemKind.FIRST_TOPIC, title=title
    )


def decide(session: Session, keeper: Viewer, meeting: Meeting, office: Office, **more: object) -> Decision:
    values = DecisionValues(**{"text": "开展条例宣传", "unit_id": office.units["D02"].id, **more})  # type: ignore[arg-type]
    return services.add_decision(session, actor=keeper, now=clock.now(), meeting=meeting, values=values)


def test_the_agenda_keeps_its_order(session: Session, keeper: Viewer, meeting: Meeting) -> None:
    made = [item(session, keeper, meeting, f"议题{n}") for n in range(3)]
    services.move_item(session, actor=keeper, now=clock.now(), meeting=meeting, item=made[2], up=True)
    assert [each.title for each in queries.items(session, meeting.id)] == ["议题0", "议题2", "议题1"]
    services.move_item(session, actor=keeper, now=clock.now(), meeting=meeting, item=made[0], up=True)
    services.remove_item(session, actor=keeper, now=clock.now(), meeting=meeting, item=made[2])
    assert [each.title for each in queries.items(session, meeting.id)] == ["议题0", "议题1"]


def test_recorded_minutes_are_closed_until_opened_again(session: Session, keeper: Viewer, meeting: Meeting) -> None:
    def step(state: MeetingState) -> None:
        services.set_state(session, actor=keeper, now=clock.now(), today=TODAY, meeting=meeting, state=state)

    step(MeetingState.HELD)
    step(MeetingState.RECORDED)
    with pytest.raises(RuleError, match="meeting-closed"):
        item(session, keeper, meeting)
    step(MeetingState.HELD)
    item(session, keeper, meeting)


def test_two_people_do_not_overwrite_each_other(
    session: Session, office: Office, keeper: Viewer, meeting: Meeting
) -> None:
    seen = services.stamp_of(meeting)
    values = services.Values(
        kind=meeting.kind, number="2026年第13次", title=meeting.title, unit_id=meeting.unit_id, held_on=meeting.held_on
    )
    services.update(session, actor=keeper, now=clock.now(), meeting=meeting, values=values, seen=seen)
    with pytest.raises(RuleError, match="changed-meanwhile"):
        services.update(session, actor=keeper, now=clock.now(), meeting=meeting, values=values, seen=seen)


def test_a_decision_is_numbered_followed_and_closed(
    session: Session, office: Office, keeper: Viewer, meeting: Meeting
) -> None:
    first = decide(session, keeper, meeting, office)
    second = decide(session, keeper, meeting, office, due_on=date(2026, 12, 31))
    assert (first.no, second.no) == (1, 2)
    say = {"actor": keeper, "now": clock.now(), "today": TODAY, "decision": first}
    services.follow_up(session, **say, note="已发通知")
    services.follow_up(session, **say, note="全部完成", closes=DecisionState.DONE)
    assert (first.state, first.closed_on) == (DecisionState.DONE, TODAY)
    assert [line.note for line in queries.follow_ups(session, first.id)] == ["全部完成", "已发通知"]
    with pytest.raises(RuleError, match="decision-closed"):
        services.follow_up(session, **say, note="再报")
    with pytest.raises((IntegrityError, OperationalError)):
        session.execute(text("UPDATE follow_ups SET note = 'x'"))


def test_an_owner_works_in_the_unit(session: Session, office: Office, keeper: Viewer, meeting: Meeting) -> None:
    cadre = office.people["cadre"]
    decide(session, keeper, meeting, office, owner_id=cadre.id)
    with pytest.raises(RuleError, match="owner-elsewhere"):
        decide(session, keeper, meeting, office, owner_id=cadre.id, unit_id=office.units["D03"].id)


def test_a_matter_with_decisions_stays(session: Session, office: Office, keeper: Viewer, meeting: Meeting) -> None:
    matter = item(session, keeper, meeting)
    decide(session, keeper, meeting, office, item_id=matter.id)
    with pytest.raises(RuleError, match="item-has-decisions"):
        services.remove_item(session, actor=keeper, now=clock.now(), meeting=meeting, item=matter)
    with pytest.raises(RuleError, match="item-elsewhere"):
        decide(session, keeper, meeting, office, item_id=matter.id + 99)


def test_who_sees_what(session: Session, office: Office, keeper: Viewer, meeting: Meeting) -> None:
    decision = decide(session, keeper, meeting, office, owner_id=office.people["cadre"].id)
    seen = {
        label: (
            queries.by_id(session, office.viewer(session, label), meeting.id) is not None,
            queries.decision(session, office.viewer(session, label), decision.id) is not None,
        )
        for label in ("study_officer", "leader", "liaison", "cadre", "foreign_liaison", "audit_admin")
    }
    assert seen == {
        "study_officer": (True, True),
        "leader": (True, True),
        "liaison": (False, True),  # of the sub-district that has to carry it out
        "cadre": (False, True),  # the owner
        "foreign_liaison": (False, False),
        "audit_admin": (False, False),
    }
    assert queries.may_report(session, office.viewer(session, "cadre"), decision)
    assert queries.may_report(session, office.viewer(session, "liaison"), decision)
    assert not queries.may_report(session, office.viewer(session, "leader"), decision)


def test_every_act_is_in_the_log(session: Session, office: Office, keeper: Viewer, meeting: Meeting) -> None:
    decide(session, keeper, meeting, office, item_id=item(session, keeper, meeting).id)
    actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(3)))
    assert actions == ["decision.create", "agenda.create", "meeting.create"]
