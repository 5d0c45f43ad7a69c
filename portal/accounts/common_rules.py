"""Passwords that everybody tries first, without asking any service about them.

NIST SP 800-63B 3.1.1.2 has a new password compared with those "known to be commonly used, expected, or compromised":
words of a list, words about the place, and the habits of the country. Length alone does not help where a list begins
with the same word.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable

# What is typed here again and again: 我爱你, 一生一世, keyboard rows, and what officials are asked to log in with.
HABITS = (
    "woaini", "woaiwojia", "aini", "wobuai", "iloveyou", "5201314", "1314520", "520", "521", "1314", "147258369",
    "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "zxcvbnm", "qazwsx", "1qaz2wsx", "1q2w3e4r", "qweasd", "abcd", "abc",
    "qwe", "asd", "zxc", "admin", "administrator", "root", "test", "guest", "user", "password", "passwd", "pass",
    "welcome", "letmein", "changeme", "default", "mima", "denglu", "xinfangju", "xinfang", "xfj", "zhengfu", "jiedao",
    "fazhi", "gongzuotai", "zhongguo", "china", "beijing", "信访局", "信访", "法治工作台", "工作台", "密码", "管理员",
    "woshishui", "zuguo", "nihao", "666", "888", "168", "110", "119",
)  # fmt: skip
_LETTERS = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "5": "s", "$": "s", "7": "t"})
_INSIDE = re.compile(r"(?<=[a-z])[@431!05$7]+(?=[a-z])|^[@$](?=[a-z])")
_DATE = re.compile(r"(?:19|20)\d{2}(?:0?[1-9]|1[0-2])?(?:0?[1-9]|[12]\d|3[01])?")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
# So few characters beside what everybody knows add nothing.
LITTLE = 3
SHORT_TAIL = 8
_SHORTEST_WORD = 4
_SHORTEST_RUN = 3


@functools.cache
def _listed() -> frozenset[str]:
    """The thirty thousand most used; read when the first password is changed."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def is_common(password: str, avoid: Collection[str] = ()) -> bool:
    """Whether a password is one of those tried first: listed, listed with a tail, or put together of known pieces.

    `avoid` are words about the place: what the bureau and the site are called.
    """
    folded = unicodedata.normalize("NFKC", password).casefold()
    inside = _INSIDE.sub(lambda found: found.group().translate(_LETTERS), folded)
    spellings = {folded, inside, folded.translate(_LETTERS)}
    if any(spelling in _listed() or _has_listed_core(spelling) for spelling in spellings | {folded[::-1]}):
        return True
    pieces = [*HABITS, *_words_of(avoid)]
    return any(len(_rest(spelling, pieces)) <= LITTLE for spelling in spellings)


def _words_of(avoid: Iterable[str]) -> list[str]:
    """The names, and for "云岭区信访局" also "云岭区" and "云岭"."""
    found = []
    for name in avoid:
        folded = unicodedata.normalize("NFKC", name).casefold()
        found += [folded, *re.findall(r"^(.+?[省市区县镇])", folded), *re.findall(r"^(.+?)[省市区县镇]", folded)]
    return [each for each in found if len(each) > 1]


def _has_listed_core(text: str) -> bool:
    """Whether it is a listed word between a few digits and signs: admin@1234, !!monkey2026."""
    core = _EDGES.sub("", text)
    return _SHORTEST_WORD <= len(core) < len(text) <= len(core) + SHORT_TAIL and core in _listed()


def _rest(text: str, pieces: Iterable[str]) -> str:
    """What is left without known pieces, dates, runs like 1234 or aaaa, and signs."""
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, "\0")
    text = _without_runs(_DATE.sub("\0", text))
    return re.sub(r"[\W_]", "", text)


def _without_runs(text: str) -> str:
    kept, run = [], text[:1]
    for character in [*text[1:], ""]:
        step = ord(character) - ord(run[-1]) if character and run else None
        steps = {ord(after) - ord(before) for before, after in itertools.pairwise(run)}
        if step in (-1, 0, 1) and (not steps or steps == {step}):
            run += character
            continue
        kept.append("\0" if len(run) >= _SHORTEST_RUN else run)
        run = character
    return "".join(kept)
