"""Nothing that is sent while a paper is open depends on the right answers.

Looking for the key in the bytes would prove little: a key of "B" is everywhere. Instead everything is asked for twice,
with the keys, analyses and stored marks exchanged in between. What does not change cannot tell.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, text

from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.exams.models import Attempt, QuestionKey, QuestionVersion
from portal.exams.models_marking import MarkingTask
from portal.exams.services import attempts as services
from portal.exams.services import marking
from tests.support.exams import SECRET, build_contest, build_round, sit
from tests.support.marking import MODEL, short_round, sit_short
from tests.support.people import csrf

# What may differ between two answers to the same question: tokens and the server's clock.
_PASSING = re.compile(
    rb'(name="csrf[-_]token" (content|value)="[^"]*"|"X-CSRFToken": "[^"]*"|data-now="[^"]*"|"server_now":"[^"]*"'
    rb"|value=\"[^\"]*\" name=\"csrf_token\"|\d{4}-\d\d-\d\d \d\d:\d\d)"
)


@pytest.fixture
def attempt(session, office) -> Attempt:
    round_ = build_round(session(), office)
    viewer = viewer_of(session(), office.people["cadre"].id)
    made = services.start(session(), viewer=viewer, now=clock.now(), round_id=round_.id, secret=SECRET)
    session.commit()
    return made


def everything_sent(client: FlaskClient, attempt: Attempt) -> dict[str, bytes]:
    """Every answer that a person in the middle of the attempt can get."""
    page = f"/exams/attempts/{attempt.id}"
    found = {
        path: client.get(path).data
        for path in ("/", "/exams/", f"/exams/take/{attempt.round_id}", page, f"{page}/review", f"{page}/result")
    }
    headers = {"X-CSRFToken": csrf(client)}
    body = {"lease": attempt.lease, "answers": [{"pos": 1, "value": [], "counter": 1}]}
    found["save"] = client.post(f"{page}/answers", json=body, headers=headers).data
    found["events"] = client.post(f"{page}/events", json={"lease": 1, "events": []}, headers=headers).data
    return {path: _PASSING.sub(b"", data) for path, data in found.items()}


def exchange_keys(session) -> None:
    """Other right answers and other analyses for every question."""
    for key in session.scalars(select(QuestionKey)):
        key.key = [["别的答案"]] if isinstance(key.key[0], list) else [key.key[-1] + 1]
    session.execute(text("DROP TRIGGER question_versions_immutable_update"))
    session.execute(text("UPDATE question_versions SET analysis = '另一种解析'"))
    session.commit()
    session.expire_all()


def test_no_byte_depends_on_the_key(session, client_as, attempt):
    client = client_as("cadre")
    session.execute(text("UPDATE attempts SET lease_session = (SELECT id FROM login_sessions)"))
    session.commit()
    everything_sent(client, attempt)  # the first save moves the page's counter
    before = everything_sent(client, attempt)
    assert b"data-attempt" in before[f"/exams/attempts/{attempt.id}"]
    exchange_keys(session)
    assert everything_sent(client, attempt) == before


def test_model_answer_and_rubric_reach_nobody_before_their_release(session, client_as, office):
    """Not on the page of the attempt, not while it waits for a marker, and not before the key is released."""
    round_ = short_round(session(), office, show_answers="at_once", show_key="after_closing")
    attempt = sit_short(session(), round_, office.people["cadre"], "我写的答案。")
    viewer = viewer_of(session(), office.people["liaison"].id)
    sitting = services.start(session(), viewer=viewer, now=clock.now(), round_id=round_.id, secret=SECRET)
    officer, version_id = office.viewer(session(), "exam_officer"), attempt.paper[-1]["v"]
    marking.set_rubric(
        session(), actor=officer, now=clock.now(), round_=round_, version_id=version_id, text="秘而不宣的得分点 | 10"
    )
    session.commit()
    mine, theirs = client_as("cadre"), client_as("liaison")
    page = f"/exams/attempts/{sitting.id}"
    seen = [mine.get(f"/exams/attempts/{attempt.id}/result").text]
    seen += [theirs.get(path).text for path in ("/", "/exams/", f"/exams/take/{round_.id}", page, f"{page}/review")]
    task = session.scalar(select(MarkingTask))
    marking.give(session(), actor=officer, now=clock.now(), round_=round_, task_id=task.id, points=[800])
    session.commit()
    marked = mine.get(f"/exams/attempts/{attempt.id}/result").text
    assert "我写的答案。" in marked
    for text_ in [*seen, marked]:
        assert "秘而不宣" not in text_
        assert MODEL.splitlines()[1] not in text_


def test_the_page_names_no_row_of_the_bank(session, client_as, attempt):
    """Option tokens are places on this paper, and no version id stands in the page."""
    client = client_as("cadre")
    session.execute(text("UPDATE attempts SET lease_session = (SELECT id FROM login_sessions)"))
    session.commit()
    page = client.get(f"/exams/attempts/{attempt.id}").get_data(as_text=True)
    assert not re.search(r"(version|question)[-_]id", page)
    for version in session.scalars(select(QuestionVersion)):
        assert version.analysis not in page
    tokens = re.findall(r'type="radio" name="a\d+" value="(\d+)"', page)
    assert set(tokens) <= {"0", "1", "2", "3"}


def test_no_byte_of_a_contest_depends_on_the_key(session, client_as, office):
    """One question at a time, and the board of those who have handed in: the same, whatever is right."""
    round_ = build_contest(session(), office, question_seconds=600, board_during="everybody", names="all", minutes=100)
    sit(session(), round_, office.people["leader"], right=0)
    viewer = viewer_of(session(), office.people["cadre"].id)
    made = services.start(session(), viewer=viewer, now=clock.now(), round_id=round_.id, secret=SECRET)
    client, officer = client_as("cadre"), client_as("exam_officer")
    session.execute(text("UPDATE attempts SET lease_session = (SELECT id FROM login_sessions WHERE user_id = :me)"),
                    {"me": viewer.id})  # fmt: skip
    session.commit()
    here, contest = f"/exams/rounds/{round_.id}", f"/exams/contests/{round_.id}"

    def sent() -> list[bytes]:
        with time_machine.travel(made.started_at + timedelta(seconds=20), tick=False):
            found = [client.get(path).data for path in (contest, f"/exams/attempts/{made.id}", "/exams/")]
            found += [officer.get(f"{here}/{path}").data for path in ("wall", "results/board", "results/board/units")]
            return [_PASSING.sub(b"", data) for data in found]

    before = sent()
    assert b"data-place" in before[1]
    assert office.people["leader"].name.encode() in before[0]
    exchange_keys(session)
    assert sent() == before


def test_before_release_the_result_shows_no_key(session, client_as, office):
    round_ = build_round(session(), office, title="考后公布", show_answers="after_closing", show_key="after_closing")
    viewer = viewer_of(session(), office.people["cadre"].id)
    made = services.start(session(), viewer=viewer, now=clock.now(), round_id=round_.id, secret=SECRET)
    services.submit(session(), viewer=viewer, now=clock.now(), attempt=made, round_=round_, secret=SECRET)
    session.commit()
    page = client_as("cadre").get(f"/exams/attempts/{made.id}/result").get_data(as_text=True)
    assert "正确答案" not in page
    assert "依据条例" not in page
