"""What changed from one version of a question to the next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from portal.exams.rules import weights
from portal.exams.rules.question import CHOICE_TYPES, QuestionContent, QuestionType

LETTERS = "ABCDEFGHIJKL"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `what` is a code (type, stem, option, key, weights, analysis, difficulty, points, articles,
    tags); `mark` names the option. An empty `before` means added, an empty `after` removed.
    """

    what: str
    before: str
    after: str
    mark: str = ""


def key_text(content: QuestionContent) -> str:
    """The right answer as one line: letters, 正确/错误, the blanks, or the model answer."""
    if content.type is QuestionType.JUDGE:
        return "、".join(content.options[index] for index in content.key if isinstance(index, int))
    if content.type in CHOICE_TYPES:
        return "".join(LETTERS[index] for index in content.key if isinstance(index, int))
    blanks = [part if isinstance(part, tuple) else (str(part),) for part in content.key]
    return "；".join(" / ".join(spellings) for spellings in blanks)


def points_of(content: QuestionContent) -> str:
    """Points as written, empty where none are set."""
    return "" if content.points is None else f"{content.points / 100:g}"


def articles_text(content: QuestionContent) -> str:
    """Articles as written: 《信访工作条例》第二十二条；…"""
    return "；".join(f"《{title}》{article}" for title, article in content.articles)


def changes(old: QuestionContent, new: QuestionContent) -> list[Change]:
    """All differences, in the order in which a question is read."""
    found = [Change("type", old.type.value, new.type.value), Change("stem", old.stem, new.stem)]
    for index, (before, after) in enumerate(zip_longest(old.options, new.options, fillvalue="")):
        found.append(Change("option", before, after, LETTERS[index]))
    found += [
        Change("key", key_text(old), key_text(new)),
        Change("weights", weights.text(old.weights), weights.text(new.weights)),
        Change("analysis", old.analysis, new.analysis),
        Change("difficulty", old.difficulty, new.difficulty),
        Change("points", points_of(old), points_of(new)),
        Change("tags", "、".join(old.tags), "、".join(new.tags)),
    ]
    return [change for change in found if change.before != change.after]
