"""The pages of practice: what they do without script, what they tell to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from portal.core import clock
from portal.exams import articles
from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionState
from portal.exams.models_practice import PracticeMark, PracticeSet
from portal.exams.rules import practice as rules
from portal.exams.rules.practice import DAILY, PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RoundState
from tests.support.exams import LAW, begin, build_bank, build_round
from tests.support.people import csrf
from tests.support.practice import practise, released_bank, say

ClientAs = Callable[[str], FlaskClient]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#practice_question"}
SINGLES = rules.of_type(QuestionType.SINGLE)


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    options = {name: data.pop(name) for name in ("headers", "follow_redirects") if name in data}
    return client.post(url, data={"csrf_token": csrf(client), **data}, **options)


@pytest.fixture
def bank(session, office) -> QuestionBank:
    found = released_bank(session(), office)
    session.commit()
    return found


def start(client: FlaskClient, scope: str = SINGLES.key) -> str:
    """The address of a set just begun."""
    answer = post(client, "/exams/practice/sets", scope=scope)
    assert answer.status_code == 303
    return str(answer.location)


def answer(session, client: FlaskClient, page: str, *, right: bool, **more: Any) -> Any:
    """Answer the question that the set is at."""
    html = client.get(page).text
    where = re.search(r'action="(/exams/practice/sets/\d+/answers/\d+)"', html).group(1)
    version = int(re.search(r'name="version" value="(\d+)"', html).group(1))
    return post(client, where, version=version, a=say(session(), version, right=right), **more)


def test_a_set_from_beginning_to_end_without_script(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    assert "还没有" not in client.get("/exams/practice").text
    page = start(client)
    for right in (True, False, True, True):
        shown = answer(session, client, page, right=right, follow_redirects=True)
        assert ("答对了" in shown.text) is right
        assert ("已记入错题本" in shown.text) is not right
        assert "正确答案：" in shown.text
        assert "依据条例。" in shown.text
        assert f"《{LAW}》" in shown.text
    done = client.get(page).text
    assert "共 4 题，答对 3 题" in done
    assert "再练一组" in done
    assert "有 1 道错题" in client.get("/exams/practice").text
    notebook = client.get("/exams/practice/notebook").text
    assert "0 / 2" in notebook
    record = client.get("/exams/practice/record").text
    assert "占 75%" in record


def test_with_script_the_next_question_takes_the_place_of_the_last(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    page = start(client)
    shown = answer(session, client, page, right=True, headers=HTMX)
    assert shown.status_code == 200
    assert shown.text.lstrip().startswith('<section class="card pset" id="practice_question"')
    assert "data-autofocus" in shown.text
    following = client.get(page, headers=HTMX)
    assert following.text.lstrip().startswith('<section class="card pset" id="practice_question"')


def test_no_answer_is_asked_for_again_beside_the_question(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    page = start(client)
    html = client.get(page).text
    version = re.search(r'name="version" value="(\d+)"', html).group(1)
    for data in ({"version": version}, {"version": version, "a": ["77"]}, {"version": "x", "a": ["0"]}):
        refused = post(client, f"{page}/answers/1", **data)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
        assert 'name="version"' in refused.text
    assert session.scalars(select(PracticeMark)).all() == []


def test_what_no_page_offers_is_refused_kindly(client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    for scope in ("", "everything", "bank:999", "law:0-0:没有的法"):
        shown = post(client, "/exams/practice/sets", scope=scope, follow_redirects=True)
        assert shown.status_code == 200
        assert "练习" in shown.text
        assert shown.request.path == "/exams/practice"
    assert client.get("/exams/practice/laws?law=没有的法").location == "/exams/practice"


def test_a_law_from_one_article_to_another(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    page = client.get(f"/exams/practice/laws?law={LAW}").text
    assert "第 1 至 10 条" in page
    where = f"/exams/practice/laws?law={LAW}"
    assert post(client, where, first="", last="3").status_code == 422
    assert post(client, where, first="80", last="90").status_code == 422
    begun = post(client, where, first="3", last="2")
    assert begun.status_code == 303
    row = session.scalars(select(PracticeSet)).one()
    assert (row.scope, len(row.items)) == (f"law:2-3:{LAW}", 8)
    assert "第 2 至 3 条" in client.get(begun.location).text


def test_how_often_a_question_must_be_right_is_set_by_the_person(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    assert post(client, "/exams/practice/notebook", needed="9").status_code == 422
    assert post(client, "/exams/practice/notebook", needed="4").status_code == 303
    assert "连续答对 4 次" in client.get("/exams/practice/notebook").text
    assert "连续答对 2 次" in client_as("leader").get("/exams/practice/notebook").text


def test_the_article_is_a_link_once_a_library_has_it(session, client_as: ClientAs, bank, monkeypatch) -> None:
    client = client_as("cadre")
    page = start(client)
    assert "/library/" not in answer(session, client, page, right=True, headers=HTMX).text
    monkeypatch.setattr(articles, "_known", [])
    articles.register_addresses(lambda title, article: f"/library/{article}" if title == LAW else None)
    assert 'href="/library/第2条"' in answer(session, client, page, right=True, headers=HTMX).text


# ---- whose it is -------------------------------------------------------------------------------------------------


def test_a_set_is_its_owners_alone(session, client_as: ClientAs, bank) -> None:
    page = start(client_as("cadre"))
    for label in ("leader", "exam_officer", "manager", "audit_admin", "system_admin"):
        other = client_as(label)
        assert other.get(page).status_code == 404
        assert post(other, f"{page}/answers/1", version=1, a="0").status_code == 404


def test_officers_read_sums_and_no_names(session, office, client_as: ClientAs, bank) -> None:
    labels = ("cadre", "liaison", "leader", "manager", "reviewer")
    for label in labels[:4]:
        practise(session(), office.viewer(session(), label), SINGLES, [False])
    session.commit()
    officer, where = client_as("exam_officer"), f"/exams/banks/{bank.id}/practice"
    assert "还没有可以显示的合计" in officer.get(where).text
    practise(session(), office.viewer(session(), labels[4]), SINGLES, [True])
    session.commit()
    page = officer.get(where).text
    assert "5 人练过，共 5 题次，答对 20%" in page
    for label in labels:
        assert office.people[label].name not in page
        assert office.people[label].number not in page


def test_who_edits_a_bank_releases_it(session, client_as: ClientAs, office) -> None:
    bank = build_bank(session(), office)
    build_round(session(), office, bank=bank)
    session.commit()
    where, officer = f"/exams/banks/{bank.id}/practice", client_as("exam_officer")
    page = officer.get(where).text
    assert "有 1 场未结束的考试" in page
    assert f"涉及 {4 * 4} 道在用题目" in page
    assert post(officer, where, practice="everything").status_code == 303
    assert bank.practice is PracticeRelease.OFF
    assert "现在没有开放练习的题目" in client_as("cadre").get("/exams/practice").text
    assert post(officer, where, practice="open").status_code == 303
    session.expire_all()
    assert bank.practice is PracticeRelease.OPEN
    assert "每日十题" in client_as("cadre").get("/exams/practice").text
    assert post(client_as("manager"), where, practice="off").status_code == 403
    assert post(client_as("foreign_liaison"), where, practice="off").status_code == 404


def test_the_check_list_says_when_a_paper_draws_from_a_public_bank(session, office, client_as: ClientAs, bank) -> None:
    where = f"/exams/rounds/{build_round(session(), office, bank=bank, state=RoundState.DRAFT).id}/check"
    session.commit()
    officer = client_as("exam_officer")
    assert "试卷从公开练习的题库抽题" in officer.get(where).text
    bank.practice = PracticeRelease.AFTER
    session.commit()
    assert "试卷从公开练习的题库抽题" not in officer.get(where).text


# ---- secrecy -----------------------------------------------------------------------------------------------------


def everything_before_the_answer(client: FlaskClient, page: str, bank: QuestionBank) -> dict[str, str]:
    """All pages of practice that somebody sees who has answered nothing."""
    paths = ("/", "/exams/practice", page, f"{page}?at=2", f"{page}?at=9", "/exams/practice/notebook",
             "/exams/practice/record", f"/exams/practice/laws?law={LAW}")  # fmt: skip
    passing = re.compile(
        r'(name="csrf[-_]token" (content|value)="[^"]*"|"X-CSRFToken": "[^"]*"|\d{4}-\d\d-\d\d \d\d:\d\d)'
    )
    return {path: passing.sub("", client.get(path).text) for path in paths}


def test_no_byte_before_the_answer_depends_on_the_key(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    page = start(client)
    before = everything_before_the_answer(client, page, bank)
    for key in session.scalars(select(QuestionKey)):
        key.key = [["别的答案"]] if isinstance(key.key[0], list) else [key.key[-1] + 1]
    session.execute(text("DROP TRIGGER question_versions_immutable_update"))
    session.execute(text("UPDATE question_versions SET analysis = '另一种解析'"))
    session.commit()
    session.expire_all()
    assert everything_before_the_answer(client, page, bank) == before


def test_whoever_sits_an_exam_sees_no_key_meanwhile(session, office, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    page = start(client)
    answer(session, client, page, right=True)
    assert "正确答案" in client.get(f"{page}?at=1").text
    attempt = begin(session(), build_round(session(), office, bank=bank), office.people["cadre"])
    session.commit()
    for path in (page, f"{page}?at=1", f"{page}?at=2"):
        assert client.get(path).location == "/exams/practice"
    assert post(client, f"{page}/answers/2", version=1, a="0").location == "/exams/practice"
    shown = post(client, "/exams/practice/sets", scope=DAILY.key, follow_redirects=True).text
    assert "您正在考试" in shown
    assert f"/exams/attempts/{attempt.id}" in shown
    assert "开始练习" not in shown
    home = client.get("/").text
    assert "每日十题" in home
    assert "开始练习" not in home


def test_a_question_that_an_exam_needs_goes_away_from_a_set_begun_before(session, office, client_as, bank) -> None:
    bank.practice = PracticeRelease.AFTER
    session.commit()
    client = client_as("cadre")
    page = start(client)
    answer(session, client, page, right=False)
    build_round(session(), office, bank=bank, people=())
    session.commit()
    for path in (page, f"{page}?at=1", f"{page}?at=2"):
        shown = client.get(path).text
        assert "本组现在没有可以练习的题目" in shown
        assert "正确答案" not in shown
        assert "测试题干" not in shown
    refused = post(client, f"{page}/answers/2", version=1, a="0")
    assert refused.status_code == 422
    assert "这道题现在不能练习" in refused.text
    assert "测试题干" not in client.get("/exams/practice/notebook").text


def test_a_retired_question_is_passed_over(session, client_as: ClientAs, bank) -> None:
    client = client_as("cadre")
    page = start(client)
    row = session.scalars(select(PracticeSet)).one()
    session.get_one(Question, row.items[0]["q"]).state = QuestionState.RETIRED
    session.commit()
    shown = client.get(page).text
    assert "第 2 题 / 共 4 题" in shown
    assert "暂不能练" in shown


# ---- home --------------------------------------------------------------------------------------------------------


def test_home_offers_the_daily_ten_below_the_exam(session, office, client_as: ClientAs) -> None:
    assert "每日十题" not in client_as("cadre").get("/").text
    bank = released_bank(session(), office)
    build_round(session(), office, bank=bank, title="2026年度学法考试")
    session.commit()
    home = client_as("cadre").get("/").text
    assert home.index("2026年度学法考试") < home.index("每日十题")
    practise(session(), office.viewer(session(), "cadre"), DAILY, [True, True, False])
    session.commit()
    assert "今天已练 3 / 10 题" in client_as("cadre").get("/").text
    assert "今天已练" not in client_as("leader").get("/").text


def test_days_in_a_row_are_said_and_a_gap_is_not(session, office, client_as: ClientAs, bank) -> None:
    viewer, now = office.viewer(session(), "cadre"), clock.now()
    practise(session(), viewer, SINGLES, [True], at=now)
    session.commit()
    assert "连续练习" not in client_as("cadre").get("/exams/practice").text
