"""The pages on the quality of a bank and on what it covers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.exams.models import Question
from portal.exams.queries import quality as queries
from portal.exams.rules.question import QuestionType
from tests.support.exams import EVERYBODY, LAW, add_question, build_bank, build_round, content_of, sit
from tests.support.people import START

SINGLE = QuestionType.SINGLE


@pytest.fixture
def bank(session, office):
    """Eight questions drawn by five people who all answer the first four places rightly, and some that nobody had."""
    bank = build_bank(session(), office, name="条例", each=2)
    round_ = build_round(session(), office, title="年度考试", bank=bank)
    for label in EVERYBODY:
        sit(session(), round_, office.people[label], right=8)
    base = content_of(SINGLE, 50)
    near = "信访事项自登记之日起多少日内应当转送有权处理的机关"
    for number, stem in enumerate((near, near + "？", near.replace("多少", "几"))):
        options = ("甲", "乙", f"由有权处理的机关依法按程序办理{number}", "以上都对")
        add_question(session(), bank, replace(base, stem=stem, options=options, key=(2,)), START)
    session().commit()
    return bank


def test_what_is_worth_a_look_is_named(bank, client_as) -> None:
    page = client_as("exam_officer").get(f"/exams/banks/{bank.id}/quality").text
    for heading in ("题干相近", "正确选项明显最长", "“以上都对”类选项", "人人答对", "还没有用过"):
        assert f"<h2>{heading}</h2>" in page
    assert "<h2>从未有人答对</h2>" not in page


def test_answers_come_from_one_statement(bank, session, statements) -> None:
    with statements() as seen:
        found = queries.answered(session(), bank.id)
    assert len([each for each in seen if "json" in each]) == 1
    assert set(found.values()) == {(5, 5)}
    assert len(found) == 8


def test_the_sheet(bank, client_as) -> None:
    answer = client_as("exam_officer").get(f"/exams/banks/{bank.id}/quality?export=xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()
    sheet = client_as("exam_officer").get(f"/exams/banks/{bank.id}/coverage?export=xlsx")
    assert sheet.headers["Content-Disposition"].startswith("attachment")
    sheet.close()


def test_the_matrix_leads_to_the_questions(bank, client_as, session, monkeypatch) -> None:
    monkeypatch.setattr(queries, "_known", [lambda _session, title: ["第九百条"] if title == LAW else []])
    client = client_as("exam_officer")
    page = client.get(f"/exams/banks/{bank.id}/coverage").text
    assert "第九百条" in page
    assert "没有题目" in page
    listed = client.get(f"/exams/banks/{bank.id}", query_string={"article": f"《{LAW}》第1条", "type": "single"}).text
    assert "单选题测试题干第1号" in listed
    assert "单选题测试题干第2号" not in listed


def test_an_article_is_not_its_neighbour(bank, client_as, session) -> None:
    for article in ("第二十条", "第二十条之一", "第二十条第一款"):
        add_question(
            session(), bank, replace(content_of(SINGLE, 77), stem=f"考{article}的题", articles=((LAW, article),)), START
        )
    session().commit()
    listed = client_as("exam_officer").get(f"/exams/banks/{bank.id}", query_string={"article": "第二十条"}).text
    assert "考第二十条的题" in listed
    assert "考第二十条第一款的题" in listed
    assert "考第二十条之一的题" not in listed


def test_a_bank_without_articles_or_questions(session, office, client_as) -> None:
    empty = build_bank(session(), office, name="空", each=0)
    session().commit()
    client = client_as("exam_officer")
    assert "题目还没有标明依据的法条" in client.get(f"/exams/banks/{empty.id}/coverage").text
    assert client.get(f"/exams/banks/{empty.id}/quality").status_code == 200
    assert client_as("cadre").get(f"/exams/banks/{empty.id}/quality").status_code == 403


def test_pages_cost_the_same_whatever_the_number_of_questions(bank, session, client_as, statements) -> None:
    client, costs = client_as("exam_officer"), []
    for numbers in (range(3), range(3, 33)):
        for number in numbers:
            add_question(session(), bank, content_of(SINGLE, 200 + number), START)
        session().commit()
        with statements() as seen:
            for name in ("quality", "coverage"):
                assert client.get(f"/exams/banks/{bank.id}/{name}").status_code == 200
        costs.append(len(seen))
    assert costs[1] <= costs[0]
    assert session().query(Question).count() > 40
