"""What a question is, when it is fit for use, and when two questions are the same one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.exams.rules import weights as weighing

JUDGE_OPTIONS = ("正确", "错误")
# Pairs of options that say "right" and "wrong" and nothing else; the right one first.
JUDGE_PAIRS = (("正确", "错误"), ("对", "错"), ("是", "否"), ("√", "×"), ("正确", "不正确"), ("对", "不对"))
_MARKS = {"✓": "√", "✔": "√", "☑": "√", "✗": "×", "✘": "×", "x": "×", "X": "×"}
MIN_OPTIONS = 2
MAX_OPTIONS = 12
MAX_STEM = 5000
MAX_OPTION = 2000
MAX_ANALYSIS = 10000
MAX_KEY = 10000

# "which of these" in all its usual forms: such a stem wants one of its options, so 正确/错误 are options like others.
_ASKS = re.compile(r"(?<!无论)(?<!不管)(?<!不论)(?:哪(?:一|几|些)?[项个种类条]|哪些|何者)")
_ASKS_AT_END = re.compile(r"的(?:有|是)\s*[:：]?\s*(?:[（(][\sA-La-l、，,√×对错正确误]*[）)])?\s*[。？?：:]?\s*$")


class QuestionType(StrEnum):
    """The five kinds of question."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    JUDGE = "judge"
    FILL = "fill"
    SHORT = "short"


CHOICE_TYPES = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.JUDGE})
DIFFICULTIES = ("", "easy", "medium", "hard")

Key = tuple[int, ...] | tuple[tuple[str, ...], ...] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionContent:
    """One question with its answer, as it stands in the bank.

    `key` holds, by type: single, multiple and judge the sorted indexes of the right options; fill one tuple of accepted
    spellings for each blank, in order; short one text, the model answer or marking rubric, or nothing.
    `points` is in integer hundredths (250 is 2.5 points), None where the file does not say.
    `articles` are pairs of a law's title and the article's number as written: ("信访工作条例", "第三十五条").
    `weights` has what each option of a 多选 brings by itself (rules.weights), or is empty.
    """

    type: QuestionType
    stem: str
    options: tuple[str, ...] = ()
    key: Key = ()
    analysis: str = ""
    difficulty: str = ""
    points: int | None = None
    articles: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    weights: weighing.Weights = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the content as JSON-able values; `from_dict` reads them back to an equal object."""
        return {
            "type": self.type.value,
            "stem": self.stem,
            "options": list(self.options),
            "key": [list(part) if isinstance(part, tuple) else part for part in self.key],
            "analysis": self.analysis,
            "difficulty": self.difficulty,
            "points": self.points,
            "articles": [list(pair) for pair in self.articles],
            "tags": list(self.tags),
            "weights": list(self.weights),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> QuestionContent:
        """Read what `to_dict` wrote. Raises KeyError or ValueError on anything else."""
        return cls(
            type=QuestionType(data["type"]),
            stem=data["stem"],
            options=tuple(data["options"]),
            key=tuple(tuple(part) if isinstance(part, list) else part for part in data["key"]),
            analysis=data["analysis"],
            difficulty=data["difficulty"],
            points=data["points"],
            articles=tuple((title, number) for title, number in data["articles"]),
            tags=tuple(data["tags"]),
            weights=tuple(data.get("weights", ())),  # what was staged before there were any has none
        )


def check(content: QuestionContent) -> list[str]:
    """Say what keeps a question from being used: problem codes, none when it is sound.

    A short answer needs no key: whoever marks it may go by the rubric of the round, or by what they know.
    """
    problems = []
    if not content.stem.strip():
        problems.append("no-stem")
    if len(content.stem) > MAX_STEM:
        problems.append("stem-too-long")
    if len(content.analysis) > MAX_ANALYSIS:
        problems.append("analysis-too-long")
    if content.difficulty not in DIFFICULTIES:
        problems.append("difficulty-unknown")
    if content.points is not None and content.points < 0:
        problems.append("points-negative")
    problems += _check_choice(content) if content.type in CHOICE_TYPES else _check_text_key(content)
    return problems


def _check_choice(content: QuestionContent) -> list[str]:
    problems = []
    count = len(content.options)
    if count < MIN_OPTIONS:
        problems.append("too-few-options")
    if count > MAX_OPTIONS:
        problems.append("too-many-options")
    if any(not option.strip() for option in content.options):
        problems.append("empty-option")
    if any(len(option) > MAX_OPTION for option in content.options):
        problems.append("option-too-long")
    if content.type is QuestionType.JUDGE and content.options != JUDGE_OPTIONS:
        problems.append("judge-options")
    return problems + (_check_choice_key(content) or _check_weights(content))


def _check_choice_key(content: QuestionContent) -> list[str]:
    if not content.key:
        return ["no-answer"]
    if any(not isinstance(index, int) or not 0 <= index < len(content.options) for index in content.key):
        return ["key-outside-options"]
    if content.type is not QuestionType.MULTIPLE and len(content.key) > 1:
        return ["single-with-several"]
    return []


def _check_weights(content: QuestionContent) -> list[str]:
    if not content.weights:
        return []
    key = [index for index in content.key if isinstance(index, int)]
    several = content.type is QuestionType.MULTIPLE
    found = weighing.problem(content.weights, len(content.options), key) if several else "weights-unsound"
    return [found] if found else []


def _check_text_key(content: QuestionContent) -> list[str]:
    if not content.key:
        return [] if content.type is QuestionType.SHORT else ["no-answer"]
    blanks = [part if isinstance(part, tuple) else (str(part),) for part in content.key]
    if any(not spelling.strip() for blank in blanks for spelling in blank) or any(not blank for blank in blanks):
        return ["no-answer" if content.type is QuestionType.SHORT else "empty-blank"]
    if any(len(spelling) > MAX_KEY for blank in blanks for spelling in blank):
        return ["answer-too-long"]
    return []


def normalise(text: str) -> str:
    """Bring a text to the form in which two spellings of the same words are equal.

    NFKC, then without spaces, control characters and punctuation. A text made of nothing else ("《》") keeps its NFKC
    form, so that options which differ only there stay different.
    """
    folded = unicodedata.normalize("NFKC", text)
    kept = "".join(char for char in folded if unicodedata.category(char)[0] not in "PZC")
    return kept or "".join(folded.split())


def repeated_options(options: Iterable[str]) -> list[str]:
    """Name the options that stand more than once in a question, in order of their second appearance.

    Punctuation counts here: "甲；乙、丙" and "甲、乙；丙" are two options.
    """
    seen: set[str] = set()
    repeated = []
    for option in options:
        same = "".join(unicodedata.normalize("NFKC", option).split())
        if same in seen:
            repeated.append(option)
        seen.add(same)
    return repeated


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def stem_key(content: QuestionContent) -> str:
    """Name the stem alone: equal for questions that ask the same words."""
    return _digest([normalise(content.stem)])


def identity_key(content: QuestionContent) -> str:
    """Name the question: its stem and the set of its options, in whatever order; fill and short by the stem alone."""
    options = sorted({normalise(option) for option in content.options}) if content.type in CHOICE_TYPES else []
    return _digest([normalise(content.stem), *options])


def answer_key(content: QuestionContent) -> str:
    """Name the answer: the right option texts with their weights, or the blanks in order, or the model answer.

    Two questions of one identity are duplicates when this is equal too, and a conflict otherwise.
    """
    if content.type in CHOICE_TYPES:
        chosen = {content.options[i] for i in content.key if isinstance(i, int) and 0 <= i < len(content.options)}
        brought = sorted(f"{normalise(content.options[i])}\x1e{each}" for i, each in enumerate(content.weights) if each)
        return _digest(["choice", *sorted(normalise(option) for option in chosen), *brought])
    if content.type is QuestionType.FILL:
        blanks = [part if isinstance(part, tuple) else (str(part),) for part in content.key]
        return _digest(["fill", *("\x1e".join(sorted(normalise(word) for word in blank)) for blank in blanks)])
    return _digest(["short", *(normalise(str(part)) for part in content.key)])


def asks_for_one(stem: str) -> bool:
    """Say whether a stem asks for one of its options (…的是, 哪项 ...), so that it is no statement to judge."""
    return bool(_ASKS.search(stem) or _ASKS_AT_END.search(stem))


def judge_pair(options: Iterable[str]) -> tuple[str, str] | None:
    """Recognise a pair of options that means right and wrong, in either order; None for any other options.

    Gives the (right, wrong) spellings as the table of known pairs has them.
    """
    words = tuple("".join(option.split()).rstrip("。.;；") for option in options)
    words = tuple(_MARKS.get(word, word) for word in words)
    for right, wrong in JUDGE_PAIRS:
        if words in {(right, wrong), (wrong, right)}:
            return right, wrong
    return None


def is_judge(stem: str, options: Iterable[str], declared: QuestionType | None = None) -> bool:
    """Decide whether options that read right/wrong make a true/false question.

    They do, unless a heading or tag declares another type or the stem asks for one of its options.
    """
    if judge_pair(options) is None:
        return False
    if declared is not None:
        return declared is QuestionType.JUDGE
    return not asks_for_one(stem)
