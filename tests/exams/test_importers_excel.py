"""Excel layouts: a sheet for each type, a row for each question, a row for each option."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from portal.exams.importers import ParseResult
from portal.exams.importers.reading import parse_file
from portal.exams.importers.xlsx import cell_text


def read(tmp_path: Path, sheets: dict[str, list[list[Any]]], hidden: str = "") -> ParseResult:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    path = tmp_path / "bank.xlsx"
    book.save(path)
    return parse_file(path, "bank.xlsx")


def brief(result: ParseResult) -> list[tuple[str, object]]:
    return [(row.kind.value, row.content.key if row.content else row.problems[0].code) for row in result.rows]


def test_row_for_each_question_with_titles_above(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        {
            "题库": [
                ["2024年学法题库"],
                [],
                [
                    *("序 号", "题型（必填）", "题目内容*", "选项A", "选 项 B", "选项C"),
                    *("正确答案（多选直接写）", "试题解析", "难易", "单题分值", "知识点", "依据"),
                ],
                [
                    1,
                    "单项选择题",
                    "甲",
                    "一",
                    "二",
                    "三",
                    "ｂ",
                    "因为",
                    "易",
                    2.0,
                    "信访、法治",
                    "《信访工作条例》第三十五条",
                ],
                [2, "多选题", "乙", "一", "二", "三", "A、C", None, "难", 2.5],
                [3, "不定项", "丙", "一", "二", "三", "A,B", None, "中"],
                [4, "判断题", "丁", None, None, None, "√"],
                [5, "判断", "戊", "正确", "错误", None, "B"],
                [6, "填空题", "己____庚____", None, None, None, "一；二"],
                [7, "简答题", "辛", None, None, None, "要点"],
                [8, "单选题", "壬", 1949.0, 1954.0, 1978.0, "C"],
                [9, "单选题", "癸", "一", "二", None, "二"],
                [10, None, "子", "一", "二", "三", "A B"],
            ]
        },
    )
    expected = [
        ("single", (1,)), ("multiple", (0, 2)), ("multiple", (0, 1)), ("judge", (0,)), ("judge", (1,)),
        ("fill", (("一",), ("二",))), ("short", ("要点",)), ("single", (2,)), ("single", (1,)), ("multiple", (0, 1)),
    ]  # fmt: skip
    assert brief(result) == expected
    first, last = result.rows[0].content, result.rows[7].content
    assert first is not None
    assert last is not None
    assert (first.analysis, first.difficulty, first.points) == ("因为", "easy", 200)
    assert (first.tags, first.articles) == (("信访", "法治"), (("信访工作条例", "第三十五条"),))
    assert last.options == ("1949", "1954", "1978")
    assert result.rows[0].where == "题库!4"


@pytest.mark.parametrize(
    ("word", "key"),
    [
        *[("对", 0), ("错", 1), ("正确", 0), ("错误", 1), ("√", 0), ("×", 1), ("A", 0), ("b", 1)],
        *[("TRUE", 0), ("false", 1), (1, 0), (0, 1), (True, 0)],
    ],
)
def test_judgement_words(tmp_path: Path, word: object, key: int) -> None:
    result = read(tmp_path, {"判断题": [["题干", "答案"], ["甲", word]]})
    assert brief(result) == [("judge", (key,))]


@pytest.mark.parametrize(
    "cell", ["A.一\nB.二\nC.三", "一|二|三", "A、一 B、二 C、三", "A:一;B:二;C:三", "一；二；三", "一\n二\n三"]
)
def test_options_in_one_cell(tmp_path: Path, cell: str) -> None:
    result = read(tmp_path, {"单选": [["试题", "选项", "参考答案"], ["甲", cell, "C"]]})
    assert brief(result) == [("single", (2,))]
    assert result.rows[0].content is not None
    assert result.rows[0].content.options == ("一", "二", "三")


def test_options_in_the_stem_cell(tmp_path: Path) -> None:
    result = read(tmp_path, {"Sheet1": [["题目", "答案"], ["甲是（ ）\nA.一\nB.二", "B"], ["乙（ ） A.一 B.二", "AB"]]})
    assert brief(result) == [("single", (1,)), ("multiple", (0, 1))]


def test_row_for_each_option(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        {
            "题目": [
                ["题目ID", "题干", "题型", "选项", "选项内容", "是否正确"],
                [1, "甲", "单选题", "A", "一", "否"],
                [1, "甲", "单选题", "B", "二", "是"],
                [2, "乙", "多选题", "A", "一", "是"],
                [None, None, None, "B", "二", "是"],
                [None, None, None, "C", "三", "否"],
                [3, "丙", "判断题", "A", "正确", 0],
                [3, "丙", "判断题", "B", "错误", 1],
            ]
        },
    )
    assert brief(result) == [("single", (1,)), ("multiple", (0, 1)), ("judge", (1,))]


def test_sheets_by_type_notes_and_hidden_sheets(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        {
            "填写说明": [["一、请按模板填写"], ["二、不要改动表头"]],
            "多选题": [
                ["题干", "选项A", "选项B", "答案"],
                ["甲", "一", "二", "AB"],
                [None, None, "多余"],
                ["乙", "一", "二", "A"],
            ],
            "填空": [["题干", "空1", "空2", "标签"], ["丙", "一/1", "二", "x"]],
            "字典": [["单选题"], ["多选题"]],
            "空表": [],
        },
        hidden="字典",
    )
    assert brief(result) == [("multiple", (0, 1)), ("multiple", (0,)), ("fill", (("一", "1"), ("二",)))]
    assert [note.code for note in result.warnings] == ["sheet-ignored", "stray-cell", "sheet-hidden"]
    assert dict(result.warnings[1].params) == {"sheet": "多选题", "cell": "C3", "text": "多余"}
    assert [note.code for note in result.rows[1].warnings] == ["multiple-with-one"]


def test_unfit_rows_are_counted_with_their_reasons(tmp_path: Path) -> None:
    rows = [
        ["题干", "A", "B", "C", "答案"],
        ["甲", "一", "二", "", "D"],
        ["", "一", "二", "", "A"],
        ["乙", "一", "", "三", "A"],
        ["丙", "一", "二", "", ""],
    ]
    result = read(tmp_path, {"单选题": rows})
    codes = ("key-outside-options", "no-stem", "empty-option", "no-answer")
    assert brief(result) == [("single", code) for code in codes]


def test_text_in_cells_without_a_header(tmp_path: Path) -> None:
    result = read(tmp_path, {"Sheet1": [["1. 甲是（A）"], ["A. 一"], ["B. 二"]]})
    assert brief(result) == [("single", (0,))]


def test_cells_as_text() -> None:
    values = [2.0, 2.5, dt.datetime.fromisoformat("2024-05-01"), dt.date(2024, 5, 1), True, None, " x_x000D_\r\n"]
    assert [cell_text(value) for value in values] == ["2", "2.5", "2024-05-01", "2024-05-01", "TRUE", "", "x"]


def test_csv_in_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_bytes("题干,A,B,答案\n甲,一,二,B\n".encode("gb18030"))
    assert brief(parse_file(path, "bank.csv")) == [("single", (1,))]


def test_answers_in_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["题号", "答案"], [1, "A"], [2, "AB"]):
        book.active.append(row)
    book.save(tmp_path / "answers.xlsx")
    path = tmp_path / "bank.txt"
    path.write_text("1. 甲（ ）\nA. 一\nB. 二\n2. 乙（ ）\nA. 一\nB. 二\n", encoding="utf-8")
    assert brief(parse_file(path, "bank.txt", tmp_path / "answers.xlsx")) == [("single", (0,)), ("multiple", (0, 1))]
