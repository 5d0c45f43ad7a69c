"""Who sees where somebody is signed in, and how long it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import queries, tasks
from portal.accounts.models import LoginSession, RoleGrant
from portal.accounts.rules import KEEP_SESSIONS
from portal.accounts.services import grant_role
from portal.config import ROOT
from portal.core import clock
from portal.core.permissions import Role
from portal.core.viewer import system_viewer
from tests.accounts.test_people import post
from tests.support.people import START, Office

Clients = Callable[[str], FlaskClient]
ADDRESS, DEVICE = "10.77.0.9", "Firefox of the cadre"


@pytest.fixture
def signed_in(session: scoped_session[Session], office: Office) -> str:
    """The page of a cadre who is signed in from a known device."""
    add(session, office, "here", seen=clock.now())
    return f"/accounts/people/{office.people['cadre'].id}"


def add(session: scoped_session[Session], office: Office, name: str, *, seen: datetime, **more: datetime) -> None:
    """A session row of the cadre, open for eight hours."""
    session.add(
        LoginSession(
            id=name, user_id=office.people["cadre"].id, created_at=seen, last_seen_at=seen,
            address=ADDRESS, agent=DEVICE, **{"ends_at": seen + timedelta(hours=8), **more},
        )
    )  # fmt: skip
    session.commit()


def shows(client: FlaskClient, path: str) -> bool:
    """Whether the page tells; it tells both or neither, and so does the panel beside the list."""
    page = client.get(path)
    assert page.status_code == 200
    panel = client.get(path, headers={"HX-Request": "true", "HX-Target": "div#panel"})
    told = {ADDRESS in page.text, DEVICE in page.text, "登录中的设备" in page.text, "登录中的设备" in panel.text}
    assert len(told) == 1
    return told.pop()


@pytest.mark.parametrize(("label", "sees"), [("manager", False), ("system_admin", True), ("security_admin", True)])
def test_only_who_can_sign_a_person_out_sees_where_they_are_signed_in(
    client_as: Clients, signed_in: str, label: str, *, sees: bool
) -> None:
    assert shows(client_as(label), signed_in) is sees


def test_an_administrator_of_elsewhere_is_a_reader_here(
    session: scoped_session[Session], client_as: Clients, office: Office, signed_in: str
) -> None:
    person = office.people["manager"]
    unit = office.units["D03"].id
    grant_role(session(), actor=system_viewer(), now=START, user=person, role=Role.SYSTEM_ADMIN, unit_id=unit)
    session.commit()
    assert not shows(client_as("manager"), signed_in)
    session.query(RoleGrant).filter_by(user_id=person.id, role=Role.SYSTEM_ADMIN).update(
        {"unit_id": office.units["D02"].id}
    )
    session.commit()
    assert shows(client_as("manager"), signed_in)


def test_sessions_that_were_over_long_ago_are_deleted(
    app: Flask, session: scoped_session[Session], office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, day = clock.now(), timedelta(days=1)
    long_ago = now - KEEP_SESSIONS - day
    just_kept = now - KEEP_SESSIONS + day
    add(session, office, "ran out long ago", seen=long_ago)
    add(session, office, "ended long ago", seen=long_ago, ended_at=long_ago, ends_at=now + day)
    add(session, office, "ran out lately", seen=just_kept)
    add(session, office, "ended lately", seen=long_ago, ended_at=just_kept, ends_at=now)
    add(session, office, "held", seen=long_ago, hold_until=just_kept)
    add(session, office, "open", seen=now)
    monkeypatch.setattr(queries, "CHUNK", 1)
    tasks.forget_sessions()
    tasks.forget_sessions()
    assert set(session.scalars(select(LoginSession.id))) == {"ran out lately", "ended lately", "held", "open"}


def test_the_manual_names_the_time() -> None:
    assert f"deleted {KEEP_SESSIONS.days} days after" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_a_reset_ends_what_the_page_shows(client_as: Clients, signed_in: str) -> None:
    client = client_as("security_admin")
    post(client, f"{signed_in}/reset")
    assert ADDRESS not in client.get(signed_in).text
