"""An acknowledged answer is there, whatever happens to the server a moment later."""

from __future__ import annotations

import http.client
import json
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import services as accounts
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.models import AnswerRow, RosterEntry
from portal.exams.services import attempts as services
from portal.extensions import db, writing
from tests.support.exams import SECRET, build_bank, build_round
from tests.support.people import Office, csrf, sign_in
from tests.support.server import Server

PEOPLE, QUESTIONS, KILLS, CLIENTS = 25, 40, 5, 8


def prepare(app: Flask) -> list[dict[str, object]]:
    """25 people in the middle of a paper of 40 questions; for each the cookie, the token and the address to save at."""
    sitters = []
    with app.app_context(), writing() as session:
        office = Office.load(session)
        bank = build_bank(session, office, each=10)
        round_ = build_round(session, office, title="断电演练", bank=bank, per_type=10)
        for index in range(PEOPLE):
            user = accounts.create_user(
                session, actor=system_viewer(), now=clock.now(), number=f"K{index:03d}", name=f"考生{index}",
                unit_id=office.units["D0201"].id, password_hash="-", must_change_password=False,
            )  # fmt: skip
            session.add(RosterEntry(round_id=round_.id, user_id=user.id, unit_id=user.unit_id, unit_name="一社区"))
            session.flush()
            attempt = services.start(
                session, viewer=viewer_of(session, user.id), now=clock.now(), round_id=round_.id, secret=SECRET
            )
            client = sign_in(app, user)
            cookie = client.get_cookie("portal")
            assert cookie is not None
            texts = [drawn["o"] == [] for drawn in attempt.paper]
            sitters.append({"attempt": attempt.id, "cookie": cookie.value, "token": csrf(client), "texts": texts})
        session.commit()
        db.session.remove()
        db.engine.dispose()
    return sitters


class Crowd:
    """Clients that save every answer once, again and again until it is acknowledged."""

    def __init__(self, server: Server, sitters: list[dict[str, object]]) -> None:
        self.server, self.sitters = server, sitters
        self.todo = [(sitter, place) for place in range(1, QUESTIONS + 1) for sitter in range(PEOPLE)]
        self.acknowledged: set[tuple[int, int]] = set()
        self.unacknowledged = 0
        self.refused: list[int] = []
        self.lock = threading.Lock()
        self.until = time.monotonic() + 120

    def work(self) -> None:
        """One client."""
        while time.monotonic() < self.until:
            with self.lock:
                if not self.todo:
                    return
                sitter, place = self.todo.pop(0)
            try:
                status = self.save(sitter, place)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.unacknowledged += 1
                    self.todo.append((sitter, place))
                time.sleep(0.05)
                continue
            with self.lock:
                if status == 200:
                    self.acknowledged.add((sitter, place))
                else:
                    self.refused.append(status)

    def save(self, sitter: int, place: int) -> int:
        """Send one answer; the status of a whole answer, or an exception."""
        who = self.sitters[sitter]
        body = {"lease": 1, "answers": [{"pos": place, "value": value_of(who, place), "counter": place}]}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request(
                "POST", f"/exams/attempts/{who['attempt']}/answers", json.dumps(body),
                {"Content-Type": "application/json", "Cookie": f"portal={who['cookie']}",
                 "X-CSRFToken": str(who["token"])},
            )  # fmt: skip
            response = connection.getresponse()
            answer = response.read()
            if response.status == 200:
                assert json.loads(answer)["saved"] == {str(place): place}
            return response.status
        finally:
            connection.close()


def value_of(who: dict[str, object], place: int) -> list[str]:
    """What the person answers at a place."""
    return [f"第{place}空"] if who["texts"][place - 1] else [str(place % 2)]  # type: ignore[index]


@pytest.mark.usefixtures("base_folder")
def test_a_thousand_acknowledged_saves_survive_five_kills(live_app: Flask) -> None:
    sitters = prepare(live_app)
    folder: Path = live_app.config["PORTAL"].instance
    server = Server(folder)
    server.start()
    crowd = Crowd(server, sitters)
    clients = [threading.Thread(target=crowd.work) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for kill in range(1, KILLS + 1):
            wanted = kill * PEOPLE * QUESTIONS // (KILLS + 1)
            while len(crowd.acknowledged) < wanted and time.monotonic() < crowd.until:
                time.sleep(0.001)
            server.kill()
            server.start()
        for client in clients:
            client.join(120)
    finally:
        server.stop()
    assert crowd.refused == []
    assert len(crowd.acknowledged) == PEOPLE * QUESTIONS
    assert crowd.unacknowledged >= 1, "no kill caught a save in flight"
    with live_app.app_context():
        rows = db.session.execute(select(AnswerRow.attempt_id, AnswerRow.position, AnswerRow.value, AnswerRow.counter))
        stored = {(row.attempt_id, row.position): (row.value, row.counter) for row in rows}
        integrity = db.session.execute(db.text("PRAGMA integrity_check")).scalar()
    assert integrity == "ok"
    for sitter, place in crowd.acknowledged:
        who = sitters[sitter]
        assert stored[(who["attempt"], place)] == (value_of(who, place), place)


def test_two_starts_and_two_submits_at_once(live_app: Flask) -> None:
    """Ten threads press the same button: one attempt, one result."""
    with live_app.app_context(), writing() as session:
        office = Office.load(session)
        round_ = build_round(session, office, title="同时开始", closes=clock.now() + timedelta(hours=2))
        client = sign_in(live_app, office.people["cadre"])
        token, round_id = csrf(client), round_.id
        session.commit()
        db.session.remove()
    cookie = client.get_cookie("portal")
    assert cookie is not None
    folder: Path = live_app.config["PORTAL"].instance
    server = Server(folder)
    server.start()
    try:
        starts = press(server, f"/exams/take/{round_id}/start", cookie.value, token)
        assert len(set(starts)) == 1
        assert starts[0][0] == 303
        attempt = starts[0][1].rsplit("/", 1)[1]
        submits = press(server, f"/exams/attempts/{attempt}/submit", cookie.value, token)
        assert set(submits) == {(303, f"/exams/attempts/{attempt}/result")}
    finally:
        server.stop()
    with live_app.app_context():
        kinds = db.session.execute(db.text("SELECT kind, count(*) FROM attempt_events GROUP BY kind")).all()
    assert dict(kinds) == {"start": 1, "submit": 1}


def press(server: Server, path: str, cookie: str, token: str) -> list[tuple[int, str]]:
    """(status, where to) of ten posts at the same moment."""
    seen: list[tuple[int, str]] = []
    together = threading.Barrier(10)

    def one() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        together.wait()
        connection.request(
            "POST", path, f"csrf_token={token}",
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"portal={cookie}"},
        )  # fmt: skip
        response = connection.getresponse()
        response.read()
        seen.append((response.status, response.headers.get("Location", "")))
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(seen) == 10
    return seen
