"""Chinese text layouts, one small paper for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.exams.importers import ParsedRow
from portal.exams.importers.reading import parse_file


def read(tmp_path: Path, text: str, answers: str | None = None, encoding: str = "utf-8") -> list[ParsedRow]:
    path = tmp_path / "bank.txt"
    path.write_bytes(text.encode(encoding))
    second = None
    if answers is not None:
        second = tmp_path / "answers.txt"
        second.write_text(answers, encoding="utf-8")
    return parse_file(path, "bank.txt", second).rows


def brief(rows: list[ParsedRow]) -> list[tuple[str, str, object]]:
    """Number, type and key of each row; the first problem's code where it is rejected."""
    return [(row.number, row.kind.value, row.content.key if row.content else row.problems[0].code) for row in rows]


SECTIONED = """机关工作人员学法题库
一、单项选择题（每题2分，共4分）
1、信访工作坚持（ ）。
A、党的领导 B、群众路线
C、依法行政 D、公开公正
2、《信访工作条例》自（  ）起施行。
A、2022年5月1日  B、2022年3月1日
C、2021年5月1日  D、2020年1月1日
二、多项选择题（每题 3 分）
1、信访人的义务包括哪些？
A、不得损害国家利益
B、不得煽动
C、遵守信访秩序
D、以上都不是
三、判断题（对的打√，错的打×）
1、2022年起施行新条例。（  ）
2、信访事项可以口头提出。（  ）
四、填空题
1、信访工作应当坚持____与____相结合。
2、办理期限为____日。
五、简答题
1、简述信访工作的原则。
2、论述属地管理。
"""
BLOCK = """参考答案
一、单项选择题
1-2 AB
二、多项选择题
1.ABC
三、判断题
1.√ 2.×
四、填空题
1.公开；便民
2.60/六十
五、简答题
1.答：（1）坚持党的全面领导；
（2）坚持以人民为中心；
2.答：属地管理、分级负责。
谁主管、谁负责。
"""
SECTIONED_KEYS = [
    ("1", "single", (0,)),
    ("2", "single", (1,)),
    ("1", "multiple", (0, 1, 2)),
    ("1", "judge", (0,)),
    ("2", "judge", (1,)),
    ("1", "fill", (("公开",), ("便民",))),
    ("2", "fill", (("60", "六十"),)),
    ("1", "short", ("（1）坚持党的全面领导；\n（2）坚持以人民为中心；",)),
    ("2", "short", ("属地管理、分级负责。\n谁主管、谁负责。",)),
]


def test_parts_number_again_and_the_block_follows_the_parts(tmp_path: Path) -> None:
    rows = read(tmp_path, SECTIONED + BLOCK)
    assert brief(rows) == SECTIONED_KEYS
    assert [row.content.points for row in rows if row.content][:3] == [200, 200, 300]
    assert rows[0].where == "一、单项选择题（每题2分，共4分） 第1题"


def test_answers_in_a_file_of_their_own(tmp_path: Path) -> None:
    assert brief(read(tmp_path, SECTIONED, BLOCK)) == SECTIONED_KEYS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert brief(read(tmp_path, SECTIONED + BLOCK, encoding=encoding)) == SECTIONED_KEYS


# Each name is a file in the folder of layouts.
LAYOUTS: dict[str, list[tuple[str, str, object]]] = {
    "page-marks": [("1", "single", (1,)), ("2", "single", (1,)), ("3", "multiple", (0, 1))],
    "lists-in-long-answers": [
        ("1", "short", ("1. 坚持党的领导；\n2. 坚持以人民为中心；\n3. 坚持依法。",)),
        ("2", "short", ("一、受理\n二、办理",)),
        ("3", "short", ("对复查意见再审查。\n(1) 时限；\n(2) 机关。",)),
    ],
    "two-papers": [("1", "single", (0,)), ("2", "single", (1,)), ("1", "single", (1,)), ("2", "single", (0,))],
    "full-width-range": [
        ("1", "single", (0,)),
        ("2", "multiple", (0, 1, 3)),
    ],
    "packed-range": [
        ("1", "single", (0,)),
        ("2", "single", (1,)),
        ("3", "single", (1,)),
    ],
    "letters-glued-without-spaces-answer-behind-the-stem": [
        ("1", "single", (2,)),
        ("2", "single", (3,)),
    ],
    "all-on-one-line-with-labels": [
        ("1", "single", (3,)),
        ("2", "single", (1,)),
    ],
    "judgements": [
        ("1", "judge", (0,)),
        ("2", "judge", (1,)),
        ("3", "judge", (0,)),
        ("4", "judge", (1,)),
        ("5", "judge", (0,)),
        ("6", "judge", (0,)),
        ("7", "judge", (1,)),
        ("8", "judge", (1,)),
        ("9", "judge", (1,)),
        ("10", "judge", (0,)),
    ],
    "no-numbers": [
        ("", "single", (1,)),
        ("", "single", (0,)),
        ("", "judge", (0,)),
    ],
    "numbered-questions-letters-without-a-mark": [
        ("1", "single", (1,)),
        ("2", "multiple", (0, 1)),
    ],
    "bracketed-numbers-and-letters-notes-in-front": [
        ("1", "single", (1,)),
        ("2", "single", (2,)),
        ("1", "multiple", (0, 1)),
    ],
    "a-block-after-each-part": [
        ("1", "single", (0,)),
        ("2", "single", (1,)),
        ("1", "multiple", (0, 1, 2)),
        ("1", "judge", (0,)),
        ("2", "judge", (1,)),
    ],
    "blocks-that-name-their-part": [
        ("1", "single", (0,)),
        ("2", "single", (1,)),
        ("1", "judge", (0,)),
        ("2", "judge", (1,)),
    ],
    "an-answer-grid": [
        ("1", "single", (0,)),
        ("2", "single", (1,)),
    ],
    "markdown-marks": [
        ("1", "single", (0,)),
        ("2", "single", (2,)),
    ],
    "every-part-labelled": [
        ("", "single", (0,)),
        ("", "judge", (0,)),
    ],
    "words-in-the-brackets-of-fill-in-stems": [
        ("1", "fill", (("党的全面领导",),)),
        ("2", "fill", (("5",),)),
        ("1", "short", ("公民\n反映情况。",)),
    ],
    "conditions-in-a-stem-quantities-years": [
        ("1", "single", (0,)),
        ("2", "single", (1,)),
        ("3", "single", (0,)),
    ],
    "several-ways-to-write-letters": [
        ("1", "multiple", (0, 2)),
        ("2", "multiple", (0, 2)),
        ("3", "single", (1,)),
        ("4", "single", (1,)),
    ],
    "unfit-questions-are-found-and-say-why": [
        ("1", "single", "no-answer"),
        ("2", "single", "key-outside-options"),
        ("3", "single", "too-few-options"),
        ("4", "single", "single-with-several"),
    ],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(tmp_path: Path, name: str) -> None:
    text = (Path(__file__).parent / "layouts" / f"{name}.txt").read_text(encoding="utf-8")
    assert brief(read(tmp_path, text)) == LAYOUTS[name]


TAGGED = """1. [单选] 甲乙丙（ ）
A. 3.5%
B. 4.5%
正确答案：B
难度：中
知识点：信访 法治
依据：《信访工作条例》第三十五条
2.【多选题】下列哪些正确？
a. 甲
b. 乙
c. 丙
答案：a,c
解析：A项正确，
B. 乙不对
C. 丙对。
3.（判断）信访是权利。
答案：对
4. [填空题] 期限为（  ）日。
答案：60
5.（简答题）什么是信访？
答：公民提出建议。
1. 第一点
2. 第二点
6. [单选题] 第35条规定的是（ ）
A. 甲
这一行接着甲
B. 乙
答案：A
"""


def test_tags_labels_and_points_of_an_answer(tmp_path: Path) -> None:
    rows = read(tmp_path, TAGGED)
    assert [row.kind.value for row in rows] == ["single", "multiple", "judge", "fill", "short", "single"]
    contents = [row.content for row in rows if row.content]
    assert len(contents) == 6
    first = contents[0]
    assert (first.stem, first.difficulty, first.tags) == ("甲乙丙（ ）", "medium", ("信访", "法治"))
    assert first.articles == (("信访工作条例", "第三十五条"),)
    assert contents[1].analysis == "A项正确，\nB. 乙不对\nC. 丙对。"
    assert contents[4].key == ("公民提出建议。\n1. 第一点\n2. 第二点",)
    assert contents[5].options == ("甲这一行接着甲", "乙")


def test_bracket_against_stated_answer_warns(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "1. 甲是（A）\nA. 一\nB. 二\n答案：B\n")
    assert row.content is not None
    assert row.content.key == (1,)
    assert [note.code for note in row.warnings] == ["answers-differ"]


def test_gap_in_numbers_and_unmatched_answers_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1. 甲（A）\nA. 一\nB. 二\n3. 乙（ ）\nA. 一\nB. 二\n参考答案\n3.A\n9.B\n", encoding="utf-8")
    result = parse_file(path, "a.txt")
    assert brief(result.rows) == [("1", "single", (0,)), ("3", "single", (0,))]
    assert {note.code for note in result.warnings} == {"number-missing", "answer-unmatched"}


def test_nothing_found_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("注意事项：请认真作答。\n请在规定时间内完成答题。\n", encoding="utf-8")
    result = parse_file(path, "a.txt")
    assert result.rows == []
    assert [note.code for note in result.warnings] == ["no-questions"]


@pytest.mark.parametrize("piece", ["A.", "A ", "(A,", "一、", "1.", "（", "1-5 ", "_ "])
def test_senseless_long_lines_end(tmp_path: Path, piece: str) -> None:
    """A pattern that goes back and forth over them would take for ever: the run's own limit stops it."""
    read(tmp_path, f"1. 甲\n{piece * 20000}\n参考答案\n{piece * 20000}\n")
