"""The views that keep their pages: what they give out again is what would be drawn now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core import clock
from portal.desk.models import SavedView
from portal.exams.models import ExamRound
from portal.web import pages
from portal.web.kept import KeptPages
from portal.web.pages import AsksMore
from tests.support.exams import build_bank, build_round
from tests.support.people import Office, csrf

As = Callable[[str], FlaskClient]
VIEWS = [
    ("cadre", "/"), ("cadre", "/exams/"), ("exam_officer", "/"), ("security_admin", "/"), ("leader", "/"),
    ("exam_officer", "/exams/rounds"), ("exam_officer", "/exams/rounds?sort=-opens&cols=title,phase&q=考"),
    ("leader", "/exams/rounds/{round}"), ("exam_officer", "/exams/rounds/{round}"),
    ("exam_officer", "/exams/banks/{bank}"), ("exam_officer", "/exams/banks/{bank}?type=single&open=1"),
]  # fmt: skip


@pytest.fixture
def round_(session: Session, office: Office) -> ExamRound:
    made = build_round(session, office, bank=build_bank(session, office, each=3), per_type=1)
    session.commit()
    return made


def drawn_plainly(monkeypatch: pytest.MonkeyPatch, load: Callable[[], str]) -> str:
    """The page as it is drawn with nothing kept and no hole."""

    def refuse(*_given: Any) -> NoReturn:
        raise AsksMore("nothing is kept in this test")

    kept = pages.current_app.extensions.pop("kept-pages")
    with monkeypatch.context() as patch:
        patch.setattr(pages, "_drawn", refuse)
        plain = load()
    pages.current_app.extensions["kept-pages"] = kept
    return plain


@pytest.mark.usefixtures("one_moment")
@pytest.mark.parametrize(("role", "path"), VIEWS)
def test_a_page_given_out_again_is_what_would_be_drawn(
    monkeypatch: pytest.MonkeyPatch, app: Flask, client_as: As, round_: ExamRound, role: str, path: str
) -> None:
    monkeypatch.setitem(app.jinja_env.globals, "printed_at", lambda: pages.g.get("printed_at") or pages.PRINTED)
    client, where = client_as(role), path.format(round=round_.id, bank=1)

    def load() -> str:
        answer = client.get(where)
        assert answer.status_code == 200
        return str(answer.text)

    first = load()
    kept: KeptPages = app.extensions["kept-pages"]
    assert len(kept._pages) == 1, "the page asks more of its reader than may differ"
    assert load() == first
    assert len(kept._pages) == 1
    assert drawn_plainly(monkeypatch, load) == first


def test_the_star_belongs_to_its_reader(client_as: As, round_: ExamRound) -> None:
    officer, reader = client_as("exam_officer"), client_as("leader")
    where, marked = f"/exams/rounds/{round_.id}", 'class="btn star" type="submit" aria-pressed="true"'
    for client in (officer, reader):
        assert marked not in client.get(where).text
    officer.post(f"/favourites/rounds/{round_.id}", data={"csrf_token": csrf(officer)})
    assert marked in officer.get(where).text
    assert marked not in reader.get(where).text


def test_a_saved_view_is_a_tab_for_its_owner_under_its_name_of_today(
    client_as: As, session: Session, office: Office, round_: ExamRound
) -> None:
    client = client_as("exam_officer")
    assert "我的视图甲" not in client.get("/exams/rounds").text
    data = {"csrf_token": csrf(client), "list": "exams.rounds", "query": "sort=-opens", "name": "我的视图甲"}
    assert client.post("/views", data=data).status_code == 303
    assert "我的视图甲" in client.get("/exams/rounds").text
    session.query(SavedView).update({"name": "我的视图乙"})
    session.commit()
    page = client.get("/exams/rounds").text
    assert "我的视图乙" in page
    assert "我的视图甲" not in page
    assert "我的视图乙" not in client_as("leader").get("/exams/rounds").text


def test_what_passes_with_time_is_not_given_out_again(
    monkeypatch: pytest.MonkeyPatch, client_as: As, session: Session, round_: ExamRound
) -> None:
    """No row has changed; the exam has ended all the same."""
    round_.closes_at = clock.now() + timedelta(minutes=3)
    session.commit()
    client, later = client_as("cadre"), clock.now() + timedelta(minutes=4)
    assert "开始考试" in client.get("/exams/").text
    monkeypatch.setattr(clock, "now", lambda: later)
    page = client.get("/exams/")
    assert page.status_code == 200
    assert "开始考试" not in page.text
