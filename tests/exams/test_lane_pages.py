"""The exam page is the same through both doors, byte for byte, whatever state it shows."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import LoginSession, RoleGrant, User
from portal.core import clock
from portal.exams.models import Attempt, AttemptEvent, ExamRound
from portal.extensions import db
from portal.org.models import Unit
from tests.exams.test_lane import Sitter

PACKED = {"Accept-Encoding": "gzip, deflate, br"}
MOMENT = re.compile(r'data-now="[^"]+"')


class Reader(Sitter):
    """Somebody who loads the exam page at either door."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, "lane")
        mine = select(LoginSession.id).where(LoginSession.user_id == self.user_id).scalar_subquery()
        self.change(update(Attempt).values(lease_session=mine))

    def load(self, *, query: str = "", **headers: str) -> Any:
        self.passed_on = 0
        return self.client.get(f"/exams/attempts/{self.attempt_id}{query}", headers={**PACKED, **headers})

    def drawn(self) -> Any:
        """What Flask draws, with nothing kept."""
        self.app.extensions.pop("kept-pages", None)
        self.app.extensions.pop("kept-papers", None)
        return self.load()

    def again(self) -> Any:
        """What the short way gives out: Flask must not be asked."""
        found = self.load()
        assert self.passed_on == 0
        return found


def text(answer: Any) -> str:
    assert answer.status_code == 200
    html = gzip.decompress(answer.data).decode()
    assert len(MOMENT.findall(html)) == 1
    return MOMENT.sub("", html)


@pytest.fixture
def reader(one_moment: None, live_app: Flask) -> Reader:
    return Reader(live_app)


def answered(reader: Reader) -> None:
    assert reader.save((1, ["0"], 1), (2, ["1"], 2)).status_code == 200


def emptied(reader: Reader) -> None:
    answered(reader)
    assert reader.save((1, [], 3)).status_code == 200


def more_time(reader: Reader) -> None:
    reader.change(update(Attempt).values(due_at=reader.due + timedelta(minutes=7)))


def in_the_grace(reader: Reader) -> None:
    reader.change(update(Attempt).values(due_at=clock.now() - timedelta(seconds=20)))


def taken_over_here(reader: Reader) -> None:
    reader.change(update(Attempt).values(lease=2))


def renamed(reader: Reader) -> None:
    reader.change(update(User).where(User.id == reader.user_id).values(name="欧阳<b>&\"'"))
    reader.change(update(Unit).where(Unit.id == reader.unit_id).values(name="新<单位>"))


def another_title(reader: Reader) -> None:
    reader.change(update(ExamRound).values(title="改<名>的考试", pass_line=7000))


def display(choice: str) -> Callable[[Reader], None]:
    return lambda reader: reader.client.set_cookie("ui", choice)


STATES = [
    answered, emptied, more_time, in_the_grace, taken_over_here, renamed, another_title, display("en.normal.m.normal"),
    display("zh.elder.xl.high"),
]  # fmt: skip


@pytest.mark.parametrize("change", STATES)
def test_a_page_loaded_again_is_what_flask_draws(reader: Reader, change: Callable[[Reader], None]) -> None:
    first = text(reader.load())
    assert text(reader.again()) == first
    change(reader)
    loaded = text(reader.load())  # with the page from before the change still kept
    if change is renamed:
        assert "欧阳&lt;b&gt;&amp;&#34;&#39;" in loaded
    else:
        assert reader.passed_on == 1
    assert loaded != first
    assert text(reader.again()) == loaded
    assert text(reader.drawn()) == loaded
    assert reader.passed_on == 1


def test_both_doors_give_the_same_headers_and_a_new_moment(reader: Reader) -> None:
    drawn, again = reader.load(), reader.again()
    for answer in (drawn, again):
        answer.headers["Vary"] = ", ".join(sorted(answer.headers["Vary"].split(", ")))
        answer.headers.remove("Content-Length")
    assert sorted(drawn.headers) == sorted(again.headers)
    moments = [MOMENT.findall(gzip.decompress(answer.data).decode()) for answer in (drawn, again)]
    assert moments[0] != moments[1]


def test_who_takes_no_gzip_gets_the_same_page(reader: Reader) -> None:
    packed = text(reader.load())
    plain = reader.load(**{"Accept-Encoding": "identity"})
    assert reader.passed_on == 0
    assert MOMENT.sub("", plain.text) == packed
    assert "Content-Encoding" not in plain.headers


def test_each_reader_has_the_token_of_their_own_session(reader: Reader) -> None:
    text(reader.load())
    html = text(reader.again())
    token = html.split('name="csrf-token" content="')[1].split('"')[0]
    assert reader.save((1, ["0"], 1), headers={"X-CSRFToken": token}).status_code == 200
    assert html.count(token) >= 4


def ended(reader: Reader) -> None:
    reader.change(update(LoginSession).values(ended_at=clock.now()))


def disabled(reader: Reader) -> None:
    reader.change(update(User).values(state="disabled"))


def first_password(reader: Reader) -> None:
    reader.change(update(User).values(must_change_password=True))


def factor_asked_of_all(reader: Reader) -> None:
    reader.app.config["PORTAL"] = replace(reader.app.config["PORTAL"], require_totp="all")
    reader.lane.__init__(reader.app, reader.lane._inner)  # type: ignore[misc]  as a start with this setting does


def elsewhere(reader: Reader) -> None:
    reader.change(update(Attempt).values(lease=2, lease_session="f" * 64))


def over(reader: Reader) -> None:
    reader.change(update(Attempt).values(due_at=clock.now() - timedelta(seconds=61)))


def of_another(reader: Reader) -> None:
    reader.change(update(Attempt).values(user_id=reader.user_id + 1))


def foreign_cookie(reader: Reader) -> None:
    reader.client.set_cookie("portal", "forged.cookie.value")


@pytest.mark.parametrize(
    ("change", "status", "where"),
    [
        (ended, 303, "/login"), (disabled, 303, "/login"), (first_password, 303, "/password"),
        (factor_asked_of_all, 303, "/accounts/second-factor"), (elsewhere, 200, ""),
        (over, 303, "/result"), (of_another, 404, ""), (foreign_cookie, 303, "/login"),
    ],
)  # fmt: skip
def test_what_has_to_be_decided_is_left_to_flask(
    reader: Reader, change: Callable[[Reader], None], status: int, where: str
) -> None:
    text(reader.load())
    text(reader.again())
    change(reader)
    answer = reader.load()
    assert (answer.status_code, reader.passed_on) == (status, 1)
    assert where in answer.headers.get("Location", "")
    assert b'id="exam"' not in answer.data


def test_an_address_with_a_question_and_a_message_are_left_to_flask(reader: Reader) -> None:
    text(reader.load())
    assert reader.load(query="?x=1").status_code == 200
    assert reader.passed_on == 1
    with reader.client.session_transaction() as session:
        session["_flashes"] = [("success", "只此一次")]
    assert "只此一次" in reader.load(**{"Accept-Encoding": "identity"}).text
    assert reader.passed_on == 1
    assert "只此一次" not in text(reader.again())


def test_that_a_session_was_seen_is_noted_as_ever(reader: Reader) -> None:
    text(reader.load())
    long_ago = clock.now() - timedelta(minutes=5)
    reader.change(update(LoginSession).values(last_seen_at=long_ago))
    text(reader.load())
    assert reader.passed_on == 1
    with reader.app.app_context():
        assert db.session.scalar(select(LoginSession.last_seen_at)) > long_ago + timedelta(minutes=4)
        assert db.session.scalars(select(AttemptEvent.kind)).all() == ["start"]
        db.session.remove()
    text(reader.again())


def test_a_role_taken_away_leaves_the_baseline(reader: Reader) -> None:
    """Everybody with an account may sit: the page still opens, with what holds now."""
    text(reader.load())
    with reader.app.app_context():
        grants = db.session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == reader.user_id)).all()
        db.session.remove()
    assert grants
    reader.change(RoleGrant.__table__.delete().where(RoleGrant.user_id == reader.user_id))  # type: ignore[attr-defined]
    assert reader.again().status_code == 200
