"""A bank as a sheet, in the very shape that the importer reads back, answers included.

Headings and the words for types and difficulties are those of the file format, so they stay Chinese in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from portal.exams.rules.question import CHOICE_TYPES, QuestionContent, QuestionType
from portal.exams.rules.versions import LETTERS, articles_text, key_text
from portal.exams.rules.weights import text

TYPE_WORDS = {
    QuestionType.SINGLE: "单选题",
    QuestionType.MULTIPLE: "多选题",
    QuestionType.JUDGE: "判断题",
    QuestionType.FILL: "填空题",
    QuestionType.SHORT: "简答题",
}
DIFFICULTY_WORDS = {"": "", "easy": "易", "medium": "中", "hard": "难"}
WEIGHTS = "得分比例"
MIN_COLUMNS = 4


def width_of(contents: Sequence[QuestionContent]) -> int:
    """How many columns the options need."""
    return max(MIN_COLUMNS, *(len(each.options) for each in contents)) if contents else MIN_COLUMNS


def sheet(contents: Sequence[QuestionContent]) -> tuple[list[str], Iterable[list[Any]]]:
    """(headings, rows) with as many option columns as the longest question needs, four at least.

    The last column has what single options bring, where any question says it.
    """
    letters = LETTERS[: width_of(contents)]
    head = ["题型", "题干", *(f"选项{letter}" for letter in letters), "答案", "解析", "难度", "分值", "依据", "知识点"]
    weighted = any(each.weights for each in contents)
    return [*head, *([WEIGHTS] if weighted else [])], (row(each, len(letters), weighted=weighted) for each in contents)


def row(content: QuestionContent, width: int, *, weighted: bool = False) -> list[Any]:
    """One question as cells; a judgement needs no option cells. `weighted`: with the column of weights."""
    options = list(content.options) if content.type is not QuestionType.JUDGE else []
    return [
        TYPE_WORDS[content.type],
        content.stem,
        *options,
        *([""] * (width - len(options))),
        _answer(content),
        content.analysis,
        DIFFICULTY_WORDS[content.difficulty],
        "" if content.points is None else content.points / 100,
        articles_text(content),
        "、".join(content.tags),
        *([text(content.weights)] if weighted else []),
    ]


def _answer(content: QuestionContent) -> str:
    """Blanks a line each, their accepted spellings with a bar between: neither occurs inside an answer."""
    if content.type in CHOICE_TYPES or content.type is QuestionType.SHORT:
        return key_text(content)
    blanks = [part if isinstance(part, tuple) else (str(part),) for part in content.key]
    return "\n".join("|".join(spellings) for spellings in blanks)
