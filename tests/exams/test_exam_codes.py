"""考试码: opens one person's exam and nothing else, is kept as a digest, and is guarded like a password."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import LoginSession
from portal.accounts.rules import FAILURES_BY_NAME
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import Attempt
from portal.exams.models_records import ExamCode
from portal.exams.queries import codes as queries
from portal.exams.rules.certificate import plain_code
from portal.exams.services import codes as services
from tests.support.exams import SECRET, build_round, sit
from tests.support.people import csrf
from tests.support.routes import plain_pages

OK, REFUSED = 200, 422


@pytest.fixture
def round_(session, office):
    return build_round(session(), office, people=("cadre", "foreign_cadre", "leader"))


@pytest.fixture
def slips(session, office, round_):
    """Slips of the whole list by name, printed with the site's own secret."""
    made = issue(session, office, round_)
    session.commit()
    return {slip.name: slip.code for slip in made}


def issue(session, office, round_, *, again: bool = False):
    actor, now = office.viewer(session(), "exam_officer"), clock.now()
    people = queries.to_print(session(), round_, actor, now, unit_id=None, again=again, limit=60)
    return services.issue(session(), actor=actor, now=now, round_=round_, people=people, secret=SECRET)


def enter(client: FlaskClient, code: str):
    client.get("/exams/code")
    return client.post("/exams/code", data={"csrf_token": csrf(client), "code": code})


@pytest.fixture
def inside(app: Flask, office, round_, slips) -> FlaskClient:
    """The cadre's browser, let in by the code."""
    client = app.test_client()
    answer = enter(client, slips[office.people["cadre"].name].lower())
    assert answer.location.endswith(f"/exams/take/{round_.id}")
    return client


def test_nothing_of_a_code_is_kept_but_its_digest(session, slips) -> None:
    rows = session.scalars(select(ExamCode)).all()
    assert len(rows) == 3
    assert not {plain_code(code) for code in slips.values()} & {row.digest for row in rows}


def test_a_code_opens_the_exam_from_notice_to_result(session, round_, inside, office) -> None:
    assert inside.get(f"/exams/take/{round_.id}").status_code == OK
    answer = inside.post(f"/exams/take/{round_.id}/start", data={"csrf_token": csrf(inside)})
    attempt = session.scalars(select(Attempt).where(Attempt.round_id == round_.id)).one()
    assert attempt.user_id == office.people["cadre"].id
    assert inside.get(answer.location).status_code == OK
    body = {"lease": 1, "answers": [{"pos": 1, "value": ["0"], "counter": 1}]}
    headers = {"X-CSRFToken": csrf(inside)}
    assert inside.post(f"/exams/attempts/{attempt.id}/answers", json=body, headers=headers).status_code == OK
    assert inside.get(f"/exams/attempts/{attempt.id}/review").status_code == OK
    inside.post(f"/exams/attempts/{attempt.id}/submit", data={"csrf_token": csrf(inside)})
    assert inside.get(f"/exams/attempts/{attempt.id}/result").status_code == OK
    row = session.scalars(select(LoginSession).where(LoginSession.confined_to != "")).one()
    session.refresh(row)
    assert row.hold_until is None
    assert row.ends_at <= clock.now() + services.HOLD_AFTER, "it ends with the exam"


def test_a_code_opens_no_other_page(app: Flask, session, office, round_, inside) -> None:
    other = build_round(session(), office, title="别的考试", people=("cadre",))
    done = sit(session(), other, office.people["cadre"])
    session.commit()
    notice = f"/exams/take/{round_.id}"
    for path in (f"/exams/take/{other.id}", f"/exams/attempts/{done.id}/result", "/exams/", "/exams/history"):
        answer = inside.get(path)
        assert answer.status_code == 303, path
        assert answer.location.endswith(notice)
    opened = {
        endpoint
        for endpoint, path in plain_pages(app)
        if inside.get(path).status_code == OK and endpoint not in {"exams.code_enter", "home.healthz"}
    }
    assert opened <= {"accounts.forgot", "accounts.second_step_page"}, "public pages alone"


def test_a_manager_with_a_code_has_no_power(session, office, round_, app: Flask, slips) -> None:
    client = app.test_client()
    enter(client, slips[office.people["leader"].name])
    assert client.get(f"/exams/take/{round_.id}").status_code == OK
    assert client.get(f"/exams/rounds/{round_.id}/results").status_code == 403


def test_a_new_code_voids_the_old_and_a_spent_one_is_refused(session, office, round_, app: Flask, slips) -> None:
    old = slips[office.people["cadre"].name]
    new = {slip.name: slip.code for slip in issue(session, office, round_, again=True)}[office.people["cadre"].name]
    session.commit()
    assert enter(app.test_client(), old).status_code == REFUSED
    assert enter(app.test_client(), new).status_code == 303
    sit(session(), round_, office.people["cadre"])
    session.commit()
    answer = enter(app.test_client(), new)
    assert answer.status_code == REFUSED
    assert "考试码不正确" in answer.text


def test_guessing_is_slowed_down_like_passwords(app: Flask, office, round_) -> None:
    client = app.test_client()
    answers = [enter(client, "2222-2222-2222") for _ in range(FAILURES_BY_NAME + 1)]
    assert "考试码不正确" in answers[0].text
    assert "考试码不正确" not in answers[-1].text
    assert answers[-1].status_code == REFUSED


def test_leaving_ends_the_session(round_, inside) -> None:
    inside.post("/exams/code/leave", data={"csrf_token": csrf(inside)})
    assert "/accounts/login" in inside.get(f"/exams/take/{round_.id}").location


def test_the_officer_prints_and_voids_by_unit(session, office, round_, client_as) -> None:
    client = client_as("exam_officer")
    unit = office.units["D0201"].id
    here = f"/exams/rounds/{round_.id}/codes"
    assert client.get(here).status_code == OK
    page = client.post(here, data={"csrf_token": csrf(client), "unit": str(unit)}).text
    assert len(re.findall(r"<code>[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}</code>", page)) == 1
    assert office.people["cadre"].name in page
    client.post(f"{here}/void", data={"csrf_token": csrf(client), "unit": str(unit)})
    assert session.scalars(select(ExamCode).where(ExamCode.voided_at.is_(None))).all() == []
    assert client_as("liaison").get(here).status_code == 404


def test_no_codes_for_what_is_over(session, office, round_) -> None:
    round_.opens_at, round_.closes_at = round_.opens_at.replace(year=2020), round_.closes_at.replace(year=2020)
    session.flush()
    with pytest.raises(RuleError, match="codes-too-late"):
        issue(session, office, round_)
