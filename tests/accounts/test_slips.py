"""First passwords on slips: made when printed, kept nowhere, printed again when a page was lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import queries, slip_queries, slip_services
from portal.accounts import services as accounts
from portal.accounts.models import User, UserState
from portal.accounts.passwords import FirstPassword, verify
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.permissions import Role
from portal.core.viewer import Viewer, system_viewer
from tests.accounts.test_people import post
from tests.accounts.test_sign_in import log_in
from tests.support.people import START, Office

Clients = Callable[[str], FlaskClient]


@pytest.fixture
def newcomers(session: scoped_session[Session], office: Office) -> list[User]:
    """Three people as an import leaves them: two in one unit, one in another."""
    people = [
        {"number": f"N{n}", "name": f"新人{n}", "unit_id": office.units[code].id, "position": "", "is_leader": False}
        for n, code in enumerate(("D0101", "D0101", "D0301"))
    ]
    accounts.create_users(session(), actor=system_viewer(), now=START, people=people)
    session.commit()
    return list(session.scalars(select(User).where(User.number.like("N%")).order_by(User.number)))


def slips_on(page: str) -> dict[str, str]:
    """{number: password} of a printed page."""
    found = re.findall(r"<code>([^<]+)</code>", page)
    return dict(zip(found[::2], found[1::2], strict=True))


def test_slips_are_printed_once_and_sign_people_in(
    app: Flask, session: scoped_session[Session], client_as: Clients, newcomers: list[User]
) -> None:
    client = client_as("system_admin")
    assert "待打印" in client.get("/accounts/slips").text
    slips = slips_on(post(client, "/accounts/slips").text)
    assert set(slips) == {"N0", "N1", "N2"}
    assert len(set(slips.values())) == 3
    session.expire_all()
    assert all(verify(user.password_hash, slips[user.number]) for user in newcomers)
    assert log_in(app.test_client(), "N0", slips["N0"]).status_code == 303
    kept = repr([entry.__dict__ for entry in session.query(AuditEntry)] + [user.__dict__ for user in newcomers])
    assert not any(password in kept for password in slips.values())
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.slip"))
    assert [entry.subject_label for entry in entries] == ["新人0（N0）", "新人1（N1）", "新人2（N2）"]


def test_a_unit_at_a_time_and_so_many_at_a_time(
    client_as: Clients, office: Office, newcomers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as("system_admin")
    assert set(slips_on(post(client, "/accounts/slips", unit=office.units["D0301"].id).text)) == {"N2"}
    monkeypatch.setattr(slip_services, "BATCH", 1)
    page = post(client, "/accounts/slips").text
    assert set(slips_on(page)) == {"N0"}
    assert "还有 1 人" in page
    assert set(slips_on(post(client, "/accounts/slips").text)) == {"N1"}
    assert post(client, "/accounts/slips").status_code == 303, "nobody is left"


def test_a_lost_page_is_printed_again_and_the_lost_passwords_are_void(
    app: Flask, client_as: Clients, office: Office, newcomers: list[User]
) -> None:
    client, unit = client_as("system_admin"), office.units["D0101"].id
    lost = slips_on(post(client, "/accounts/slips").text)
    log_in(app.test_client(), "N1", lost["N1"])
    post(client, "/accounts/slips/void", unit=unit)
    again = slips_on(post(client, "/accounts/slips").text)
    assert set(again) == {"N0"}, "who has signed in keeps the password, who is elsewhere too"
    assert log_in(app.test_client(), "N0", lost["N0"]).status_code == 422
    assert log_in(app.test_client(), "N0", again["N0"]).status_code == 303


def test_no_slip_for_who_has_rights_has_left_or_belongs_to_others(
    session: scoped_session[Session], office: Office, newcomers: list[User]
) -> None:
    trusted, gone, foreign = newcomers
    accounts.grant_role(
        session(), actor=system_viewer(), now=START, user=trusted, role=Role.LEADER, unit_id=trusted.unit_id
    )
    gone.state = UserState.LEFT
    session.flush()
    admin = office.viewer(session(), "system_admin")
    assert slip_queries.waiting_ids(session(), admin, None, 10) == [foreign.id]
    local = replace(admin, grants=((Role.SYSTEM_ADMIN, office.units["D02"].id),))
    assert slip_queries.waiting_ids(session(), local, None, 10) == []
    ready = {user.id: FirstPassword("x", "hash") for user in newcomers}
    assert slip_services.issue(session(), actor=local, now=clock.now(), ready=ready) == []


def test_a_cadre_role_alone_is_no_right(
    session: scoped_session[Session], office: Office, newcomers: list[User]
) -> None:
    user = newcomers[0]
    accounts.grant_role(session(), actor=system_viewer(), now=START, user=user, role=Role.CADRE, unit_id=user.unit_id)
    admin = office.viewer(session(), "system_admin")
    assert user.id in slip_queries.waiting_ids(session(), admin, None, 10)


def test_the_page_costs_the_same_at_any_length(
    client_as: Clients, statements: Callable[[], object], newcomers: list[User]
) -> None:
    client = client_as("system_admin")
    with statements() as seen:  # type: ignore[attr-defined]
        client.get("/accounts/slips")
    assert len(seen) <= 3, "\n".join(seen)


def test_keepers_are_the_nearest(session: scoped_session[Session], office: Office) -> None:
    """Whom a page names for corrections."""
    local = office.people["liaison"]
    unit = office.units["D02"].id
    accounts.grant_role(session(), actor=system_viewer(), now=START, user=local, role=Role.SYSTEM_ADMIN, unit_id=unit)
    person: Viewer = office.viewer(session(), "cadre")
    assert queries.keepers_of(session(), person, Role.SYSTEM_ADMIN) == [local.name]
    other = office.viewer(session(), "foreign_cadre")
    assert queries.keepers_of(session(), other, Role.SYSTEM_ADMIN) == [office.people["system_admin"].name]
