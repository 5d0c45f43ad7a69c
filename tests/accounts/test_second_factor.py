"""The second factor: what a code is, that it works once, and every way in and out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import factor_rules as rules
from portal.accounts import sign_in
from portal.accounts.models import LoginSession, RecoveryCode, SecondFactor, User
from portal.accounts.rules import FAILURES_BY_NAME
from portal.audit.models import AuditEntry
from portal.config import ConfigError, load
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Role
from tests.accounts.test_people import post
from tests.accounts.test_sign_in import is_in, log_in
from tests.support.people import Office, csrf, number_of

Clients = Callable[[str], FlaskClient]
KEY = b"a-secret-for-tests-only"
NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


# --- rules -------------------------------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=-3, max_value=3))
def test_a_code_is_taken_while_the_clocks_agree_within_a_step(offset: int, off_by: int) -> None:
    secret = rules.secret_of(7, "salt", KEY)
    now = NOON + timedelta(seconds=offset)
    typed = pyotp.TOTP(secret).at(now + timedelta(seconds=off_by * rules.STEP))
    found = rules.matching_step(secret, typed, now=now, last_step=0)
    assert (found is not None) == (abs(off_by) <= rules.DRIFT)


@given(st.integers(min_value=0, max_value=10**6))
def test_no_code_is_taken_twice(offset: int) -> None:
    secret = rules.secret_of(7, "salt", KEY)
    now = NOON + timedelta(seconds=offset)
    typed = pyotp.TOTP(secret).at(now)
    step = rules.matching_step(secret, typed, now=now, last_step=0)
    assert step is not None
    assert rules.matching_step(secret, typed, now=now, last_step=step) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345６", "000000 "])
def test_what_is_no_code(typed: str) -> None:
    assert rules.matching_step(rules.secret_of(7, "salt", KEY), typed, now=NOON, last_step=0) is None


def test_a_secret_belongs_to_a_person_a_salt_and_a_site() -> None:
    made = {rules.secret_of(*each) for each in [(7, "a", KEY), (8, "a", KEY), (7, "b", KEY), (7, "a", b"other")]}
    assert len(made) == 4
    assert all(len(secret) == 32 for secret in made), "160 bits in base 32, as RFC 4226 recommends"


@given(st.sampled_from([" ", "-", "  "]))
def test_a_recovery_code_is_read_as_people_type_it(gap: str) -> None:
    assert rules.plain("１２３ ４５６") == "123456", "an input method's own digits"
    code = rules.new_recovery_code()
    typed = code.upper().replace("-", gap)
    assert rules.recovery_digest(typed, 7, KEY) == rules.recovery_digest(code, 7, KEY)
    assert rules.recovery_digest(code, 8, KEY) != rules.recovery_digest(code, 7, KEY)


@pytest.mark.parametrize(
    ("asked", "roles", "must"),
    [
        ("none", {Role.SECURITY_ADMIN}, False),
        ("administrators", {Role.SECURITY_ADMIN, Role.CADRE}, True),
        ("administrators", {Role.EXAM_OFFICER}, False),
        ("all", set(), True),
    ],
)
def test_of_whom_it_is_asked(asked: str, roles: set[Role], *, must: bool) -> None:
    assert rules.must_have_factor(asked, frozenset(roles)) is must


def test_the_setting_of_a_site(tmp_path) -> None:  # type: ignore[no-untyped-def]
    tmp_path.chmod(0o700)
    env = {"PORTAL_INSTANCE": str(tmp_path), "PORTAL_SECRET_KEY": "x"}
    assert load({**env, "PORTAL_DEMO": "1"}).require_totp == "none"
    assert load({**env, "PORTAL_DEMO": "0"}).require_totp == "administrators"
    assert load({**env, "PORTAL_DEMO": "0", "PORTAL_REQUIRE_TOTP": "all"}).require_totp == "all"
    (tmp_path / "site.toml").write_text('require_totp = "none"\n', encoding="utf-8")
    assert load({**env, "PORTAL_DEMO": "0"}).require_totp == "none"
    with pytest.raises(ConfigError, match="nobody"):
        load({**env, "PORTAL_REQUIRE_TOTP": "nobody"})


# --- setting up --------------------------------------------------------------------------------------------------


def secret_for(session: scoped_session[Session], user: User) -> str:
    row = session.get_one(SecondFactor, user.id)
    return rules.secret_of(user.id, row.salt, KEY)


def set_up(session: scoped_session[Session], client: FlaskClient, user: User) -> list[str]:
    """Switch it on as its owner does; gives the recovery codes."""
    import re

    assert post(client, "/accounts/second-factor/begin").status_code == 303
    page = client.get("/accounts/second-factor").text
    secret = secret_for(session, user)
    assert secret in page
    assert "<svg" in page
    answer = post(client, "/accounts/second-factor/confirm", code=pyotp.TOTP(secret).now())
    assert answer.status_code == 200, answer.text
    return re.findall(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", answer.text)


@pytest.fixture
def with_factor(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> Iterator[tuple[User, list[str], str]]:
    """A cadre who has it, the recovery codes, and the app's secret; two minutes have gone by since."""
    user = office.people["cadre"]
    codes = set_up(session, client_as("cadre"), user)
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        yield user, codes, secret_for(session, user)


def test_set_up_shows_ten_codes_and_keeps_no_secret(
    session: scoped_session[Session], with_factor: tuple[User, list[str], str]
) -> None:
    user, codes, secret = with_factor
    assert len(set(codes)) == rules.RECOVERY_CODES
    kept = repr([row.__dict__ for table in (SecondFactor, RecoveryCode, AuditEntry) for row in session.query(table)])
    for text in (*codes, secret):
        assert text not in kept
    salt = session.get_one(SecondFactor, user.id).salt
    assert salt not in repr([row.__dict__ for row in session.query(AuditEntry)]), "nor what it is made of in the log"


def test_a_wrong_first_code_switches_nothing_on(client_as: Clients, session: scoped_session[Session]) -> None:
    client = client_as("cadre")
    post(client, "/accounts/second-factor/begin")
    answer = post(client, "/accounts/second-factor/confirm", code="000000")
    assert answer.status_code == 422
    assert "验证码不对" in answer.text
    assert session.query(SecondFactor).one().confirmed_at is None
    assert log_in(client.application.test_client(), number_of("cadre")).location == "/", "not asked for yet"


def test_setting_up_ends_the_other_sessions(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    other, client = client_as("cadre"), client_as("cadre")
    set_up(session, client, office.people["cadre"])
    assert is_in(client)
    assert not is_in(other)


# --- signing in --------------------------------------------------------------------------------------------------


def second(client: FlaskClient, code: str):  # type: ignore[no-untyped-def]
    return client.post("/accounts/second-step", data={"csrf_token": csrf(client), "code": code})


def test_the_password_alone_opens_nothing(
    app: Flask, session: scoped_session[Session], with_factor: tuple[User, list[str], str]
) -> None:
    client, before = app.test_client(), session.query(LoginSession).count()
    answer = log_in(client, number_of("cadre"), next="/exams/")
    assert answer.location == "/accounts/second-step?next=/exams/"
    assert not is_in(client)
    assert session.query(LoginSession).count() == before
    answer = client.post(
        answer.location, data={"csrf_token": csrf(client), "code": pyotp.TOTP(with_factor[2]).at(clock.now())}
    )
    assert (answer.status_code, answer.location) == (303, "/exams/")
    assert is_in(client)


def test_a_code_works_once(app: Flask, with_factor: tuple[User, list[str], str]) -> None:
    code = pyotp.TOTP(with_factor[2]).at(clock.now())
    first, again = app.test_client(), app.test_client()
    log_in(first, number_of("cadre"))
    assert second(first, code).status_code == 303
    log_in(again, number_of("cadre"))
    answer = second(again, code)
    assert answer.status_code == 422
    assert not is_in(again)


def test_a_recovery_code_works_once_and_is_noted(
    app: Flask, session: scoped_session[Session], with_factor: tuple[User, list[str], str]
) -> None:
    for status in (303, 422):
        client = app.test_client()
        log_in(client, number_of("cadre"))
        assert second(client, with_factor[1][0].upper()).status_code == status
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "factor.recovery")).one()
    assert entry.detail == {"left": rules.RECOVERY_CODES - 1}


def test_guessing_codes_is_slowed_down_in_the_database(app: Flask, with_factor: tuple[User, list[str], str]) -> None:
    for attempt in range(FAILURES_BY_NAME):
        client = app.test_client()
        log_in(client, number_of("cadre"), address=f"10.0.0.{attempt}")
        assert "验证码不对" in second(client, "000000").text
    client = app.test_client()
    log_in(client, number_of("cadre"))
    assert "尝试次数过多" in second(client, pyotp.TOTP(with_factor[2]).at(clock.now())).text


def test_a_code_that_comes_too_late(app: Flask, with_factor: tuple[User, list[str], str]) -> None:
    client = app.test_client()
    log_in(client, number_of("cadre"))
    with time_machine.travel(clock.now() + rules.PENDING + timedelta(seconds=1), tick=False):
        assert "请重新登录" in second(client, with_factor[1][0]).text


def test_a_reset_meanwhile_makes_the_first_step_worthless(
    app: Flask, session: scoped_session[Session], with_factor: tuple[User, list[str], str]
) -> None:
    client = app.test_client()
    log_in(client, number_of("cadre"))
    with_factor[0].password_hash = "another"
    session.commit()
    assert "请重新登录" in second(client, with_factor[1][0]).text


def test_the_second_page_alone_leads_to_the_first(app: Flask) -> None:
    assert app.test_client().get("/accounts/second-step").location == "/accounts/login"


# --- getting rid of it -------------------------------------------------------------------------------------------


def signed_in_with(app: Flask, code: str) -> FlaskClient:
    client = app.test_client()
    log_in(client, number_of("cadre"))
    assert second(client, code).status_code == 303
    return client


def test_new_recovery_codes_void_the_old_ones(app: Flask, with_factor: tuple[User, list[str], str]) -> None:
    client = signed_in_with(app, with_factor[1][0])
    assert post(client, "/accounts/second-factor/codes").status_code == 200
    other = app.test_client()
    log_in(other, number_of("cadre"))
    assert second(other, with_factor[1][1]).status_code == 422


def test_switching_it_off(
    app: Flask, session: scoped_session[Session], with_factor: tuple[User, list[str], str]
) -> None:
    client = signed_in_with(app, with_factor[1][0])
    assert post(client, "/accounts/second-factor/off").status_code == 303
    assert session.query(SecondFactor).count() == session.query(RecoveryCode).count() == 0
    assert log_in(app.test_client(), number_of("cadre")).location == "/"


def test_a_security_administrator_clears_a_lost_one_and_the_log_names_both(
    app: Flask,
    session: scoped_session[Session],
    client_as: Clients,
    office: Office,
    with_factor: tuple[User, list[str], str],
) -> None:
    inside = signed_in_with(app, with_factor[1][0])
    path = f"/accounts/people/{with_factor[0].id}/clear-factor"
    assert post(client_as("system_admin"), path).status_code == 403
    assert post(client_as("security_admin"), path).status_code == 303
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "factor.clear")).one()
    assert (entry.actor_id, entry.subject_id) == (office.people["security_admin"].id, str(with_factor[0].id))
    assert not is_in(inside)
    assert log_in(app.test_client(), number_of("cadre")).location == "/"


def test_nobody_clears_their_own(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    me = office.people["security_admin"]
    client = client_as("security_admin")
    set_up(session, client, me)
    post(client, f"/accounts/people/{me.id}/clear-factor")
    assert session.get(SecondFactor, me.id) is not None


def test_a_reset_of_the_password_leaves_it_on(
    session: scoped_session[Session], client_as: Clients, with_factor: tuple[User, list[str], str]
) -> None:
    post(client_as("security_admin"), f"/accounts/people/{with_factor[0].id}/reset")
    assert session.get_one(SecondFactor, with_factor[0].id).confirmed_at is not None


# --- where it must be ---------------------------------------------------------------------------------------------


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that asks it of the three administrators."""
    monkeypatch.setitem(app.config, "PORTAL", replace(sign_in.config(), require_totp="administrators"))


@pytest.mark.usefixtures("strict")
def test_an_administrator_without_it_can_do_nothing_else(app: Flask, office: Office) -> None:
    client = app.test_client()
    assert log_in(client, number_of("security_admin")).location == "/"
    cadre = office.people["cadre"].id
    for path in ("/", "/accounts/people", f"/accounts/people/{cadre}", "/accounts/me"):
        assert client.get(path).location == "/accounts/second-factor", path
    assert post(client, f"/accounts/people/{cadre}/reset").location == "/accounts/second-factor"
    assert client.get("/accounts/second-factor").status_code == 200


@pytest.mark.usefixtures("strict")
def test_with_it_everything_opens(
    app: Flask, session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    client = client_as("security_admin")
    set_up(session, client, office.people["security_admin"])
    assert client.get("/accounts/people").status_code == 200
    assert client_as("cadre").get("/").status_code == 200, "nobody else is asked"


def test_a_late_password_says_so() -> None:
    with pytest.raises(RuleError, match="factor-late"):
        rules.check_pending(NOON, now=NOON + rules.PENDING + timedelta(seconds=1))
    rules.check_pending(NOON, now=NOON + rules.PENDING)
