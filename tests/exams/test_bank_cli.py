"""The command line of question banks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from portal.exams.exports import sheet
from portal.exams.importers.reading import parse_file
from portal.exams.queries import bank as queries
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.extensions import db
from portal.web.exports import write_sheet

TEXT = """一、单选题
1. 登记后多少日内转送？（ A ）
A. 15日
B. 30日
2. 登记后多少日内转送？（ B ）
A. 15日
B. 30日
3. 谁负责办理？（ A ）
A. 有权处理的机关
B. 信访局
4. 谁负责办理？（ A ）
A. 有权处理的机关
B. 信访局
5. 没有答案的题是哪一道？
A. 这道
B. 那道
二、判断题
6. 国有企业也适用《信访工作条例》。（√）
"""


def invoke(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=["questions", *args], catch_exceptions=False)


def import_json(app: Flask, *args: str) -> dict[str, Any]:
    result = invoke(app, "import", *args, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "题库.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_file_comes_in_and_the_sum_holds(live_app: Flask, text_file: Path) -> None:
    got = import_json(live_app, str(text_file), "--bank", "练习题库")
    assert got == {
        "found": 6,
        "accepted": 3,
        "duplicates": 1,
        "rejected": [{"where": "第2题", "reason": "conflict"}, {"where": "第5题", "reason": "no-answer"}],
        "types": {"single": 5, "multiple": 0, "judge": 1, "fill": 0, "short": 0},
    }
    with live_app.app_context():
        bank = queries.bank_by_name(db.session(), "练习题库")
        assert bank is not None
        contents = queries.contents(db.session(), queries.question_ids(db.session(), bank.id))
        assert [(each.type, each.key) for each in contents] == [
            (QuestionType.SINGLE, (0,)),
            (QuestionType.SINGLE, (0,)),
            (QuestionType.JUDGE, (0,)),
        ]
        db.session.remove()


def test_a_second_import_finds_only_duplicates(live_app: Flask, text_file: Path) -> None:
    import_json(live_app, str(text_file), "--bank", "练习题库")
    again = import_json(live_app, str(text_file), "--bank", "练习题库")
    assert (again["accepted"], again["duplicates"], len(again["rejected"])) == (0, 4, 2)


def test_a_dry_run_changes_nothing(live_app: Flask, text_file: Path) -> None:
    assert import_json(live_app, str(text_file), "--bank", "练习题库", "--dry-run")["accepted"] == 3
    with live_app.app_context():
        assert queries.bank_by_name(db.session(), "练习题库") is None
        db.session.remove()


def test_the_table_for_people_names_what_was_left_out(live_app: Flask, text_file: Path) -> None:
    result = invoke(live_app, "import", str(text_file), "--bank", "练习题库", "--dry-run")
    assert result.exit_code == 0
    assert "共识别 6 题 = 可导入 3 + 重复 1 + 未导入 2" in result.stdout
    assert "第5题：没有答案" in result.stdout
    assert "第2题：题干和选项与另一道题相同，但答案不同" in result.stdout


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.docx", b"", "file-empty"),
        ("改名.docx", "其实是文本".encode(), "file-not-docx"),
        ("坏.xlsx", b"PK\x03\x04 broken", "archive-damaged"),
        ("表.pdf", b"%PDF-1.7", "file-pdf"),
    ],
)
def test_a_bad_file_is_refused_in_json_and_in_words(
    live_app: Flask, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    told = invoke(live_app, "import", str(path), "--bank", "甲", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["error"] == code
    plain = invoke(live_app, "import", str(path), "--bank", "甲")
    assert plain.exit_code == 1
    assert plain.stdout == ""
    assert plain.stderr.strip() == json.loads(told.stdout)["message"]


def test_a_file_that_is_not_there(live_app: Flask, tmp_path: Path) -> None:
    result = invoke(live_app, "import", str(tmp_path / "无.docx"), "--bank", "甲", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "file-missing"


def test_answers_from_a_second_file(live_app: Flask, tmp_path: Path) -> None:
    stems, answers = tmp_path / "题.txt", tmp_path / "答案.txt"
    stems.write_text("1. 哪一项正确？\nA. 甲\nB. 乙\n2. 哪些正确？\nA. 甲\nB. 乙\n", encoding="utf-8")
    answers.write_text("1. A\n2. AB\n", encoding="utf-8")
    got = import_json(live_app, str(stems), "--bank", "乙", "--answers", str(answers))
    assert (got["found"], got["accepted"]) == (2, 2)
    assert got["types"]["multiple"] == 1


def test_an_export_is_read_back_as_the_same_questions(live_app: Flask, text_file: Path, tmp_path: Path) -> None:
    import_json(live_app, str(text_file), "--bank", "练习题库")
    target = tmp_path / "出.xlsx"
    result = invoke(live_app, "export", "--bank", "练习题库", str(target))
    assert result.exit_code == 0, result.output
    again = import_json(live_app, str(target), "--bank", "练习题库")
    assert (again["found"], again["duplicates"]) == (3, 3)


def test_an_export_needs_a_bank(live_app: Flask, tmp_path: Path) -> None:
    result = invoke(live_app, "export", "--bank", "没有", str(tmp_path / "x.xlsx"))
    assert result.exit_code == 1
    assert "没有名为“没有”的题库" in result.stderr


CONTENTS = [
    QuestionContent(QuestionType.SINGLE, "几日？\n见条例", ("15日", "20日", "30日"), (1,), "理由", "easy", 250),
    QuestionContent(QuestionType.MULTIPLE, "哪些？", tuple("甲乙丙丁戊己庚"), (0, 6), "", "hard"),
    QuestionContent(QuestionType.JUDGE, "适用。", ("正确", "错误"), (1,), "", "medium"),
    QuestionContent(
        QuestionType.FILL, "自____起____日。", (), (("受理之日", "受理"), ("60", "六十")),
        articles=(("信访工作条例", "第三十四条"),), tags=("期限", "办理"),
    ),
    QuestionContent(QuestionType.SHORT, "简述原则。", (), ("第一点；\n第二点。",), "要点齐全"),
]  # fmt: skip


def test_every_type_survives_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "全.xlsx"
    write_sheet(str(path), "题库", *sheet(CONTENTS))
    rows = parse_file(path, path.name).rows
    assert [row.content for row in rows] == CONTENTS


def test_the_real_word_bank(live_app: Flask) -> None:
    shared = os.environ.get("PORTAL_SHARED")
    if not shared:
        pytest.skip("PORTAL_SHARED is not set: the real Word bank is not at hand")
    path = str(Path(shared) / "data" / "questions" / "pufa-2023.docx")
    first = import_json(live_app, path, "--bank", "普法题库")
    assert first == {
        "found": 2162,
        "accepted": 2149,
        "duplicates": 13,
        "rejected": [],
        "types": {"single": 968, "multiple": 550, "judge": 644, "fill": 0, "short": 0},
    }
    second = import_json(live_app, path, "--bank", "普法题库")
    assert (second["accepted"], second["duplicates"], second["rejected"]) == (0, 2162, [])


@pytest.mark.parametrize("name", ["gift", "moodle-xml", "qti", "docx", "xlsx"])
def test_a_bank_leaves_in_a_format_and_comes_back(live_app: Flask, text_file: Path, tmp_path: Path, name: str) -> None:
    invoke(live_app, "import", str(text_file), "--bank", "条例")
    target = tmp_path / {"gift": "a.txt", "moodle-xml": "a.xml", "qti": "a.zip"}.get(name, f"a.{name}")
    result = invoke(live_app, "export", "--bank", "条例", "--format", name, str(target))
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    summary = import_json(live_app, str(target), "--bank", "另一个")
    assert (summary["found"], summary["accepted"]) == (3, 3)
