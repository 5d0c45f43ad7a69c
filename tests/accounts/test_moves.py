"""Moving a person keeps where they were, and asks what becomes of the roles of the old unit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import memberships, queries
from portal.accounts import people_services as services
from portal.accounts.models import RoleGrant, UnitMembership, User
from portal.accounts.move_rules import BACKDATE, check_move
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.core.viewer import system_viewer
from tests.accounts.test_people import post
from tests.support.people import Office

Clients = Callable[[str], FlaskClient]
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1))


@given(DAYS, DAYS, DAYS)
def test_a_move_is_neither_ahead_nor_long_ago_nor_before_the_last(day: date, today: date, since: date) -> None:
    fits = max(since, today - BACKDATE) <= day <= today
    with nullcontext() if fits else pytest.raises(RuleError, match=r"move-(ahead|long-ago|before)"):
        check_move(day, today=today, since=since)


def stays(session: scoped_session[Session], user: User) -> list[tuple[int, date, date | None]]:
    found = session.scalars(select(UnitMembership).where(UnitMembership.user_id == user.id).order_by(UnitMembership.id))
    return [(stay.unit_id, stay.from_day, stay.to_day) for stay in found]


def move(session: scoped_session[Session], office: Office, user: User, code: str, day: date | None = None) -> None:
    actor = office.viewer(session(), "system_admin")
    services.update(
        session(), actor=actor, now=clock.now(), user=user, seen=services.fingerprint(user), number=user.number,
        name=user.name, unit_id=office.units[code].id, position="", is_leader=False, moved_on=day,
    )  # fmt: skip


def test_a_new_person_is_somewhere_from_the_first_day(session: scoped_session[Session], office: Office) -> None:
    user = office.people["cadre"]
    assert stays(session, user) == [(office.units["D0201"].id, date(2026, 1, 5), None)]


def test_a_move_closes_one_stay_and_begins_the_next(session: scoped_session[Session], office: Office) -> None:
    user, day = office.people["cadre"], clock.today() - timedelta(days=40)
    move(session, office, user, "D03", day)
    assert stays(session, user) == [
        (office.units["D0201"].id, date(2026, 1, 5), day - timedelta(days=1)),
        (office.units["D03"].id, day, None),
    ]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.update")).one()
    assert entry.detail["moved_on"] == day.isoformat()


def test_a_slip_of_the_pen_is_put_right_without_a_second_stay(session: scoped_session[Session], office: Office) -> None:
    user, today = office.people["cadre"], clock.today()
    move(session, office, user, "D03")
    move(session, office, user, "D02")
    assert stays(session, user)[1:] == [(office.units["D02"].id, today, None)]


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "move-ahead"), (BACKDATE.days + 1, "move-long-ago"), (365, "move-before")]
)
def test_a_day_that_cannot_be_is_said_at_the_field(
    client_as: Clients, session: scoped_session[Session], office: Office, days: int, code: str
) -> None:
    from portal.web.errors import messages

    user, client = office.people["cadre"], client_as("system_admin")
    user_id, day = user.id, clock.today() - timedelta(days=days)
    answer = post(
        client, f"/accounts/people/{user_id}/edit", number=user.number, name=user.name,
        unit_id=office.units["D03"].id, moved_on=day, seen=services.fingerprint(user),
    )  # fmt: skip
    assert answer.status_code == 422
    assert str(messages(client.application)[code])[:6] in answer.text
    session.expire_all()
    assert session.get_one(User, user_id).unit_id == office.units["D0201"].id


def test_there_is_one_present_stay(session: scoped_session[Session], office: Office) -> None:
    user = office.people["cadre"]
    session.add(UnitMembership(user_id=user.id, unit_id=user.unit_id, from_day=clock.today(), noted_at=clock.now()))
    with pytest.raises(DatabaseError):
        session.flush()


def test_a_database_that_was_filled_at_once_gets_its_stays(session: scoped_session[Session], office: Office) -> None:
    session.query(UnitMembership).delete()
    memberships.begin_all(session(), since=date(2020, 1, 1), now=clock.now())
    memberships.begin_all(session(), since=date(2021, 1, 1), now=clock.now())
    assert {stay[1] for user in office.people.values() for stay in stays(session, user)} == {date(2020, 1, 1)}
    assert session.query(UnitMembership).count() == len(office.people)


# --- roles of the old unit -----------------------------------------------------------------------------------------


def test_a_role_for_the_old_unit_is_asked_about_until_it_is_decided(
    client_as: Clients, session: scoped_session[Session], office: Office
) -> None:
    user = office.people["liaison"]
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()
    assert queries.grants_in_question(session(), user.id) == set()
    move(session, office, user, "D03")
    session.commit()
    assert queries.grants_in_question(session(), user.id) == {grant.id}
    security, system = client_as("security_admin"), client_as("system_admin")
    assert "调动后待确认的角色" in security.get("/").text
    assert "调动后待确认的角色" not in system.get("/").text
    assert "调动前的角色" in security.get(f"/accounts/people/{user.id}").text
    path = f"/accounts/people/{user.id}/roles/{grant.id}/keep"
    assert post(system, path).status_code == 403
    assert post(security, path).status_code == 303
    assert queries.grants_in_question(session(), user.id) == set()
    assert "调动后待确认的角色" not in security.get("/").text


def test_a_role_that_still_covers_the_new_unit_is_not_asked_about(
    session: scoped_session[Session], office: Office
) -> None:
    user = office.people["exam_officer"]  # for the whole district
    move(session, office, user, "D0102")
    assert queries.grants_in_question(session(), user.id) == set()


def test_a_role_given_after_the_move_is_not_asked_about(session: scoped_session[Session], office: Office) -> None:
    user = office.people["cadre"]
    move(session, office, user, "D03")
    unit = office.units["D02"].id
    services.grant_role(
        session(), actor=system_viewer(), now=clock.now() + timedelta(seconds=1), user=user, role=Role.LEADER,
        unit_id=unit,
    )  # fmt: skip
    assert queries.grants_in_question(session(), user.id) == set()


def test_nobody_keeps_their_own_role(session: scoped_session[Session], office: Office) -> None:
    user = office.people["security_admin"]
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()
    with pytest.raises(RuleError, match="own-roles"):
        services.keep_role(
            session(), actor=office.viewer(session(), "security_admin"), now=clock.now(), user=user, grant=grant
        )
