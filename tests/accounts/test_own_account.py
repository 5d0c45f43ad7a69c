"""One's own page, one's devices, and what somebody does who has forgotten the password."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts.device_rules import device
from portal.accounts.models import LoginSession, ResetRequest, UserState
from portal.accounts.rules import FAILURES_BY_NAME, WINDOW
from portal.accounts.words import PERMISSION_LABELS, allowed
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.permissions import Permission, Role
from tests.accounts.test_people import entries, post
from tests.accounts.test_sign_in import is_in, log_in, message_of
from tests.support.people import Office, csrf, number_of

Clients = Callable[[str], FlaskClient]

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


# --- devices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (WINDOWS, ("Chrome", "Windows")),
        (f"{WINDOWS} Edg/126.0", ("Edge", "Windows")),
        (f"{WINDOWS} QIHU 360SE", ("360", "Windows")),
        ("Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/115.0", ("Firefox", "Windows 7")),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/99 MicroMessenger/8.0", ("wechat", "Android")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64; UOS) Chrome/110.0 Safari/537.36", ("Chrome", "UOS")),
        ("curl/8", ("", "")),
    ],
)
def test_a_browser_in_words(agent: str, words: tuple[str, str]) -> None:
    assert device(agent) == words


@given(st.text(max_size=200))
def test_any_line_is_read(agent: str) -> None:
    assert len(device(agent)) == 2


def test_the_page_shows_devices_history_rights_and_whom_to_ask(
    app: Flask, client_as: Clients, office: Office, session: scoped_session[Session]
) -> None:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = WINDOWS
    log_in(client, number_of("liaison"))
    elsewhere = client_as("liaison")
    page = client.get("/accounts/me").text
    assert "Chrome · Windows" in page
    assert "本机" in page
    assert "组织考试" in page, "what the role allows"
    assert office.people["system_admin"].name in page
    assert office.people["security_admin"].name in page
    assert "东风街道" in page
    assert client.post("/accounts/me/sessions/end-others", data={"csrf_token": csrf(client)}).status_code == 303
    assert is_in(client)
    assert not is_in(elsewhere)
    assert "本人结束" in client.get("/accounts/me").text
    assert len(entries(session, "session.end-others")) == 1


def test_others_sessions_stay(client_as: Clients) -> None:
    stranger, client = client_as("leader"), client_as("cadre")
    post(client, "/accounts/me/sessions/end-others")
    assert is_in(stranger)


def test_every_permission_has_words() -> None:
    assert set(PERMISSION_LABELS) == set(Permission)
    assert allowed(Role.CADRE) == []


# --- a forgotten password --------------------------------------------------------------------------------------------


def ask(client: FlaskClient, number: str, address: str = "127.0.0.1"):  # type: ignore[no-untyped-def]
    data = {"csrf_token": csrf(client), "number": number}
    return client.post("/accounts/forgot", data=data, environ_base={"REMOTE_ADDR": address})


def test_the_login_page_leads_to_what_to_do(app: Flask) -> None:
    client = app.test_client()
    assert 'href="/accounts/forgot"' in client.get("/accounts/login").text
    page = client.get("/accounts/forgot").text
    assert "0700-5550 0000" in page
    assert "请求重置" in page


def test_the_answer_is_the_same_for_every_number(app: Flask, session: scoped_session[Session], office: Office) -> None:
    office.people["leader"].state = UserState.DISABLED
    session.commit()
    answers = [ask(app.test_client(), number) for number in (number_of("cadre"), "NOBODY", number_of("leader"))]
    assert {answer.status_code for answer in answers} == {200}
    assert len({re.sub(r'content="[^"]*"', "", message_of(answer)) for answer in answers}) == 1
    assert session.query(ResetRequest).count() == 1


@pytest.mark.parametrize("number", [number_of("cadre"), "NOBODY"])
def test_asking_is_slowed_down_and_locks_nobody_out(app: Flask, number: str) -> None:
    for attempt in range(FAILURES_BY_NAME):
        assert ask(app.test_client(), number, f"10.0.0.{attempt}").status_code == 200
    refused = ask(app.test_client(), number, "10.0.1.1")
    assert refused.status_code == 422
    assert "尝试次数过多" in refused.text
    assert log_in(app.test_client(), number_of("cadre")).status_code == 303, "signing in is counted apart"
    with time_machine.travel(clock.now() + WINDOW + timedelta(seconds=1)):
        assert ask(app.test_client(), number).status_code == 200


def test_the_security_administrator_sees_it_and_a_reset_closes_it(
    app: Flask, session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    user = office.people["cadre"]
    for _ in range(2):
        ask(app.test_client(), user.number, "10.0.0.7")
    request = session.query(ResetRequest).one()
    security = client_as("security_admin")
    assert "等待重置密码" in security.get("/").text
    assert "等待重置密码" not in client_as("system_admin").get("/").text
    assert "10.0.0.7" in security.get(f"/accounts/people/{user.id}").text
    assert "首次密码条" in post(security, f"/accounts/people/{user.id}/reset").text
    session.expire_all()
    assert (request.closed_at is not None, request.closed_by) == (True, office.people["security_admin"].id)
    assert "等待重置密码" not in security.get("/").text
    asked, reset = entries(session, "user.ask-reset")[0], entries(session, "user.reset")[0]
    assert (asked.actor_id, reset.actor_id, reset.subject_id) == (
        None, office.people["security_admin"].id, str(user.id)
    )  # fmt: skip


def test_a_foreign_security_administrator_does_not_see_it(
    app: Flask, session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    from portal.accounts.models import RoleGrant
    from portal.accounts.services import grant_role
    from portal.core.viewer import system_viewer

    local = office.people["foreign_liaison"]
    session.query(RoleGrant).filter_by(user_id=local.id).delete()
    unit = office.units["D03"].id
    grant_role(session(), actor=system_viewer(), now=clock.now(), user=local, role=Role.SECURITY_ADMIN, unit_id=unit)
    session.commit()
    ask(app.test_client(), number_of("cadre"))
    assert "等待重置密码" not in client_as("foreign_liaison").get("/").text
    ask(app.test_client(), number_of("foreign_cadre"))
    assert "等待重置密码" in client_as("foreign_liaison").get("/").text


def test_a_request_that_was_not_theirs_is_closed_without_a_password(
    app: Flask, session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    user = office.people["cadre"]
    ask(app.test_client(), user.number)
    client = client_as("security_admin")
    assert post(client, f"/accounts/people/{user.id}/decline-reset").status_code == 303
    assert "等待重置密码" not in client.get("/").text
    assert log_in(app.test_client(), user.number).status_code == 303
    ask(app.test_client(), user.number)
    assert session.query(ResetRequest).filter_by(closed_at=None).count() == 1, "and can be made again"


def test_nothing_typed_is_kept_of_an_unknown_number(app: Flask, session: scoped_session[Session]) -> None:
    ask(app.test_client(), "my-password-typed-here")
    tables = (AuditEntry, LoginSession, ResetRequest)
    assert "my-password" not in repr([row.__dict__ for table in tables for row in session.scalars(select(table))])
