"""Practice: when a question leaves the notebook, which questions come next, and how many days in a row.

The rules of 错题本, 每日十题 and 连续天数 are the portal's own (docs/decisions/0019-what-may-be-practised.md); there is
no standard for them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.errors import RuleError
from portal.exams.rules.marking import ChoiceKey, FillKey, mark
from portal.exams.rules.question import QuestionType

SET_SIZE = 10
"""Questions of a set, the daily one among them: a coffee break's worth."""
USUAL_NEEDED = 2
MOST_NEEDED = 5
PRACTISED = (QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.JUDGE, QuestionType.FILL)
"""Types that a machine can mark at once. A 简答 needs a person and has no place here."""
MIN_PEOPLE = 5
"""Sums over fewer people than these would tell on somebody."""
BLOCK = 10
_SATURDAY = 5


class PracticeRelease(StrEnum):
    """不开放; 开放，考试用题除外 (what a running or coming exam may draw is held back); 公开题库，全部开放."""

    OFF = "off"
    AFTER = "after"
    OPEN = "open"


# ---- the notebook ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How one person stands with one question. `in_a_row` counts right answers since the last wrong one."""

    right: int = 0
    wrong: int = 0
    in_a_row: int = 0
    in_notebook: bool = False


def answered(standing: Standing, *, right: bool, needed: int) -> Standing:
    """The standing after one more answer.

    A wrong answer puts the question into the notebook, and only `needed` right ones in a row take it out again.
    """
    if not right:
        return Standing(standing.right, standing.wrong + 1, 0, True)
    in_a_row = standing.in_a_row + 1
    return Standing(standing.right + 1, standing.wrong, in_a_row, standing.in_notebook and in_a_row < needed)


def is_right(type_: QuestionType, key: ChoiceKey | FillKey, value: Sequence[str]) -> bool:
    """Whether an answer is wholly right. `value` holds option positions as digits, or a text for each blank."""
    picked = list(value) if type_ is QuestionType.FILL else [int(place) for place in value]
    return mark(type_, key, picked, 1) == 1


# ---- what is practised -------------------------------------------------------------------------------------------


class ScopeKind(StrEnum):
    """每日十题、错题本、按法规、按题型、按题库."""

    DAILY = "daily"
    NOTEBOOK = "notebook"
    LAW = "law"
    TYPE = "type"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a set is drawn from. `value` is a law's title, a type or a bank's id; `first` and `last` are article numbers
    (inclusive) of a law, 0 for all of it.
    """

    kind: ScopeKind
    value: str = ""
    first: int = 0
    last: int = 0

    @property
    def key(self) -> str:
        """The scope as one text; `scope_of` reads it back."""
        if self.kind in (ScopeKind.DAILY, ScopeKind.NOTEBOOK):
            return self.kind.value
        if self.kind is ScopeKind.LAW:
            return f"law:{self.first}-{self.last}:{self.value}"
        return f"{self.kind.value}:{self.value}"


DAILY = Scope(ScopeKind.DAILY)
NOTEBOOK = Scope(ScopeKind.NOTEBOOK)


def of_law(title: str, first: int = 0, last: int = 0) -> Scope:
    """A law, or its articles from `first` to `last`."""
    return Scope(ScopeKind.LAW, title, first, last)


def of_type(type_: str) -> Scope:
    """All questions of a type."""
    return Scope(ScopeKind.TYPE, type_)


def of_bank(bank_id: int | str) -> Scope:
    """All questions of a bank."""
    return Scope(ScopeKind.BANK, str(bank_id))


MAX_KEY = 240
_NUMBER = 6


def scope_of(key: str) -> Scope:
    """Read a scope's key. Raises RuleError "practice-scope" for anything that no page offers."""
    kind, _, rest = key.partition(":")
    if len(key) <= MAX_KEY:
        if key in (DAILY.key, NOTEBOOK.key):
            return Scope(ScopeKind(key))
        if kind == ScopeKind.TYPE and rest in PRACTISED:
            return Scope(ScopeKind.TYPE, rest)
        if kind == ScopeKind.BANK and _is_number(rest):
            return Scope(ScopeKind.BANK, str(int(rest)))
        if kind == ScopeKind.LAW and (found := _law_scope(rest)):
            return found
    raise RuleError("practice-scope")


def _law_scope(rest: str) -> Scope | None:
    span, _, title = rest.partition(":")
    first, _, last = span.partition("-")
    if not title or not _is_number(first) or not _is_number(last) or int(first) > int(last):
        return None
    return Scope(ScopeKind.LAW, title, int(first), int(last))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _NUMBER


def in_articles(scope: Scope, places: Iterable[int]) -> bool:
    """Whether one of the articles that a question tests lies in the scope's range."""
    return not scope.last or any(scope.first <= place <= scope.last for place in places)


@dataclass(frozen=True, slots=True)
class Block:
    """Some articles of a law that follow each other, and how many questions test them."""

    first: int
    last: int
    count: int


def blocks(cited: Iterable[tuple[int, int]]) -> list[Block]:
    """The articles of a law by tens: 1-10, 11-20 …; of `cited` (article number, question id) only what is an article.

    Chapters would be better; a question knows its article and not its chapter.
    """
    found: dict[int, set[int]] = {}
    for place, question in cited:
        if 0 < place < 10**_NUMBER:
            found.setdefault((place - 1) // BLOCK, set()).add(question)
    return [Block(at * BLOCK + 1, (at + 1) * BLOCK, len(found[at])) for at in sorted(found)]


# ---- which questions come next -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be practised, as one person knows it; `last_at` None is never seen."""

    question_id: int
    last_at: datetime | None = None
    in_notebook: bool = False


def daily_ten(candidates: Iterable[Candidate], user_id: int, day: date) -> list[int]:
    """每日十题: notebook questions first, then never-seen ones, then the others, each group in an order that person and
    day alone decide. The same arguments give the same ten, whatever the order of the candidates.
    """
    known = sorted({each.question_id: each for each in candidates}.values(), key=lambda each: each.question_id)
    _seeded(user_id, day).shuffle(known)
    known.sort(key=lambda each: (not each.in_notebook, each.last_at is not None))
    return [each.question_id for each in known[:SET_SIZE]]


def _seeded(user_id: int, day: date) -> random.Random:
    digest = hashlib.sha256(f"{user_id}/{day.isoformat()}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def next_set(candidates: Sequence[Candidate]) -> list[int]:
    """Where one goes on: never-seen questions in the order given, then notebook ones, then the longest unseen."""
    fresh = [each for each in candidates if each.last_at is None]
    return [each.question_id for each in [*fresh, *_again(candidates)][:SET_SIZE]]


def _again(candidates: Sequence[Candidate]) -> list[Candidate]:
    seen = [(each.last_at, each) for each in candidates if each.last_at is not None]
    seen.sort(key=lambda pair: (not pair[1].in_notebook, pair[0], pair[1].question_id))
    return [each for _at, each in seen]


# ---- the record --------------------------------------------------------------------------------------------------


def streak(days: Collection[date], today: date) -> int:
    """连续天数: days with practice up to today, or up to the last one before it.

    Today still has time, and a Saturday or Sunday without practice breaks nothing: the office is closed.
    """
    count, day = 0, today
    while day in days or day == today or day.weekday() >= _SATURDAY:
        count += day in days
        day -= timedelta(days=1)
    return count
