"""Duplicates, conflicts, same stems, and the sum that must come out."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from portal.exams import importers
from portal.exams.importers import REASONS, ParseResult, classify, summarise
from portal.exams.importers.reading import parse_file
from portal.exams.rules.question import answer_key, identity_key, stem_key

BANK = """1. 甲是（A）
A. 一
B. 二
2. 甲是（B）
A. 二
B. 一
3. 甲是（B）
A. 一
B. 二
4. 甲是（A）
A. 一
B. 三
5. 乙是（ ）
A. 一
B. 一
答案：A
6. 丙是（ ）
A. 一
B. 二
"""


def parsed(tmp_path: Path) -> ParseResult:
    path = tmp_path / "bank.txt"
    path.write_text(BANK, encoding="utf-8")
    return parse_file(path, "bank.txt")


def test_every_question_found_is_accounted_for(tmp_path: Path) -> None:
    judged = classify(parsed(tmp_path).rows, {}, set())
    verdicts = [item.verdict.value for item in judged]
    assert verdicts == ["accepted", "duplicate", "conflict", "accepted", "accepted", "rejected"]
    assert [item.same_stem for item in judged] == [False, False, False, True, False, False]
    assert (judged[1].like, judged[2].like) == ("第1题", "第1题")
    assert [note.code for note in judged[4].row.warnings] == ["option-repeated"]
    assert summarise(judged) == {
        "found": 6,
        "accepted": 3,
        "duplicates": 1,
        "rejected": [{"where": "第3题", "reason": "conflict"}, {"where": "第6题", "reason": "no-answer"}],
        "types": {"single": 6, "multiple": 0, "judge": 0, "fill": 0, "short": 0},
    }


def test_the_bank_counts_as_seen(tmp_path: Path) -> None:
    rows = parsed(tmp_path).rows
    first = rows[0].content
    assert first is not None
    again = classify(rows[:1], {identity_key(first): answer_key(first)}, {stem_key(first)})
    assert again[0].verdict.value == "duplicate"
    against = classify(rows[:1], {identity_key(first): "other"}, {stem_key(first)})
    assert against[0].verdict.value == "conflict"
    beside = classify(rows[:1], {}, {stem_key(first)})
    assert (beside[0].verdict.value, beside[0].same_stem) == ("accepted", True)


def test_result_survives_json_and_progress_ends_at_the_end(tmp_path: Path) -> None:
    result = parsed(tmp_path)
    assert ParseResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    calls: list[tuple[int, int]] = []
    parse_file(tmp_path / "bank.txt", "bank.txt", progress=lambda done, total: calls.append((done, total)))
    assert calls == [(6, 6)]


def test_every_code_has_a_sentence() -> None:
    """Codes are literals in Note.of("...") and RuleError("..."), and what check() appends."""
    package = Path(importers.__file__).parent
    rules, guard = package.parent / "rules" / "question.py", package.parents[1] / "files" / "guard.py"
    sources = [*package.glob("*.py"), rules, guard]
    codes = set()
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func)
            if name in {"Note.of", "RuleError", "problems.append"}:
                values = [item.value for item in ast.walk(node.args[0]) if isinstance(item, ast.Constant)]
                codes |= {value for value in values if isinstance(value, str) and "-" in value and value.islower()}
    assert len(codes) > 30
    assert {code for code in codes if not code.startswith(".")} <= set(REASONS)


UNANSWERABLE = """一、单选题
1. 甲？
A.一
B.二
答案：A
二、排序题
1. 请排序
A.一
B.二
答案：BA
三、连线题
1. 请连线
A.一
B.二
答案：A-B
四、案例分析题
某甲走访三次。
1. 如何处理？
答案：依法处理
"""


def test_types_that_nobody_can_answer_here_are_named(tmp_path) -> None:
    """An order is no choice of several, whatever letters its answer has; material of a part is told."""
    path = tmp_path / "题.txt"
    path.write_text(UNANSWERABLE, encoding="utf-8")
    result = parse_file(path, path.name)
    problems = [[(note.code, dict(note.params).get("kind")) for note in row.problems] for row in result.rows]
    assert problems == [[], [("type-unsupported", "order")], [("type-unsupported", "matching")], []]
    assert [(note.code, dict(note.params)["text"]) for note in result.warnings] == [("stray-text", "某甲走访三次。")]


def test_styles_of_numbers_may_change_where_the_type_is_tagged(tmp_path) -> None:
    path = tmp_path / "题.txt"
    path.write_text(
        "第1题 （单选题） 谁受理？\nA 甲\nB 乙\n我的答案：A\n正确答案: B\n\n（2）【判断】对不对\n答案：错\n"
        "【3】【填空】首都是（ 北京 ）。\n4. [单选] Which?\nA) one\nB) two\nAnswer: B\n",
        encoding="utf-8",
    )
    result = parse_file(path, path.name)
    assert result.format == "text-zh"
    assert [row.content.key for row in result.rows if row.content] == [(1,), (1,), (("北京",),), (1,)]


@pytest.mark.parametrize(
    ("text", "stem", "key"),
    [
        ("1．信访局是____的部门。（党委|党委和政府）", "信访局是____的部门。", (("党委", "党委和政府"),)),
        ("1．共____章____条。（6；50）", "共____章____条。", (("6",), ("50",))),
        ("1．首都是（北京）。", "首都是____。", (("北京",),)),
    ],
)
def test_an_answer_in_brackets_behind_the_blanks_is_no_blank(tmp_path, text: str, stem: str, key) -> None:
    path = tmp_path / "题.txt"
    path.write_text(f"一、填空题\n{text}\n", encoding="utf-8")
    (row,) = parse_file(path, path.name).rows
    assert row.content is not None
    assert (row.content.stem, row.content.key) == (stem, key)
