"""得分比例: what each option of a 多选 brings by itself, where a section is marked by shares.

A weight is a whole number of hundred-thousandths of a percent of the points, since GIFT and Moodle write five digits
after the point; a question has one for each option, or none at all. Without any, each right option brings its equal
part and a wrong one takes everything: that is how most files mean it, so such weights are not kept (`is_plain`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

WHOLE = 10_000_000
"""All of the points."""
_PERCENT = WHOLE // 100
_MOST_OPTIONS = 12
_NEAR = Fraction(1, 10_000)
_ONE = Fraction(1)
_PIECE = re.compile(r"([A-La-l])\s*[:=]?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*%?")

Weights = tuple[int, ...]


def from_percent(percent: Fraction) -> int:
    """33.33333 -> 3333333."""
    return round(percent * _PERCENT)


def percent_text(weight: int) -> str:
    """3333333 -> "33.33333", 5000000 -> "50"."""
    sign, size = "-" if weight < 0 else "", abs(weight)
    return f"{sign}{size // _PERCENT}.{size % _PERCENT:05d}".rstrip("0").rstrip(".")


def share(weight: int) -> Fraction:
    """The share of the points that a weight means: 33.33333 % is a third, so that three of them make the whole."""
    exact = Fraction(weight, WHOLE)
    near = exact.limit_denominator(_MOST_OPTIONS)
    return near if near and abs(near - exact) < _NEAR else exact


def shares(weights: Sequence[int]) -> dict[int, Fraction]:
    """The shares by the place of the option."""
    return {place: share(weight) for place, weight in enumerate(weights)}


def equal_shares(key: Collection[int]) -> Mapping[int, Fraction]:
    """The shares of the right options of a question that has no weights; any other option takes everything."""
    return {place: Fraction(1, len(key)) for place in key}


def fits(key: Collection[int], given: Mapping[int, Fraction]) -> bool:
    """Whether shares belong to a key: what brings something is right, and the other way round."""
    return {place for place, each in given.items() if each > 0} == set(key)


def is_plain(weights: Sequence[int], key: Collection[int]) -> bool:
    """Whether weights say no more than the key: equal parts of the whole, and wrong options all at 0 or at -100 %."""
    right = {share(weights[place]) for place in key}
    wrong = {weight for place, weight in enumerate(weights) if place not in key}
    return right == {Fraction(1, len(key))} and wrong in ({0}, {-WHOLE}, set())


def problem(weights: Sequence[int], options: int, key: Collection[int]) -> str | None:
    """What is wrong with weights that are not empty: a problem code, None when they are sound."""
    if len(weights) != options or any(abs(weight) > WHOLE for weight in weights):
        return "weights-unsound"
    given = shares(weights)
    if not fits(key, given):
        return "weights-unlike-key"
    return "weights-short" if sum(given[place] for place in key) < _ONE else None


def text(weights: Sequence[int]) -> str:
    """Weights as one line: "A 50%，B 50%，C -25%"; options that bring nothing are left out."""
    return "，".join(f"{chr(ord('A') + place)} {percent_text(each)}%" for place, each in enumerate(weights) if each)


def read(written: str, options: int) -> Weights | None:
    """What `text` wrote, in any width and with any separators; () for nothing, None where it cannot be read."""
    rest = unicodedata.normalize("NFKC", written).replace("－", "-").replace("−", "-")
    found = {ord(letter.upper()) - ord("A"): Fraction(number) for letter, number in _PIECE.findall(rest)}
    left = re.sub(r"[\s,、;。]", "", _PIECE.sub("", rest))
    if left or len(found) != len(_PIECE.findall(rest)) or any(place >= options for place in found):
        return None
    return tuple(from_percent(found.get(place, Fraction(0))) for place in range(options)) if found else ()
