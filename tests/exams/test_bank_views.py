"""The pages of banks and questions, as each role meets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.viewer import system_viewer
from portal.exams.importers import xlsx
from portal.exams.models import Question, QuestionBank, QuestionState
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.services import bank as services
from portal.exams.services import bank_rows
from tests.support.people import Office, csrf

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
As = Callable[[str], FlaskClient]


def content(number: int = 1) -> QuestionContent:
    return QuestionContent(
        QuestionType.SINGLE,
        f"第{number}道：几日内转送？",
        ("15日", "30日"),
        (0,),
        analysis="独有的解析文字",
        articles=(("信访工作条例", "第二十二条"),),
    )


def make_bank(
    session: Session, office: Office, unit: str = "D", count: int = 1, name: str = "全区题库"
) -> QuestionBank:
    bank = services.create_bank(session, actor=system_viewer(), now=NOW, name=name, unit_id=office.units[unit].id)
    contents, dialect = [content(n) for n in range(count)], session.get_bind().dialect
    prepared = bank_rows.prepare(contents, dialect=dialect, now=NOW, author_id=None, source="")
    bank_rows.write(session, bank.id, prepared)
    return bank


def first(session: Session, bank: QuestionBank) -> Question:
    return session.scalars(select(Question).where(Question.bank_id == bank.id).order_by(Question.id)).first()  # type: ignore[return-value]


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    return client.post(url, data={"csrf_token": csrf(client), **data})


@pytest.mark.parametrize(
    ("label", "status"),
    [("cadre", 403), ("leader", 403), ("system_admin", 403), ("manager", 200), ("liaison", 200), ("exam_officer", 200)],
)
def test_who_may_open_the_list_and_a_question(
    session: Session, office: Office, client_as: As, label: str, status: int
) -> None:
    bank = make_bank(session, office)
    client = client_as(label)
    urls = ["/exams/banks", f"/exams/banks/{bank.id}", f"/exams/questions/{first(session, bank).id}"]
    assert [client.get(url).status_code for url in urls] == [status] * 3


@pytest.mark.parametrize(("label", "status"), [("manager", 403), ("liaison", 404), ("exam_officer", 200)])
def test_who_may_change_a_bank_of_the_district(
    session: Session, office: Office, client_as: As, label: str, status: int
) -> None:
    bank = make_bank(session, office)
    client = client_as(label)
    assert client.get(f"/exams/banks/{bank.id}/edit").status_code == status
    assert client.get(f"/exams/banks/{bank.id}/questions/new").status_code == status
    assert client.get(f"/exams/questions/{first(session, bank).id}/edit").status_code == status


def test_a_foreign_bank_is_not_there(session: Session, office: Office, client_as: As) -> None:
    bank = make_bank(session, office, unit="D03")
    question = first(session, bank)
    client = client_as("liaison")
    for url in (f"/exams/banks/{bank.id}", f"/exams/questions/{question.id}", f"/exams/banks/{bank.id}?export=xlsx"):
        assert client.get(url).status_code == 404
    assert post(client, f"/exams/questions/{question.id}/retire").status_code == 404
    assert "全区题库" not in client.get("/exams/banks").text


def test_a_bank_is_made_and_renamed(session: Session, office: Office, client_as: As) -> None:
    client = client_as("liaison")
    unit = office.units["D02"].id
    made = post(client, "/exams/banks/new", name="街道题库", unit_id=unit, note="")
    assert made.status_code == 303
    again = post(client, "/exams/banks/new", name="街道题库", unit_id=unit, note="")
    assert again.status_code == 422
    assert "已被使用" in again.text
    renamed = post(client, f"{made.location}/edit", name="街道题库二", unit_id=unit, note="说明")
    assert renamed.status_code == 303
    assert "街道题库二" in client.get(made.location).text
    foreign = post(client, "/exams/banks/new", name="别处", unit_id=office.units["D03"].id, note="")
    assert foreign.status_code == 422


TYPED: dict[str, Any] = {
    "type": "multiple",
    "stem": "哪些是信访形式？",
    "options-0": "信息网络",
    "options-1": "",
    "options-2": "书信",
    "options-3": "聚集",
    "right": ["0", "2"],
    "difficulty": "easy",
    "points": "2.5",
    "articles": "《信访工作条例》第十七条",
    "tags": "形式、渠道",
    "do": "save",
}


def test_a_question_is_written_edited_retired_and_restored(session: Session, office: Office, client_as: As) -> None:
    bank = make_bank(session, office, unit="D02")
    client = client_as("liaison")
    made = post(client, f"/exams/banks/{bank.id}/questions/new", **TYPED)
    assert made.status_code == 303
    page = client.get(made.location).text
    # The empty second row is dropped and the marks follow their options.
    assert ">AB</dd>" in page
    assert "《信访工作条例》第十七条" in page
    edit_page = client.get(f"{made.location}/edit")
    assert 'value="书信"' in edit_page.text
    edited = post(client, f"{made.location}/edit", **{**TYPED, "right": ["0", "2", "3"], "version_no": "1"})
    assert edited.status_code == 303
    page = client.get(made.location).text
    assert "第 2 版" in page
    assert "<del>AB</del>" in page
    late = post(client, f"{made.location}/edit", **{**TYPED, "stem": "又改", "version_no": "1"})
    assert late.status_code == 422
    assert "刚被别人改过" in late.text
    assert post(client, f"{made.location}/retire").status_code == 303
    assert "恢复使用" in client.get(made.location).text
    assert post(client, f"{made.location}/restore").status_code == 303
    assert session.get_one(Question, int(made.location.rsplit("/", 1)[1])).state is QuestionState.ACTIVE


def test_more_rows_and_a_preview_without_script(session: Session, office: Office, client_as: As) -> None:
    bank = make_bank(session, office, unit="D02", count=0)
    client, url = client_as("liaison"), f"/exams/banks/{bank.id}/questions/new"
    many = {f"options-{n}": f"项{n}" for n in range(8)}
    grown = post(client, url, **{**TYPED, **many, "do": "more"})
    assert grown.status_code == 200
    assert 'name="options-9"' in grown.text
    assert 'name="options-10"' not in grown.text
    shown = post(client, url, **{**TYPED, "do": "preview"})
    assert shown.status_code == 200
    assert '<p class="stem">哪些是信访形式？</p>' in shown.text
    assert session.scalars(select(Question).where(Question.bank_id == bank.id)).all() == []


def test_the_preview_is_a_fragment_for_htmx(session: Session, office: Office, client_as: As) -> None:
    bank = make_bank(session, office, unit="D02", count=0)
    client = client_as("liaison")
    data = {"csrf_token": csrf(client), **TYPED, "type": "no-such", "judge": "x", "do": "preview"}
    part = client.post(f"/exams/banks/{bank.id}/questions/new", data=data, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert part.text.strip().startswith('<div id="question_preview"')


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"stem": " "}, "没有题干"),
        ({"right": []}, "没有答案"),
        ({"type": "judge"}, "没有答案"),
        ({"points": "两分"}, "请填写数字"),
        ({"type": "no-such"}, "不支持这种题型"),
    ],
)
def test_a_bad_question_is_told_why(
    session: Session, office: Office, client_as: As, changed: dict[str, Any], said: str
) -> None:
    bank = make_bank(session, office, unit="D02", count=0)
    answer = post(client_as("liaison"), f"/exams/banks/{bank.id}/questions/new", **{**TYPED, **changed})
    assert answer.status_code == 422
    assert said in answer.text


def test_filters_of_the_question_list(session: Session, office: Office, client_as: As) -> None:
    bank = make_bank(session, office, count=3)
    client = client_as("exam_officer")

    def seen(**args: str) -> int:
        return client.get(f"/exams/banks/{bank.id}", query_string=args).text.count('href="/exams/questions/')

    assert seen() == 3
    assert seen(q="第1道") == 1
    assert seen(type="single") == seen(law="信访工作条例") == seen(state="active") == seen(difficulty="none") == 3
    assert seen(type="judge") == seen(state="retired") == seen(difficulty="hard") == 0
    assert "没有符合条件" in client.get(f"/exams/banks/{bank.id}", query_string={"flag": "same-stem"}).text
    assert client.get(f"/exams/banks/{bank.id}", query_string={"sort": "-type"}).status_code == 200


def test_an_export_holds_what_is_seen_with_answers_and_is_noted(
    session: Session, office: Office, client_as: As, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bank = make_bank(session, office, count=3)
    answer = client_as("exam_officer").get(f"/exams/banks/{bank.id}?export=xlsx&q=第1道")
    assert answer.status_code == 200
    path = tmp_path_factory.mktemp("out") / "bank.xlsx"
    path.write_bytes(answer.data)
    answer.close()
    rows = xlsx.read_workbook(path)[0].rows
    assert rows[0][:2] == ["题型", "题干"]
    assert [row[1] for row in rows[1:]] == ["第1道：几日内转送？"]
    assert "A" in rows[1]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "bank.export")).one()
    assert entry.detail["questions"] == 1


def test_no_more_statements_for_more_rows(
    session: Session, office: Office, client_as: As, statements: Callable[[], Any]
) -> None:
    client = client_as("exam_officer")
    one = make_bank(session, office, count=1, name="一")
    client.get("/exams/banks")  # who asks is looked up once in a test
    counts = []
    for round_ in range(2):
        many = one
        if round_:
            many = make_bank(session, office, count=30, name="多")
            for number in range(29):
                make_bank(session, office, count=1, name=f"第{number}个")
        for url in ("/exams/banks?size=50", f"/exams/banks/{many.id}?size=50"):
            session.expire_all()
            with statements() as seen:
                assert client.get(url).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]
