"""Files that leave by the pages and the command line: who may take them, what is in them, what is written down."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.exams.exports import paper
from portal.exams.importers.reading import parse_file
from portal.exams.rules.question import JUDGE_OPTIONS, QuestionContent, QuestionType
from portal.web.docx import Document
from tests.support.exams import add_question, build_bank, build_round, content_of
from tests.support.people import START

ONE = QuestionContent(
    QuestionType.SINGLE, "期限是多少？", ("15日", "30日"), (0,), "见第二十二条", "hard", None,
    (("信访工作条例", "第二十二条"),), ("期限",),
)  # fmt: skip
BANK = [
    ONE,
    replace(ONE, stem="哪些可以延长？", type=QuestionType.MULTIPLE, options=("办理", "复查", "都不能"), key=(0, 1)),
    replace(ONE, stem="国有企业也适用。", type=QuestionType.JUDGE, options=JUDGE_OPTIONS, key=(1,)),
    replace(
        ONE, stem="登记后____日内转送，____日办结。", type=QuestionType.FILL, options=(), key=(("15", "十五"), ("60",))
    ),
    replace(ONE, stem="简述依法分类处理。", type=QuestionType.SHORT, options=(), key=("要点一\n要点二",)),
]


def read(data: bytes, name: str, folder: Path):
    path = folder / name
    path.write_bytes(data)
    return parse_file(path, name)


def test_a_paper_with_its_key_is_read_again(tmp_path: Path) -> None:
    data = paper.write("试卷", paper.parts_of(BANK), paper.Kind.KEY)
    assert [row.content for row in read(data, "a.docx", tmp_path).rows] == BANK


def test_a_paper_for_those_who_sit_tells_no_answer(tmp_path: Path) -> None:
    data = paper.write("试卷", paper.parts_of(BANK), paper.Kind.PAPER, ["时间：60 分钟"])
    rows = read(data, "a.docx", tmp_path).rows
    assert [row.stem for row in rows][:3] == [each.stem for each in BANK][:3]
    assert all(row.content is None for row in rows[:3])
    text = "\n".join(each.text for each in docx.Document(io.BytesIO(data)).paragraphs)
    assert "时间：60 分钟" in text
    assert not any(word in text for word in ("见第二十二条", "要点一", "十五"))


def test_the_answer_sheet_has_a_place_for_every_question() -> None:
    document = docx.Document(io.BytesIO(paper.write("试卷", paper.parts_of(BANK * 6), paper.Kind.SHEET)))
    numbers = [cell.text for table in document.tables for cell in table.rows[0].cells if cell.text.isdecimal()]
    assert numbers == [str(number) for number in range(1, 19)]
    assert sum("____" in each.text and each.text[0].isdecimal() for each in document.paragraphs) == 12


def test_points_of_a_part_stand_in_its_heading() -> None:
    part = paper.Part("单项选择", (ONE, ONE), 250)
    document = docx.Document(io.BytesIO(paper.write("试卷", [part], paper.Kind.PAPER)))
    assert "一、单项选择（共2题，每题2.5分，共5分）" in [each.text for each in document.paragraphs]


def test_the_page_size_and_margins_are_those_of_the_standard() -> None:
    document = Document("公文")
    document.title("关于某事的通报")
    document.heading("一、情况")
    document.paragraph("正文\x07。", bold=True)
    document.table([["单位", "人数"], ["办公室", "3"]])
    document.page_break()
    section = docx.Document(io.BytesIO(document.save())).sections[0]
    assert [round(side.mm) for side in (section.top_margin, section.left_margin)] == [37, 28]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert document.save() == document.save()


@pytest.mark.parametrize("name", ["xlsx", "gift", "moodle-xml", "qti", "paper", "key", "sheet"])
def test_a_bank_leaves_in_every_format_and_it_is_written_down(session, office, client_as, name: str) -> None:
    bank = build_bank(session(), office, name="条例", each=1)
    session().commit()
    client = client_as("exam_officer")
    page = client.get(f"/exams/banks/{bank.id}/export")
    assert page.status_code == 200
    assert f"format={name}" in page.text
    answer = client.get(f"/exams/banks/{bank.id}/export?format={name}&type=judge")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    entry = session().scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.detail["questions"], entry.detail["format"]) == ("bank.export", 1, name)


def test_the_check_names_what_would_be_lost(session, office, client_as) -> None:
    bank = build_bank(session(), office, name="条例", each=1)
    two = replace(content_of(QuestionType.FILL, 99), stem="两个空____，____。", key=(("甲",), ("乙",)))
    add_question(session(), bank, two, START)
    session().commit()
    client = client_as("exam_officer")
    assert "整题不能保存" in client.get(f"/exams/banks/{bank.id}/export?check=gift").text
    assert "整题不能保存" not in client.get(f"/exams/banks/{bank.id}/export?check=qti").text


def test_only_those_who_may_change_a_bank_take_its_keys_away(session, office, client_as) -> None:
    bank = build_bank(session(), office, name="条例", each=1)
    session().commit()
    assert client_as("cadre").get(f"/exams/banks/{bank.id}/export?format=gift").status_code == 403
    assert client_as("exam_officer").get("/exams/banks/999999/export").status_code == 404


def test_the_paper_and_its_key_are_the_same_for_one_number(session, office, client_as, tmp_path) -> None:
    bank = build_bank(session(), office, name="条例", each=4)
    round_ = build_round(session(), office, title="年度考试", people=("cadre",), bank=bank)
    session().commit()
    client = client_as("exam_officer")
    where = f"/exams/rounds/{round_.id}/papers"
    assert client.get(where).status_code == 200
    blank = read(client.get(f"{where}?format=paper&seed=5").data, "a.docx", tmp_path)
    keyed = read(client.get(f"{where}?format=key&seed=5").data, "b.docx", tmp_path)
    assert [row.stem for row in blank.rows] == [row.stem for row in keyed.rows] != []
    assert all(row.content for row in keyed.rows)
