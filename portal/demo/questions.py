"""The demo's question bank: questions on 《信访工作条例》 (in force from 1 May 2022), kept in questions.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

QuestionType = Literal["single", "multiple", "judge", "fill"]
Difficulty = Literal["easy", "medium", "hard"]

BANK_NAME = "《信访工作条例》题库"
BANK_FILE = Path(__file__).with_name("questions.json")


@dataclass(frozen=True, slots=True)
class DemoQuestion:
    """One question.

    `right` holds the positions of the right options, counted from 0, and is empty for a fill-in; `blanks` holds the
    accepted spellings of each blank in order (a blank is `____` in the stem), and is empty for the other types.
    `articles` are (regulation, article) as the law writes them; `points` are hundredths of a point.
    """

    type: QuestionType
    stem: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    blanks: tuple[tuple[str, ...], ...]
    analysis: str
    difficulty: Difficulty
    articles: tuple[tuple[str, str], ...]
    points: int


def _question(row: dict[str, Any]) -> DemoQuestion:
    fill = row["type"] == "fill"
    return DemoQuestion(
        type=row["type"],
        stem=row["stem"],
        options=tuple(row["options"]),
        right=() if fill else tuple(row["key"]),
        blanks=tuple(tuple(spellings) for spellings in row["key"]) if fill else (),
        analysis=row["analysis"],
        difficulty=row["difficulty"],
        articles=tuple((law, article) for law, article in row["articles"]),
        points=row["points"],
    )


def demo_questions() -> list[DemoQuestion]:
    """Every question of the bank, in the order of the file: single, multiple, judge, fill."""
    return [_question(row) for row in json.loads(BANK_FILE.read_text(encoding="utf-8"))]
