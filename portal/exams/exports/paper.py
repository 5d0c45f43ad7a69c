"""A paper for print as a Word document: without answers, with them, or the sheet to write them on.

Texts are those of the paper, so they stay Chinese in every language. The layout is the one that the importer reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.exams.exports.sheet import DIFFICULTY_WORDS, TYPE_WORDS
from portal.exams.rules.question import CHOICE_TYPES, QuestionContent, QuestionType
from portal.exams.rules.versions import LETTERS, articles_text, key_text
from portal.exams.rules.weights import text as weights_text
from portal.web.docx import SIZE_4, Document

_ORDINALS = "一二三四五六七八九十"
_LINE = 22.0
_PER_ROW = 10
_LINES_FOR_SHORT = 8


class Kind(StrEnum):
    """试卷, 试卷（含答案和解析）, 答题卡."""

    PAPER = "paper"
    KEY = "key"
    SHEET = "sheet"


KIND_WORDS = {Kind.PAPER: "", Kind.KEY: "（含答案）", Kind.SHEET: "答题卡"}


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a paper: its title, its questions, and the points of each in hundredths, None where not fixed."""

    title: str
    questions: tuple[QuestionContent, ...]
    points: int | None = None


def parts_of(contents: Sequence[QuestionContent]) -> list[Part]:
    """The questions of a bank as sections by type, in the usual order."""
    found = []
    for kind in QuestionType:
        own = tuple(each for each in contents if each.type is kind)
        if own:
            found.append(Part(TYPE_WORDS[kind], own))
    return found


def write(title: str, parts: Sequence[Part], kind: Kind, about: Sequence[str] = ()) -> bytes:
    """The document. `about` are lines below the title (time, full marks)."""
    document = Document(title, size=SIZE_4, line=_LINE)
    document.title(title + KIND_WORDS[kind])
    for line in about:
        document.paragraph(line, indent=0, align="center")
    if kind is not Kind.KEY:
        document.paragraph("单位：________________　姓名：____________　得分：________", indent=0, align="center")
    number = 0
    for place, part in enumerate(parts):
        document.heading(_heading(place, part))
        if kind is Kind.SHEET:
            _answer_rows(document, part, number)
        else:
            for at, question in enumerate(part.questions, number + 1):
                _question(document, at, question, with_key=kind is Kind.KEY)
        number += len(part.questions)
    return document.save()


def _heading(place: int, part: Part) -> str:
    ordinal = _ORDINALS[place] if place < len(_ORDINALS) else str(place + 1)
    count = len(part.questions)
    if part.points is None:
        return f"{ordinal}、{part.title}（共{count}题）"
    return f"{ordinal}、{part.title}（共{count}题，每题{part.points / 100:g}分，共{count * part.points / 100:g}分）"


def _question(document: Document, number: int, question: QuestionContent, *, with_key: bool) -> None:
    bracket = "（　　）" if question.type is QuestionType.JUDGE else ""
    document.paragraph(f"{number}. {question.stem}{bracket}", keep=bool(question.options))
    if question.type is not QuestionType.JUDGE:
        for letter, option in zip(LETTERS, question.options, strict=False):
            document.paragraph(f"{letter}. {option}")
    if with_key:
        _answer(document, question)
    elif question.type is QuestionType.SHORT:
        for _line in range(_LINES_FOR_SHORT):
            document.paragraph("")


def _answer(document: Document, question: QuestionContent) -> None:
    document.paragraph(f"答案：{_key(question)}")
    labelled = {
        "得分比例": weights_text(question.weights),
        "解析": question.analysis,
        "依据": articles_text(question),
        "难度": DIFFICULTY_WORDS[question.difficulty],
        "知识点": "、".join(question.tags),
    }
    for label, text in labelled.items():
        if text:
            document.paragraph(f"{label}：{text}")


def _key(question: QuestionContent) -> str:
    return key_text(question).replace(" / ", "/")


def _answer_rows(document: Document, part: Part, before: int) -> None:
    """Boxes for letters and signs, lines for words."""
    numbers = range(before + 1, before + len(part.questions) + 1)
    if all(question.type in CHOICE_TYPES for question in part.questions):
        for start in range(0, len(numbers), _PER_ROW):
            row = [str(number) for number in numbers[start : start + _PER_ROW]]
            row += [""] * (_PER_ROW - len(row))
            document.table([["题号", *row], ["答案", *([""] * _PER_ROW)]], widths=[1.4, *([1.0] * _PER_ROW)], height=26)
            document.paragraph("")
        return
    for number, question in zip(numbers, part.questions, strict=True):
        blanks = len(question.key) if question.type is QuestionType.FILL else _LINES_FOR_SHORT
        width = 16 if question.type is QuestionType.FILL else 60
        for line in range(blanks):
            mark = f"{number}. " if line == 0 else ""
            document.paragraph(f"{mark}{'_' * width}", indent=0)
