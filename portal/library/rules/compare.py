"""Two versions of a regulation side by side: which articles are new, gone, moved or changed, and where in the text.

Blanks and the width of punctuation do not count as a change, but what is shown is the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_BLANKS = re.compile(r"[\s\u200b-\u200f\ufeff\u2060]")
_SAME = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "〈": "<", "〉": ">", "．": ".", "。": "."})
_ALIKE = 0.5
_LONG = 6000


class Change(StrEnum):
    """相同, 修改, 新增, 删除, 改序 (same text, another number)."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


class Mark(StrEnum):
    """What a piece of text is: in both, only in the later, only in the earlier version."""

    BOTH = "both"
    NEW = "new"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Article:
    """What is compared: a label and a text."""

    address: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """An article of the earlier and one of the later version; None for none. `pieces` spell the later out."""

    change: Change
    old: Article | None
    new: Article | None
    pieces: tuple[tuple[Mark, str], ...] = ()


def plain(text: str) -> str:
    """A text without what does not count as a change."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text).translate(_SAME))


def compare(old: Sequence[Article], new: Sequence[Article]) -> list[Pair]:
    """All articles of both versions, in the order of the later one, with the gone ones where they stood.

    Same text pairs first, in order; then, between what is paired, the most alike in order; the rest is new or gone.
    """
    old_plain, new_plain = [plain(each.text) for each in old], [plain(each.text) for each in new]
    partners = _partners(old, new, old_plain, new_plain)
    pairs: list[Pair] = []
    done = 0
    for place, article in enumerate(new):
        partner = partners.get(place)
        if partner is None:
            pairs.append(Pair(Change.ADDED, None, article))
            continue
        pairs += [Pair(Change.REMOVED, each, None) for each in old[done:partner]]
        done = partner + 1
        if old_plain[partner] == new_plain[place]:
            change = Change.SAME if old[partner].label == article.label else Change.MOVED
            pairs.append(Pair(change, old[partner], article))
        else:
            pairs.append(Pair(Change.CHANGED, old[partner], article, pieces(old[partner].text, article.text)))
    return pairs + [Pair(Change.REMOVED, each, None) for each in old[done:]]


def _partners(
    old: Sequence[Article], new: Sequence[Article], old_plain: list[str], new_plain: list[str]
) -> dict[int, int]:
    """{place in the later version: place in the earlier}, rising on both sides."""
    found: dict[int, int] = {}
    matcher = SequenceMatcher(None, old_plain, new_plain, autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            found.update({b_from + step: a_from + step for step in range(a_to - a_from)})
        elif tag == "replace":
            found.update(_alike(old_plain, new_plain, range(a_from, a_to), range(b_from, b_to)))
    return found


def _alike(old: list[str], new: list[str], olds: range, news: range) -> dict[int, int]:
    """The best pairing that keeps the order of both sides (longest common subsequence, weighted by likeness)."""
    grams = {("o", a): _grams(old[a]) for a in olds} | {("n", b): _grams(new[b]) for b in news}
    best = [[0.0] * (len(news) + 1) for _ in range(len(olds) + 1)]
    like = [[_likeness(grams["o", a], grams["n", b]) for b in news] for a in olds]
    for i in range(len(olds) - 1, -1, -1):
        for j in range(len(news) - 1, -1, -1):
            pair = like[i][j] + best[i + 1][j + 1] if like[i][j] >= _ALIKE else 0.0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    found, i, j = {}, 0, 0
    while i < len(olds) and j < len(news):
        if like[i][j] >= _ALIKE and best[i][j] == like[i][j] + best[i + 1][j + 1]:
            found[news[j]] = olds[i]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _grams(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(max(len(text) - 1, 1)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient of the pairs of neighbouring characters."""
    return 2 * len(one & other) / (len(one) + len(other))


def pieces(old: str, new: str) -> tuple[tuple[Mark, str], ...]:
    """The two texts woven together: what both have, what went, what came. Whitespace and width are no change.

    The pieces marked both and new are the later text, letter by letter.
    """
    if max(len(old), len(new)) > _LONG:
        return _lines_woven(old, new)
    olds, news = _tokens(old), _tokens(new)
    matcher = SequenceMatcher(None, [key for key, _ in olds], [key for key, _ in news], autojunk=False)
    woven: list[tuple[Mark, str]] = []
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            woven.append((Mark.BOTH, _text(news[b_from:b_to])))
        else:
            woven.append((Mark.OLD, _text(olds[a_from:a_to])))
            woven.append((Mark.NEW, _text(news[b_from:b_to])))
    return tuple(_merged(woven))


def _tokens(text: str) -> list[tuple[str, str]]:
    """(what counts, what is shown) of each character; what does not count belongs to the one before it."""
    found: list[tuple[str, str]] = []
    for char in text:
        key = plain(char)
        if key or not found:
            found.append((key, char))
        else:
            found[-1] = (found[-1][0], found[-1][1] + char)
    return found


def _text(tokens: Iterable[tuple[str, str]]) -> str:
    return "".join(shown for _, shown in tokens)


def _lines_woven(old: str, new: str) -> tuple[tuple[Mark, str], ...]:
    """Line by line for texts too long for a comparison by letter."""
    olds, news = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = SequenceMatcher(None, [plain(line) for line in olds], [plain(line) for line in news], autojunk=False)
    woven: list[tuple[Mark, str]] = []
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            woven.append((Mark.BOTH, "".join(news[b_from:b_to])))
        else:
            woven += [(Mark.OLD, "".join(olds[a_from:a_to])), (Mark.NEW, "".join(news[b_from:b_to]))]
    return tuple(_merged(woven))


def _merged(woven: Iterable[tuple[Mark, str]]) -> list[tuple[Mark, str]]:
    found: list[tuple[Mark, str]] = []
    for mark, text in woven:
        if not text:
            continue
        if found and found[-1][0] is mark:
            found[-1] = (mark, found[-1][1] + text)
        else:
            found.append((mark, text))
    return found
