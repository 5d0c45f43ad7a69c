"""A save is answered alike through both doors: past Flask, and through it."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from portal.accounts import services as accounts
from portal.accounts.models import LoginSession, User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.lane import Lane
from portal.exams.models import AnswerRow, Attempt, AttemptEvent
from portal.exams.saving import RowWriter, SaveWriter, store_rows
from portal.exams.services import attempts as services
from portal.extensions import db, writing
from tests.support.exams import SECRET, begin, build_round
from tests.support.people import Office, csrf, sign_in


class Sitter:
    """A cadre in the middle of a paper, and the two doors to save at."""

    def __init__(self, app: Flask, door: str) -> None:
        self.app, self.door = app, door
        with app.app_context(), writing() as session:
            office = Office.load(session)
            self.user = office.people["cadre"]
            self.user_id, self.unit_id = self.user.id, self.user.unit_id
            attempt = begin(session, build_round(session, office), self.user)
            self.attempt_id, self.due = attempt.id, attempt.due_at
            self.client = sign_in(app, self.user)
            self.token = csrf(self.client)
            session.commit()
            db.session.remove()
        self.lane = app.wsgi_app
        assert isinstance(self.lane, Lane)
        self.passed_on = 0
        inner = self.lane._inner
        if door == "flask":
            app.wsgi_app = inner  # type: ignore[method-assign]
        else:

            def counted(environ: Any, start_response: Any) -> Any:
                self.passed_on += 1
                return inner(environ, start_response)

            self.lane._inner = counted

    def save(self, *answers: tuple[int, Any, Any], lease: Any = 1, **more: Any) -> Any:
        body = {"lease": lease, "answers": [{"pos": p, "value": v, "counter": c} for p, v, c in answers]}
        headers = {"X-CSRFToken": self.token, **more.pop("headers", {})}
        return self.client.post(
            f"/exams/attempts/{more.pop('attempt', self.attempt_id)}/answers", json=body, headers=headers, **more
        )

    def stored(self) -> dict[int, tuple[list[str], int]]:
        with self.app.app_context():
            rows = db.session.execute(select(AnswerRow.position, AnswerRow.value, AnswerRow.counter)).all()
            db.session.remove()
        return {row.position: (row.value, row.counter) for row in rows}

    def change(self, statement: Any) -> None:
        with self.app.app_context(), writing() as session:
            session.execute(statement)
            session.commit()
            db.session.remove()


@pytest.fixture(params=["lane", "flask"])
def sitter(request: pytest.FixtureRequest, live_app: Flask) -> Sitter:
    return Sitter(live_app, request.param)


def test_a_save_is_stored_and_acknowledged(sitter: Sitter) -> None:
    answer = sitter.save((1, ["0"], 1), (2, ["1"], 2))
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["saved"] == {"1": 1, "2": 2}
    assert told["due"] == sitter.due.isoformat()
    assert sitter.stored() == {1: (["0"], 1), 2: (["1"], 2)}
    assert sitter.passed_on == 0
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control", "Vary"):
        assert answer.headers[name]
    assert answer.mimetype == "application/json"


def test_both_doors_give_the_same_headers(live_app: Flask) -> None:
    sitter = Sitter(live_app, "lane")
    names = [set(sitter.save((1, ["0"], 1)).headers.keys())]
    live_app.wsgi_app = sitter.lane._inner  # type: ignore[method-assign, attr-defined]
    names.append(set(sitter.save((1, ["1"], 2)).headers.keys()))
    assert names[0] == names[1]


def test_an_older_answer_changes_nothing(sitter: Sitter) -> None:
    sitter.save((1, ["1"], 5))
    answer = sitter.save((1, ["0"], 4))
    assert answer.status_code == 200
    assert answer.get_json()["saved"] == {"1": 5}
    assert sitter.stored() == {1: (["1"], 5)}


def test_a_page_that_only_asks_the_time_is_answered(sitter: Sitter) -> None:
    answer = sitter.save()
    assert answer.status_code == 200
    assert answer.get_json()["saved"] == {}


@pytest.mark.parametrize("value", [["9"], "0", [0], None])
def test_what_no_page_sends_is_refused(sitter: Sitter, value: Any) -> None:
    assert sitter.save((1, value, 1)).status_code == 422
    assert sitter.stored() == {}


def test_the_wrong_place_lease_or_counter_is_refused(sitter: Sitter) -> None:
    assert sitter.save((99, ["0"], 1)).status_code == 422
    assert sitter.save((1, ["0"], "1")).status_code == 422
    assert sitter.save((1, ["0"], 1), lease="1").status_code == 422
    assert sitter.save((1, ["0"], 1), lease=-1).status_code == 422
    assert sitter.stored() == {}


def test_without_the_token_nothing_is_stored(sitter: Sitter) -> None:
    assert sitter.save((1, ["0"], 1), headers={"X-CSRFToken": ""}).status_code == 400
    assert sitter.save((1, ["0"], 1), headers={"X-CSRFToken": sitter.token[:-1] + "!"}).status_code == 400
    assert sitter.save((1, ["0"], 1), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sitter.stored() == {}


def test_the_token_of_another_session_does_not_fit(sitter: Sitter) -> None:
    with sitter.app.app_context():
        other = csrf(sign_in(sitter.app, Office.load(db.session()).people["liaison"]))
        db.session.remove()
    assert sitter.save((1, ["0"], 1), headers={"X-CSRFToken": other}).status_code == 400
    assert sitter.stored() == {}


def test_an_ended_session_is_refused_at_once(sitter: Sitter) -> None:
    sitter.save((1, ["0"], 1))
    sitter.change(update(LoginSession).values(ended_at=clock.now()))
    assert sitter.save((1, ["1"], 2)).status_code == 401
    assert sitter.stored() == {1: (["0"], 1)}


def test_a_disabled_person_is_refused_at_once(sitter: Sitter) -> None:
    sitter.change(update(User).where(User.id == sitter.user_id).values(state="disabled"))
    assert sitter.save((1, ["1"], 2)).status_code == 401


def test_nobody_saves_into_the_attempt_of_another(sitter: Sitter) -> None:
    with sitter.app.app_context(), writing() as session:
        other = accounts.create_user(
            session, actor=system_viewer(), now=clock.now(), number="X1", name="别人", unit_id=sitter.unit_id,
            password_hash="-", must_change_password=False,
        )  # fmt: skip
        session.flush()
        sitter.client = sign_in(sitter.app, other)
        sitter.token = csrf(sitter.client)
        session.commit()
        db.session.remove()
    assert sitter.save((1, ["0"], 1)).status_code == 404
    assert sitter.save((1, ["0"], 1), attempt=10**17).status_code == 404
    assert sitter.stored() == {}


def test_a_page_that_was_taken_over_is_told_and_its_answer_kept_as_evidence(sitter: Sitter) -> None:
    sitter.change(update(Attempt).values(lease=2))
    assert sitter.save((1, ["0"], 1)).status_code == 409
    with sitter.app.app_context():
        kinds = list(db.session.scalars(select(AttemptEvent.kind).order_by(AttemptEvent.id)))
        db.session.remove()
    assert kinds == ["start", "stale"]


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (-59, 200), (-62, 410)])
def test_the_deadline_and_the_grace(sitter: Sitter, seconds: int, status: int) -> None:
    sitter.change(update(Attempt).values(due_at=clock.now() + timedelta(seconds=seconds)))
    assert sitter.save((1, ["0"], 1)).status_code == status
    assert bool(sitter.stored()) == (status == 200)


def test_after_hand_in_the_page_is_told(sitter: Sitter) -> None:
    sitter.save((1, ["0"], 1))
    with sitter.app.app_context(), writing() as session:
        attempt = session.get_one(Attempt, sitter.attempt_id)
        round_ = services.queries.own_attempt(session, sitter.user_id, attempt.id)[1]  # type: ignore[index]
        services.submit(
            session, viewer=viewer_of(session, sitter.user_id), now=clock.now(), attempt=attempt, round_=round_,
            secret=SECRET,
        )  # fmt: skip
        session.commit()
        db.session.remove()
    assert sitter.save((1, ["1"], 2)).status_code == 410
    assert sitter.stored() == {1: (["0"], 1)}


def test_not_json_too_long_and_half_a_body_are_left_to_flask(live_app: Flask) -> None:
    sitter = Sitter(live_app, "lane")
    where, headers = f"/exams/attempts/{sitter.attempt_id}/answers", {"X-CSRFToken": sitter.token}
    for body, kind in ((b"{", "application/json"), (b"a=1", "text/plain"), (b"[]", "application/json")):
        assert sitter.client.post(where, data=body, content_type=kind, headers=headers).status_code in {400, 415, 422}
    long = json.dumps({"lease": 1, "answers": [], "x": "y" * 70_000})
    assert sitter.client.post(where, data=long, content_type="application/json", headers=headers).status_code == 200
    assert sitter.passed_on == 4


def row(sitter: Sitter, place: int, counter: int, lease: int = 1) -> dict[str, Any]:
    now = clock.now()
    return {
        "attempt_id": sitter.attempt_id, "position": place, "value": ["0"], "lease": lease, "counter": counter,
        "saved_at": now,
    }  # fmt: skip


def test_rows_of_a_paper_taken_over_after_the_judgement_are_not_written(live_app: Flask) -> None:
    sitter = Sitter(live_app, "lane")
    with live_app.app_context():
        engine: Any = db.engine
        assert store_rows(live_app, engine, [row(sitter, 1, 1)])
        assert not store_rows(live_app, engine, [row(sitter, 2, 2, lease=2)])  # the attempt says 1
        # The second is not newer: neither is written.
        assert not store_rows(live_app, engine, [row(sitter, 3, 3), row(sitter, 1, 1)])
        together = RowWriter(engine).together([[row(sitter, 4, 4)], [row(sitter, 1, 1)], [row(sitter, 5, 5)]])
    assert together == [True, False, True]
    assert set(sitter.stored()) == {1, 4, 5}


def test_on_a_full_disk_a_save_is_refused_in_words(live_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sitter = Sitter(live_app, "lane")
    live_app.config["SHOW_FAULT_PAGES"] = True

    def full(_writer: Any, _items: list[Any]) -> list[Any]:
        cause = sqlite3.OperationalError("database or disk is full")
        raise OperationalError("INSERT", {}, cause) from cause

    monkeypatch.setattr(RowWriter, "together", full)
    monkeypatch.setattr(SaveWriter, "together", full)
    answer = sitter.save((1, ["0"], 1))
    assert answer.status_code == 503
    assert "磁盘空间不足" in answer.json["message"]
    monkeypatch.undo()
    assert sitter.save((1, ["0"], 2)).status_code == 200
