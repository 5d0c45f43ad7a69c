"""The password once more before what matters: which views ask, and that nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session

from portal.accounts.models import LoginFailure, LoginSession, RoleGrant, User, UserState
from portal.accounts.rules import FAILURES_BY_NAME
from portal.core import clock
from portal.core.permissions import Role
from portal.web.confirmation import CONFIRM_FOR, FIELD, asks
from tests.accounts.test_people import post, shown
from tests.support.people import PASSWORD, Office, csrf, number_of
from tests.support.routes import rules

Clients = Callable[[str], FlaskClient]

# Every view that asks for the password again, and why.
ASKING = {
    "accounts.end_other_sessions": "ends one's own sessions elsewhere",
    "accounts.people": "the export of people",
    "accounts.people_clear_factor": "takes somebody's second factor",
    "accounts.people_edit": "may give another name to sign in with",
    "accounts.people_grant": "gives rights",
    "accounts.people_keep_role": "leaves rights",
    "accounts.people_new": "gives out a password",
    "accounts.people_reset": "gives out a password",
    "accounts.people_revoke": "takes rights",
    "accounts.people_state": "shuts somebody out, or lets them in again",
    "accounts.second_factor_begin": "an own app for whoever finds the browser open",
    "accounts.second_factor_codes": "shows codes to sign in with",
    "accounts.second_factor_off": "one factor less",
    "accounts.slips_print": "gives out passwords",
    "accounts.slips_void": "takes passwords",
    "audit.index": "the export of the log",
    "desk.bulk_run": "shuts many out, or lets them in again",
    "exams.codes_print": "gives out codes that open an exam",
    "exams.codes_void": "takes such codes",
    "exams.confirm_regrade": "changes results of many",
    "exams.undo_regrade": "changes them back",
    "exams.void_attempt": "takes a result out of the count",
    "jobs.result": "a sheet of a list whose export asks",
    "jobs.retry": "such a sheet is made anew",
}


def test_these_views_ask(app: Flask) -> None:
    assert {rule.endpoint for rule in rules(app) if asks(app, rule.endpoint)} == set(ASKING)


@pytest.fixture
def later(client_as: Clients) -> Iterator[FlaskClient]:
    """A security administrator who gave the password a little too long ago."""
    client = client_as("security_admin")
    with time_machine.travel(clock.now() + CONFIRM_FOR + timedelta(seconds=1), tick=False):
        yield client


def kept_in(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def held(session: scoped_session[Session], office: Office) -> int:
    return session.query(RoleGrant).filter_by(user_id=office.people["cadre"].id, role=Role.LEADER).count()


def test_what_was_typed_is_sent_on_with_the_password(
    later: FlaskClient, session: scoped_session[Session], office: Office
) -> None:
    path = f"/accounts/people/{office.people['cadre'].id}/roles"
    answer = post(later, path, role="leader", unit_id=office.units["D02"].id)
    assert answer.status_code == 200
    assert "请再输入一次密码" in answer.text
    assert held(session, office) == 0
    kept = kept_in(answer.text)
    assert (kept["role"], kept["unit_id"]) == ("leader", str(office.units["D02"].id))
    assert f'action="{path}"' in answer.text
    done = later.post(path, data={**kept, FIELD: PASSWORD})
    assert done.status_code == 303
    assert held(session, office) == 1


def test_it_holds_for_ten_minutes_and_for_this_session_alone(
    later: FlaskClient, client_as: Clients, session: scoped_session[Session], office: Office
) -> None:
    path = f"/accounts/people/{office.people['cadre'].id}/reset"
    other = client_as("security_admin")
    session.query(LoginSession).update({"confirmed_at": None})
    session.commit()
    assert "首次密码条" in later.post(path, data={"csrf_token": csrf(later), FIELD: PASSWORD}).text
    assert "首次密码条" in post(later, path).text
    assert "请再输入一次密码" in post(other, path).text
    with time_machine.travel(clock.now() + CONFIRM_FOR, tick=False):
        assert "请再输入一次密码" in post(later, path).text


def test_a_wrong_password_changes_nothing_keeps_the_form_and_counts(
    later: FlaskClient, session: scoped_session[Session], office: Office
) -> None:
    path = f"/accounts/people/{office.people['cadre'].id}/roles"
    typed = {"csrf_token": csrf(later), "role": "leader", "unit_id": str(office.units["D02"].id)}
    for _ in range(FAILURES_BY_NAME):
        answer = later.post(path, data={**typed, FIELD: "wrong"})
        assert answer.status_code == 422
        assert kept_in(answer.text)["role"] == "leader"
        assert "wrong" not in answer.text
    assert session.query(LoginFailure).count() == FAILURES_BY_NAME
    assert "尝试次数过多" in later.post(path, data={**typed, FIELD: PASSWORD}).text
    assert held(session, office) == 0


def test_an_export_asks_and_comes_back_to_the_list(later: FlaskClient) -> None:
    answer = later.get("/accounts/people?state=active&export=xlsx")
    assert answer.status_code == 303
    assert answer.location == "/accounts/confirm?next=/accounts/people?state%3Dactive"
    assert later.get("/accounts/people?state=active").status_code == 200, "looking asks nothing"
    done = later.post(answer.location, data={"csrf_token": csrf(later), FIELD: PASSWORD})
    assert (done.status_code, done.location) == (303, "/accounts/people?state=active")
    with later.get("/accounts/people?export=xlsx") as sheet:
        assert sheet.mimetype.endswith("spreadsheetml.sheet")


def test_htmx_is_sent_to_the_page_that_asks(later: FlaskClient, office: Office) -> None:
    answer = later.post(
        f"/accounts/people/{office.people['cadre'].id}/reset",
        data={"csrf_token": csrf(later)},
        headers={"HX-Request": "true", "HX-Request-Type": "partial"},
    )
    assert answer.headers["HX-Redirect"].startswith("/accounts/confirm")


def test_nobody_is_sent_elsewhere(later: FlaskClient) -> None:
    done = later.post("/accounts/confirm?next=//evil.example", data={"csrf_token": csrf(later), FIELD: PASSWORD})
    assert done.location == "/"


def test_whoever_lacks_the_permission_is_not_asked(client_as: Clients, office: Office) -> None:
    client = client_as("cadre")
    with time_machine.travel(clock.now() + CONFIRM_FOR + timedelta(minutes=1), tick=False):
        assert post(client, f"/accounts/people/{office.people['leader'].id}/reset").status_code == 403


def unconfirmed(session: scoped_session[Session]) -> None:
    """As if everybody's ten minutes were over."""
    session.query(LoginSession).update({"confirmed_at": None})
    session.commit()


ASKED = "请再输入一次密码"


def test_a_new_person_and_a_new_state_ask(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    client, person = client_as("system_admin"), office.people["cadre"]
    unconfirmed(session)
    fields = {"number": "N1", "name": "新人", "unit_id": office.units["D0101"].id}
    assert client.get("/accounts/people/new").status_code == 200, "looking asks nothing"
    answer = post(client, "/accounts/people/new", **fields)
    assert (ASKED in answer.text, kept_in(answer.text)["number"]) == (True, "N1")
    assert ASKED in post(client, f"/accounts/people/{person.id}/state", state="disabled").text
    assert session.get_one(User, person.id).state is UserState.ACTIVE
    assert "首次密码条" in post(client, "/accounts/people/new", **fields, confirm_password=PASSWORD).text


def test_an_edit_asks_where_the_sign_in_number_changes(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    client, person = client_as("system_admin"), office.people["cadre"]
    unconfirmed(session)
    path = f"/accounts/people/{person.id}/edit"
    assert ASKED in post(client, path, **shown(person, number="N1")).text
    assert post(client, path, **shown(person, position="主任")).status_code == 303
    session.refresh(person)
    assert (person.number, person.position) == (number_of("cadre"), "主任")


def test_the_log_is_read_freely_and_exported_after_the_question(
    session: scoped_session[Session], client_as: Clients
) -> None:
    client = client_as("audit_admin")
    unconfirmed(session)
    assert client.get("/audit/?action=user.create").status_code == 200
    answer = client.get("/audit/?action=user.create&export=xlsx")
    assert answer.location == "/accounts/confirm?next=/audit/?action%3Duser.create"


@pytest.mark.parametrize(("action", "state"), [("disable", UserState.DISABLED), ("enable", UserState.ACTIVE)])
def test_many_at_once_ask_like_one(
    session: scoped_session[Session], client_as: Clients, office: Office, action: str, state: UserState
) -> None:
    client, person = client_as("system_admin"), office.people["cadre"]
    person.state = UserState.DISABLED if state is UserState.ACTIVE else UserState.ACTIVE
    session.commit()
    unconfirmed(session)
    asked = post(client, "/bulk", list="accounts.people", action=action, id=person.id, next="/accounts/people")
    assert ASKED in post(client, f"{asked.location}/run").text
    assert post(client, f"{asked.location}/run", confirm_password=PASSWORD).status_code == 303
    session.expire_all()
    assert person.state is state
