"""The current password counts like a sign-in when it is asked for again, and nobody waits while one is worked on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import passwords
from portal.accounts.models import LoginFailure, LoginSession, User
from portal.accounts.rules import FAILURES_BY_NAME
from portal.extensions import db
from tests.accounts.test_people import entries, post
from tests.accounts.test_sign_in import NEW, log_in
from tests.support.people import PASSWORD, Office, number_of

Clients = Callable[[str], FlaskClient]
Act = Callable[[Clients, Office], Any]


def change(client: FlaskClient, current: str, new: str = NEW) -> Any:
    return post(client, "/accounts/password", current=current, new=new, again=new)


def test_a_guessed_password_is_counted_noted_and_slowed_down(
    app: Flask, session: scoped_session[Session], client_as: Clients
) -> None:
    client = client_as("cadre")
    for _ in range(FAILURES_BY_NAME):
        assert "当前密码不正确" in change(client, "guessed").text
    assert session.query(LoginFailure).count() == FAILURES_BY_NAME
    assert len(entries(session, "session.refused")) == FAILURES_BY_NAME
    refused = change(client, PASSWORD)
    assert (refused.status_code, "尝试次数过多" in refused.text) == (422, True)
    assert "尝试次数过多" in log_in(app.test_client(), number_of("cadre")).text, "and signing in is slowed down with it"
    assert entries(session, "user.password") == []


def test_a_right_password_wipes_the_slate(session: scoped_session[Session], client_as: Clients) -> None:
    client = client_as("cadre")
    change(client, "guessed")
    assert change(client, PASSWORD).status_code == 303
    assert session.query(LoginFailure).count() == 0


def _new(client_as: Clients, office: Office) -> Any:
    fields = {"number": "N1", "name": "新人", "unit_id": office.units["D0101"].id}
    return post(client_as("system_admin"), "/accounts/people/new", **fields)


def _reset(client_as: Clients, office: Office) -> Any:
    return post(client_as("security_admin"), f"/accounts/people/{office.people['cadre'].id}/reset")


def _confirmed(client_as: Clients, office: Office) -> Any:
    client = client_as("security_admin")
    db.session.query(LoginSession).update({"confirmed_at": None})
    db.session.commit()
    return post(client, f"/accounts/people/{office.people['cadre'].id}/reset", confirm_password=PASSWORD)


def _slips(client_as: Clients, office: Office) -> Any:
    db.session.query(User).filter_by(id=office.people["foreign_cadre"].id).update(
        {"password_hash": "", "must_change_password": True}
    )
    db.session.commit()
    return post(client_as("system_admin"), "/accounts/slips")


# Every view that checks or makes a password, and how often it does.
AT_WORK: dict[str, tuple[Act, int]] = {
    "sign in": (lambda client_as, _o: log_in(client_as("cadre").application.test_client(), number_of("cadre")), 1),
    "change": (lambda client_as, _o: change(client_as("cadre"), PASSWORD), 2),
    "new person": (_new, 1),
    "reset": (_reset, 1),
    "reset after the question": (_confirmed, 2),
    "slips": (_slips, 1),
}


@pytest.mark.parametrize("name", AT_WORK)
def test_no_transaction_waits_for_a_password(
    session: scoped_session[Session], client_as: Clients, office: Office, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    act, times = AT_WORK[name]
    real, waiting, shared = passwords._hasher, [], session()

    class Watched:
        def hash(self, password: str) -> str:
            waiting.append(shared.in_transaction())
            return real.hash(password)

        def verify(self, encoded: str, password: str) -> bool:
            waiting.append(shared.in_transaction())
            return real.verify(encoded, password)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    answer = act(client_as, office)
    assert answer.status_code in {200, 303}, answer.text
    assert waiting == [False] * times
