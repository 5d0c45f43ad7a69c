"""What is amiss in a bank: stems that nearly repeat one another, options that give the answer away.

Nothing here decides; it only says where to look.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.exams.rules.question import QuestionType, normalise

# Two stems are near one another from this share of common pairs of characters (Jaccard) upwards.
NEAR = 0.8
_TRACE = 1e-9  # what rounding may have added to a product

# The right option is conspicuous when it is longer than every other by half as much again and by four characters.
LONGER_BY, LONGER_AT_LEAST = 1.5, 4
ALL_OF_THE_ABOVE = (
    "以上都对", "以上都是", "以上全对", "以上全是", "以上皆是", "以上均是", "以上都正确", "以上均正确", "以上全部正确",
    "以上选项都对", "以上选项均正确", "上述都是", "上述都对", "都对", "都是", "全部都是", "全对", "以上答案都对",
    "以上说法都对", "以上说法都正确",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stems that are near one another, by their ids, and how near: the share of common pairs of characters."""

    first: int
    second: int
    share: float


def bigrams(stem: str) -> frozenset[str]:
    """Pairs of neighbouring characters of a stem without spaces, punctuation and difference of case."""
    text = normalise(stem).casefold()
    return frozenset(text[at : at + 2] for at in range(len(text) - 1)) or frozenset({text})


def share(left: frozenset[str], right: frozenset[str]) -> float:
    """Jaccard: what both have over what either has."""
    together = len(left & right)
    return together / (len(left) + len(right) - together) if left or right else 1.0


def near_pairs(stems: Mapping[int, str], threshold: float = NEAR) -> list[Pair]:
    """All pairs of stems that are near, the nearest first; stems that are the same words are pairs of share 1.

    Two sets whose share is t or more have a pair of characters in common among the rarest n - ceil(t n) + 1 of each
    (prefix filtering: R. J. Bayardo, Y. Ma, R. Srikant, WWW 2007), so that few have to be held against one another.
    """
    grams = {number: bigrams(stem) for number, stem in stems.items()}
    frequency = Counter(gram for own in grams.values() for gram in own)
    begun: dict[str, list[int]] = {}
    found = []
    for number in sorted(grams, key=lambda each: (len(grams[each]), each)):
        own = grams[number]
        prefix = sorted(own, key=lambda gram: (frequency[gram], gram))[
            : len(own) - math.ceil(threshold * len(own) - _TRACE) + 1
        ]
        candidates = {other for gram in prefix for other in begun.get(gram, ())}
        found += [
            Pair(min(number, other), max(number, other), value)
            for other in candidates
            if len(grams[other]) >= threshold * len(own) and (value := share(own, grams[other])) >= threshold
        ]
        for gram in prefix:
            begun.setdefault(gram, []).append(number)
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def gives_away(type_: QuestionType, options: Sequence[str], key: Sequence[int]) -> bool:
    """Whether the one right option of a 单选 can be told by its length."""
    if type_ is not QuestionType.SINGLE or len(key) != 1:
        return False
    right = len(options[key[0]])
    others = [len(option) for at, option in enumerate(options) if at != key[0]]
    longest = max(others, default=0)
    return right >= longest * LONGER_BY and right - longest >= LONGER_AT_LEAST


def is_longest(options: Sequence[str], key: Sequence[int]) -> bool:
    """Whether the one right option is longer than every other, by however little."""
    return len(key) == 1 and all(
        len(option) < len(options[key[0]]) for at, option in enumerate(options) if at != key[0]
    )


def all_of_the_above(options: Sequence[str]) -> int | None:
    """The place of an option that says "all of the above", None where there is none."""
    for at, option in enumerate(options):
        if normalise(option) in ALL_OF_THE_ABOVE:
            return at
    return None


@dataclass(frozen=True, slots=True)
class Habits:
    """Of the 单选 of a bank: how many, in how many the right option is the longest, in how many it would be by chance
    (hundredths), how often each letter is right; and how many options say "all of the above", and how many of these
    are right.
    """

    singles: int
    longest: int
    by_chance: int
    all_above: int
    all_above_right: int
    letters: tuple[int, ...]


def habits(questions: Iterable[tuple[QuestionType, Sequence[str], Sequence[int]]]) -> Habits:
    """Count what a bank does again and again."""
    singles = longest = above = above_right = 0
    chance = 0.0
    letters: Counter[int] = Counter()
    for type_, options, key in questions:
        place = all_of_the_above(options)
        above += place is not None
        above_right += place is not None and place in key
        if type_ is QuestionType.SINGLE and len(key) == 1 and options:
            singles += 1
            chance += 1 / len(options)
            longest += is_longest(options, key)
            letters[key[0]] += 1
    width = max(letters, default=-1) + 1
    return Habits(singles, longest, round(chance * 100), above, above_right, tuple(letters[at] for at in range(width)))


# Fewer answers than these say nothing about a question.
MIN_ANSWERS = 5
_DIGITS = "零一二三四五六七八九"
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ARTICLE = re.compile(r"^第([零〇一二三四五六七八九十百千\d]+)条(?:之([一二三四五六七八九十]+))?")


def article_of(written: str) -> str:
    """The article itself, without paragraph and item: 第二十二条第一款 -> 第二十二条."""
    found = _ARTICLE.match(written)
    return found[0] if found else written


def article_place(written: str) -> tuple[int, int]:
    """Where an article stands in its law: 第十条之二 -> (10, 2); what is no article comes last."""
    found = _ARTICLE.match(written)
    return (_number(found[1]), _number(found[2] or "")) if found else (10**6, 0)


def _number(text: str) -> int:
    """A Chinese or plain number; 0 for none."""
    if text.isascii() and text.isdecimal():
        return int(text)
    total = digit = 0
    for char in text.replace("〇", "零"):
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS.find(char)
    return total + digit


def matrix(
    cited: Iterable[tuple[str, QuestionType, int]], known: Iterable[str] = ()
) -> list[tuple[str, dict[QuestionType, int]]]:
    """Rows of the coverage of one law, in the order of the law: (article, {type: how many questions test it}).

    `cited` are (article as written, type, question id); a question counts once a row. `known` are articles of the law,
    tested or not.
    """
    rows: dict[str, dict[QuestionType, set[int]]] = {article_of(each): {} for each in known}
    for written, type_, number in cited:
        rows.setdefault(article_of(written), {}).setdefault(type_, set()).add(number)
    return [
        (article, {kind: len(rows[article].get(kind, ())) for kind in QuestionType})
        for article in sorted(rows, key=lambda each: (article_place(each), each))
    ]
