"""Signing in and out: what is refused, what is slowed down, and when a session is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session
from werkzeug.test import TestResponse

from portal.accounts import rules, sign_in
from portal.accounts.models import LoginFailure, LoginSession, User, UserState
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.web import identity
from portal.web.redirects import safe_path
from tests.support.people import PASSWORD, Office, csrf, number_of

NEW = "a quite different sentence"


def log_in(
    client: FlaskClient, number: str, password: str = PASSWORD, address: str = "127.0.0.1", **more: str
) -> TestResponse:
    """Fill in the login page and send it."""
    data = {"number": number, "password": password, "csrf_token": csrf(client), **more}
    return client.post("/accounts/login", data=data, environ_base={"REMOTE_ADDR": address})


def is_in(client: FlaskClient) -> bool:
    return client.get("/accounts/me").status_code == 200


def sid_of(client: FlaskClient) -> str:
    with client.session_transaction() as cookie:
        return str(cookie[identity.SESSION_ID])


def count(session: scoped_session[Session], table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


# --- what is refused -------------------------------------------------------------------------------------------------


def test_the_right_password_opens_a_session(app: Flask, session: scoped_session[Session]) -> None:
    client = app.test_client()
    answer = log_in(client, number_of("cadre"))
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(client)
    row = session.query(LoginSession).one()
    assert row.id == identity.fingerprint(sid_of(client)), "the database keeps a fingerprint, not the id"
    assert session.query(AuditEntry).filter_by(action="session.login").one().actor_name == row_name(session, row)


def row_name(session: scoped_session[Session], row: LoginSession) -> str:
    user = session.get(User, row.user_id)
    assert user is not None
    return user.name


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What each password check was checked against."""
    seen: list[str | None] = []
    real = sign_in.verify

    def watched(encoded: str | None, password: str) -> bool:
        seen.append(encoded)
        return real(encoded, password)

    monkeypatch.setattr(sign_in, "verify", watched)
    return seen


def message_of(answer: TestResponse) -> str:
    """The page without what differs by itself: tokens and the typed number."""
    import re

    return re.sub(r'(value|content)="[^"]*"|X-CSRFToken": "[^"]*"', "", answer.text)


def test_all_refusals_look_alike_and_cost_the_same(
    app: Flask, session: scoped_session[Session], office: Office, verified: list[str | None]
) -> None:
    office.people["leader"].state = UserState.DISABLED
    session.commit()
    tries = [(number_of("cadre"), "wrong password"), ("NOBODY", PASSWORD), (number_of("leader"), PASSWORD)]
    answers = [log_in(app.test_client(), number, password) for number, password in tries]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert len({message_of(answer) for answer in answers}) == 1
    assert "工号或密码不正确" in answers[0].text
    assert len(verified) == 3, "a password is checked even where the name is unknown"
    assert verified[1] is None


def test_an_unknown_name_is_checked_against_a_real_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.accounts import passwords

    checked: list[str] = []

    class Watched:
        def verify(self, encoded: str, _password: str) -> bool:
            checked.append(encoded)
            return True

    monkeypatch.setattr(passwords, "_hasher", Watched())
    assert passwords.verify(None, "anything") is False, "even a match with the stand-in lets nobody in"
    assert checked[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_refusal_keeps_neither_the_typed_name_nor_the_password(app: Flask, session: scoped_session[Session]) -> None:
    log_in(app.test_client(), "my-password-typed-here", "another-secret-one")
    failure = session.query(LoginFailure).one()
    entry = session.query(AuditEntry).filter_by(action="session.refused").one()
    kept = f"{failure.__dict__} {entry.__dict__}"
    assert "my-password-typed-here" not in kept
    assert "another-secret-one" not in kept


@pytest.mark.parametrize("known", [True, False])
def test_too_many_tries_for_one_name(app: Flask, session: scoped_session[Session], *, known: bool) -> None:
    number = number_of("cadre") if known else "NOBODY"
    for attempt in range(rules.FAILURES_BY_NAME):
        assert "工号或密码不正确" in log_in(app.test_client(), number, "wrong", f"10.0.0.{attempt}").text
    answer = log_in(app.test_client(), number, PASSWORD, "10.0.1.1")
    assert answer.status_code == 422
    assert "尝试次数过多" in answer.text
    assert count(session, LoginFailure) == rules.FAILURES_BY_NAME + 1, "counted in the database, for every process"


def test_a_name_in_another_case_is_the_same_name(app: Flask) -> None:
    for attempt in range(rules.FAILURES_BY_NAME):
        number = number_of("cadre") if attempt % 2 else number_of("cadre").lower()
        log_in(app.test_client(), number, "wrong", f"10.0.0.{attempt}")
    assert "尝试次数过多" in log_in(app.test_client(), number_of("cadre")).text


def test_too_many_tries_from_one_address(app: Flask, session: scoped_session[Session]) -> None:
    now = clock.now()
    session.add_all(
        LoginFailure(name_digest=str(each), address="10.9.9.9", at=now) for each in range(rules.FAILURES_BY_ADDRESS)
    )
    session.commit()
    assert "尝试次数过多" in log_in(app.test_client(), number_of("cadre"), address="10.9.9.9").text
    assert log_in(app.test_client(), number_of("cadre"), address="10.9.9.8").status_code == 303


def test_the_wait_ends(app: Flask) -> None:
    for _ in range(rules.FAILURES_BY_NAME):
        log_in(app.test_client(), number_of("cadre"), "wrong")
    with time_machine.travel(clock.now() + rules.WINDOW + timedelta(seconds=1)):
        assert log_in(app.test_client(), number_of("cadre")).status_code == 303


def test_a_success_wipes_the_slate(app: Flask) -> None:
    for _ in range(rules.FAILURES_BY_NAME - 1):
        log_in(app.test_client(), number_of("cadre"), "wrong")
    assert log_in(app.test_client(), number_of("cadre")).status_code == 303
    assert "工号或密码不正确" in log_in(app.test_client(), number_of("cadre"), "wrong").text


def test_the_login_page_writes_nothing(app: Flask, statements: Callable[[], object]) -> None:
    with statements() as seen:  # type: ignore[attr-defined]
        answer = app.test_client().get("/accounts/login")
    assert answer.status_code == 200
    assert [line for line in seen if not line.lstrip().upper().startswith("SELECT")] == []
    assert "Set-Cookie" in answer.headers, "the token's session lives in the cookie alone"


# --- when a session is over ------------------------------------------------------------------------------------------


def test_the_session_id_changes_at_sign_in_and_sign_out(app: Flask) -> None:
    client = app.test_client()
    client.get("/accounts/login")
    anonymous = sid_of(client)
    log_in(client, number_of("cadre"))
    inside = sid_of(client)
    client.post("/accounts/logout", data={"csrf_token": csrf(client)})
    assert len({anonymous, inside, sid_of(client)}) == 3


def test_a_replayed_cookie_is_dead_after_sign_out(app: Flask) -> None:
    client = app.test_client()
    log_in(client, number_of("cadre"))
    stolen = client.get_cookie("portal")
    assert stolen is not None
    client.post("/accounts/logout", data={"csrf_token": csrf(client)})
    thief = app.test_client()
    thief.set_cookie("portal", stolen.value)
    assert not is_in(thief)


def test_a_changed_password_ends_the_other_sessions(app: Flask, session: scoped_session[Session]) -> None:
    here, there = app.test_client(), app.test_client()
    log_in(here, number_of("cadre"))
    log_in(there, number_of("cadre"))
    assert is_in(there)
    data = {"current": PASSWORD, "new": NEW, "again": NEW, "csrf_token": csrf(here)}
    assert here.post("/accounts/password", data=data).status_code == 303
    assert is_in(here)
    assert not is_in(there)
    assert log_in(app.test_client(), number_of("cadre"), PASSWORD).status_code == 422
    assert log_in(app.test_client(), number_of("cadre"), NEW).status_code == 303
    entry = session.query(AuditEntry).filter_by(action="user.password").one()
    assert "argon2" not in str(entry.detail)


@pytest.mark.parametrize("state", [UserState.DISABLED, UserState.LEFT])
def test_a_disabled_person_is_out_at_once(
    app: Flask, session: scoped_session[Session], office: Office, state: UserState
) -> None:
    client = app.test_client()
    log_in(client, number_of("cadre"))
    office.people["cadre"].state = state
    session.commit()
    assert not is_in(client)


def test_a_role_taken_away_counts_at_once(
    session: scoped_session[Session], client_as: Callable[[str], FlaskClient], office: Office
) -> None:
    from portal.accounts.models import RoleGrant

    client = client_as("audit_admin")
    assert client.get("/audit/").status_code == 200
    session.query(RoleGrant).filter_by(user_id=office.people["audit_admin"].id).delete()
    session.commit()
    assert client.get("/audit/").status_code == 403


def test_an_idle_session_ends(app: Flask) -> None:
    client, start = app.test_client(), clock.now()
    idle = timedelta(minutes=app.config["PORTAL"].idle_minutes)
    with time_machine.travel(start, tick=False) as traveller:
        log_in(client, number_of("cadre"))
        traveller.shift(idle - timedelta(seconds=1))
        assert is_in(client), "and this visit counts as use"
        traveller.shift(idle - timedelta(seconds=1))
        assert is_in(client)
        traveller.shift(idle)
        assert not is_in(client)


def test_no_session_outlives_its_limit(app: Flask) -> None:
    client, start = app.test_client(), clock.now()
    settings = app.config["PORTAL"]
    with time_machine.travel(start, tick=False) as traveller:
        log_in(client, number_of("cadre"))
        for _ in range(0, settings.absolute_minutes - 30, 30):
            traveller.shift(timedelta(minutes=30))
            assert is_in(client)
        traveller.shift(timedelta(minutes=30))
        assert not is_in(client)


def test_an_exam_holds_its_session_open(app: Flask, session: scoped_session[Session]) -> None:
    client, start = app.test_client(), clock.now()
    limit = timedelta(minutes=app.config["PORTAL"].absolute_minutes)
    with time_machine.travel(start, tick=False) as traveller:
        log_in(client, number_of("cadre"))
        from portal.accounts import services

        fingerprint = identity.fingerprint(sid_of(client))
        services.hold_session(session(), fingerprint=fingerprint, until=start + limit * 2)
        services.hold_session(session(), fingerprint=fingerprint, until=start + limit)
        session.commit()
        traveller.move_to(start + limit * 2 - timedelta(seconds=1))
        assert is_in(client), "a shorter hold does not shorten a longer one"
        traveller.move_to(start + limit * 2)
        assert not is_in(client)


def test_a_held_session_still_ends_by_sign_out(app: Flask, session: scoped_session[Session]) -> None:
    from portal.accounts import services

    client = app.test_client()
    log_in(client, number_of("cadre"))
    until = clock.now() + timedelta(hours=1)
    services.hold_session(session(), fingerprint=identity.fingerprint(sid_of(client)), until=until)
    session.commit()
    stolen = client.get_cookie("portal")
    assert stolen is not None
    client.post("/accounts/logout", data={"csrf_token": csrf(client)})
    client.set_cookie("portal", stolen.value)
    assert not is_in(client)


def test_only_ones_own_sessions_can_be_ended(
    session: scoped_session[Session], client_as: Callable[[str], FlaskClient]
) -> None:
    mine, other = client_as("cadre"), client_as("leader")
    others_id = identity.fingerprint(sid_of(other))
    mine.post(f"/accounts/me/sessions/{others_id}/end", data={"csrf_token": csrf(mine)})
    assert is_in(other)
    other.post(f"/accounts/me/sessions/{others_id}/end", data={"csrf_token": csrf(other)})
    assert not is_in(other)


# --- the first password ----------------------------------------------------------------------------------------------


def test_a_first_password_must_be_changed_before_anything_else(
    app: Flask, session: scoped_session[Session], office: Office
) -> None:
    office.people["cadre"].must_change_password = True
    session.commit()
    client = app.test_client()
    log_in(client, number_of("cadre"))
    for path in ("/", "/accounts/me", "/exams/"):
        assert client.get(path).location == "/accounts/password", path
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == "/accounts/password"
    data = {"current": PASSWORD, "new": NEW, "again": NEW, "csrf_token": csrf(client)}
    assert client.post("/accounts/password", data=data).status_code == 303
    assert is_in(client)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"current": "wrong", "new": NEW, "again": NEW}, "当前密码不正确"),
        ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "不能与当前密码相同"),
        ({"current": PASSWORD, "new": NEW, "again": NEW + "x"}, "两次输入的新密码不一致"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "密码至少 10 位"),
        ({"current": PASSWORD, "new": "x" * 129, "again": "x" * 129}, "密码最多 128 位"),
        ({"current": PASSWORD, "new": "0123456789", "again": "0123456789"}, "密码太简单"),
        ({"current": PASSWORD, "new": "T001 and more words", "again": "T001 and more words"}, "不要包含本人姓名或工号"),
    ],
)
def test_a_bad_new_password_is_refused_with_a_reason(
    client_as: Callable[[str], FlaskClient], data: dict[str, str], sentence: str
) -> None:
    client = client_as("cadre")
    answer = client.post("/accounts/password", data={**data, "csrf_token": csrf(client)})
    assert answer.status_code == 422
    assert sentence in answer.text
    for value in (data["current"], data["new"]):
        assert f'value="{value}"' not in answer.text, "a password is never sent back"


# --- where to go next ------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example/x", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ \\evil",
    "https://evil.example", "http:evil.example", "http:/evil.example", "javascript:alert(1)", "data:text/html,x",
    "evil.example", "@evil.example", "?next=//evil.example", "#x", "", "/\x00/evil.example", "/x\r\nSet-Cookie: a=b",
    "http://[", "//[", "/\x1fevil", "ftp://evil.example", "mailto:a@evil.example",
]  # fmt: skip
INSIDE = ["/", "/exams/", "/audit/?q=%2F%2Fevil", "/units/#top", "/a//b", "/x?next=https://evil.example", "/考试/1"]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_elsewhere(target: str) -> None:
    assert safe_path(target, "/home") == "/home"


@pytest.mark.parametrize("target", INSIDE)
def test_paths_of_the_portal_are_kept(target: str) -> None:
    assert safe_path(target, "/home") == target


def test_nothing_is_the_default() -> None:
    assert safe_path(None, "/home") == "/home"


@pytest.mark.parametrize("target", ELSEWHERE[:8])
def test_the_login_form_sends_nobody_elsewhere(app: Flask, target: str) -> None:
    client = app.test_client()
    assert log_in(client, number_of("cadre"), next=target).location == "/"
    assert client.get("/accounts/login", query_string={"next": target}).location == "/"


def test_the_login_form_goes_back_to_the_page_asked_for(app: Flask) -> None:
    client = app.test_client()
    asked = client.get("/exams/?year=2026")
    assert asked.location == "/accounts/login?next=/exams/?year%3D2026"
    assert 'value="/exams/?year=2026"' in client.get(asked.location).text
    assert log_in(client, number_of("cadre"), next="/exams/?year=2026").location == "/exams/?year=2026"
