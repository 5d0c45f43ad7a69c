"""Banks and layouts that others wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from portal.exams.importers import ParsedRow, classify, summarise
from portal.exams.importers.reading import parse_file, parse_to_json
from portal.files.guard import run_guarded

SHARED = os.environ.get("PORTAL_SHARED", "")
DATA = Path(SHARED or ".") / "data"
pytestmark = pytest.mark.skipif(not SHARED, reason="PORTAL_SHARED is not set: the shared data is not here")
TEXT_CASES = [
    "01_standard_single", "02_two_option_single", "03_trailing_judge", "04_answer_section", "05_dual_file",
    "07_compact_format", "08_sectioned_types", "16_full_paper_front_matter", "18_empty_no_question",
    "20_full_paper_explain_word_guard",
]  # fmt: skip


def test_word_bank() -> None:
    path = DATA / "questions" / "pufa-2023.docx"
    result = parse_file(path, path.name)
    judged = classify(result.rows, {}, set())
    assert summarise(judged) == {
        "found": 2162,
        "accepted": 2149,
        "duplicates": 13,
        "rejected": [],
        "types": {"single": 968, "multiple": 550, "judge": 644, "fill": 0, "short": 0},
    }
    repeated = [row for row in result.rows if any(note.code == "option-repeated" for note in row.warnings)]
    assert len(repeated) == 7
    flagged = [item for item in judged if item.same_stem]
    assert flagged
    assert all(item.verdict.value == "accepted" for item in flagged)
    assert result.warnings == []
    assert result.title == "2023年度普法考试复习题"


def test_word_bank_in_a_process_of_its_own() -> None:
    path = DATA / "questions" / "pufa-2023.docx"
    calls: list[tuple[int, int]] = []
    target, args = "portal.exams.importers.reading:parse_to_json", [str(path), path.name]
    result = run_guarded(target, args, seconds=60, memory_mb=1024, on_progress=lambda *call: calls.append(call))
    assert result == parse_to_json(str(path), path.name)
    assert calls[-1] == (2162, 2162)


def test_template_workbook() -> None:
    (path,) = (DATA / "formats" / "xlsx").glob("*.xlsx")
    result = parse_file(path, path.name)
    summary = summarise(classify(result.rows, {}, set()))
    assert (summary["found"], summary["accepted"]) == (5, 5)
    assert summary["types"] == {"single": 1, "multiple": 1, "judge": 1, "fill": 1, "short": 1}
    (stray,) = result.warnings
    assert (stray.code, dict(stray.params)) == ("stray-cell", {"sheet": "单选题", "cell": "E4", "text": "å"})


@pytest.mark.parametrize(
    ("name", "kind", "count"), [("mcq_sing_lbk.csv", "single", 275), ("mcq_mult_nje.csv", "multiple", 463)]
)
def test_comma_separated_banks(name: str, kind: str, count: int) -> None:
    path = DATA / "questions" / name
    summary = summarise(classify(parse_file(path, name).rows, {}, set()))
    assert (summary["found"], summary["accepted"], summary["types"][kind]) == (count, count, count)


@pytest.mark.parametrize("case", TEXT_CASES)
def test_text_layouts(case: str) -> None:
    folder = DATA / "formats" / "text-zh"
    about = json.loads((folder / f"{case}.json").read_text(encoding="utf-8"))
    dual = about["mode"] == "dual-file"
    path = folder / Path(about["questionSample"]).name if dual else folder / f"{case}.txt"
    answers = folder / Path(about["answerSample"]).name if dual else None
    result = parse_file(path, path.name, answers)
    expected = about["expected"]
    assert len(result.rows) == expected["questionCount"]
    assert len([row for row in result.rows if row.content]) == expected["answeredCount"]
    for kind, count in expected.get("typeCounts", {}).items():
        assert len([row for row in result.rows if row.kind.value == kind.lower()]) == count
    stems = " ".join(row.content.stem for row in result.rows if row.content)
    for word in [*expected.get("stemMustNotContain", []), *expected.get("mustNotCreateQuestionFrom", [])]:
        assert word not in stems
    assert bool(expected.get("warningContains")) == any(note.code == "no-questions" for note in result.warnings)
    for wanted in expected.get("questions", []):
        agrees(next(row for row in result.rows if row.number == wanted["number"]), wanted)


def agrees(row: ParsedRow, wanted: dict[str, Any]) -> None:
    """Compare one question with what its author expects of it."""
    content = row.content
    assert content is not None
    assert row.kind.value == wanted["type"].lower()
    answer = ["ABCDEFGH"[index] if row.kind.value != "judge" else content.options[index] for index in content.key]  # type: ignore[index]
    assert answer == wanted["answer"]
    assert wanted.get("stemContains", "") in content.stem
    assert wanted.get("analysisContains", "") in content.analysis
    assert not any(word in content.stem for word in wanted.get("stemNotContains", []))
    assert len(content.options) == wanted.get("optionCount", len(content.options))
    if "options" in wanted:
        assert dict(zip("ABCDEFGH", content.options, strict=False)) == wanted["options"]


@pytest.mark.parametrize(
    ("name", "taken", "found", "accepted", "duplicates"),
    [
        ("gift/moodle33_crlf_questions.gift.txt", "gift", 9, 6, 1),
        ("gift/moodle41_questions.gift.txt", "gift", 9, 6, 1),
        ("aiken/moodle41_questions.aiken.txt", "aiken", 2, 2, 0),
        ("aiken/moodle41_aiken_errors.txt", "aiken", 6, 3, 0),
        ("moodle-xml/moodle41_multichoice.xml", "moodle-xml", 1, 1, 0),
        ("moodle-xml/moodle41_nested_categories_with_questions.xml", "moodle-xml", 5, 5, 0),
        ("qti/choice.xml", "qti", 1, 1, 0),
        ("qti/choice_multiple.xml", "qti", 1, 1, 0),
        ("qti/order.xml", "qti", 1, 0, 0),
    ],
)
def test_formats_of_other_systems(name: str, taken: str, found: int, accepted: int, duplicates: int) -> None:
    path = DATA / "formats" / name
    result = parse_file(path, path.name)
    summary = summarise(classify(result.rows, {}, set()))
    assert result.format == taken
    assert (summary["found"], summary["accepted"], summary["duplicates"]) == (found, accepted, duplicates)
    assert found == accepted + duplicates + len(summary["rejected"])
