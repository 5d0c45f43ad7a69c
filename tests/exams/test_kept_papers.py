"""Questions drawn once are shown again as they stand now: nothing of an older answer, another language or paper."""

from __future__ import annotations

import pytest

from portal.core import clock
from portal.exams import kept_papers
from portal.exams.models import Attempt
from tests.support.exams import build_round
from tests.support.people import csrf


@pytest.fixture
def browser(client_as, session, office):
    round_ = build_round(session(), office)
    session.commit()
    client = client_as("cadre")
    client.post(f"/exams/take/{round_.id}/start", data={"csrf_token": csrf(client)})
    attempt = session.query(Attempt).filter_by(round_id=round_.id).one()
    return client, attempt


def page(browser):
    client, attempt = browser
    found = client.get(f"/exams/attempts/{attempt.id}")
    assert found.status_code == 200
    return found.text


def save(browser, place, value, counter):
    client, attempt = browser
    sent = {"lease": 1, "answers": [{"pos": place, "value": value, "counter": counter}]}
    answer = client.post(f"/exams/attempts/{attempt.id}/answers", json=sent, headers={"X-CSRFToken": csrf(client)})
    assert answer.status_code == 200, answer.text


def card(html, place):
    return html.split(f'id="q{place}"', 1)[1].split("</section>", 1)[0]


def test_the_second_page_reads_no_question(browser, statements):
    with statements() as first:
        before = page(browser)
    with statements() as second:
        after = page(browser)
    asked = [sum("question_versions" in each for each in seen) for seen in (first, second)]
    assert asked == [1, 0]
    assert card(before, 1) == card(after, 1)


def test_a_saved_answer_is_on_the_next_page_and_an_emptied_one_is_not(browser):
    assert "checked" not in card(page(browser), 1)
    save(browser, 1, ["0"], 1)
    saved = page(browser)
    assert card(saved, 1).count(" checked") == 1
    assert 'data-counter="1"' in card(saved, 1)
    assert saved.count('data-pos="1" class="a"') == 2  # both answer cards
    save(browser, 1, [], 2)
    assert "checked" not in card(page(browser), 1)


def test_each_language_has_its_own(browser):
    client, _attempt = browser
    assert "下一题" in card(page(browser), 1)
    client.set_cookie("ui", "en.normal.m.normal")
    assert "下一题" not in card(page(browser), 1)
    assert "Next" in card(page(browser), 1)


def test_what_is_kept_has_a_limit(browser, monkeypatch, app):
    monkeypatch.setattr(kept_papers, "PAPERS", 1)
    monkeypatch.setattr(kept_papers, "DRAWN", 3)
    page(browser)
    papers = app.extensions["kept-papers"]
    kept = papers.of(browser[1], list)
    assert len(kept.pieces) <= 3
    papers.of(Attempt(id=browser[1].id + 1, started_at=clock.now()), list)
    assert len(papers._papers) == 1
    assert card(page(browser), 1)
