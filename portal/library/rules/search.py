"""One way to cut texts and queries, for both databases, so that a search finds what a search by substring finds.

A text is folded (NFKC, lower case) and cut into runs of letters and digits; punctuation and blanks break runs.
A run gives its overlapping pairs of characters and its last character alone: 信访局 -> 信访 访局 局. Then a run of the
query is in a text just when its pairs stand in it one after another, and a single character when some token begins
with it. Characters are written as hexadecimal numbers, so that no database's own idea of letters comes between.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Letters and numbers of all kinds (〇 is one); \w also has "_", which is no letter.
_RUN = re.compile(r"[^\W_]+")
# Zero-width characters are an accident of copying, in a text as in a query: they break nothing.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
MAX_QUERY = 200


# What NFKC makes of the punctuation that stands in every Chinese text: most texts need nothing more.
_USUAL = (("，", ","), ("；", ";"), ("：", ":"), ("（", "("), ("）", ")"), ("！", "!"), ("？", "?"), ("\u3000", " "))


def fold(text: str) -> str:
    """A text as it is compared: NFKC, lower case, without what cannot be seen."""
    plain = INVISIBLE.sub("", text)
    for wide, narrow in _USUAL:
        plain = plain.replace(wide, narrow)
    if not unicodedata.is_normalized("NFKC", plain):
        plain = unicodedata.normalize("NFKC", plain)
    return plain.lower()


def searchable(label: str, heading: str, text: str) -> str:
    """What of a provision is searched: what a reader sees of it."""
    return "\n".join(part for part in (label, heading, text) if part)


def runs_of(text: str) -> list[str]:
    """The runs of a text, in their order."""
    return _RUN.findall(fold(text))


def query_runs(query: str) -> list[str]:
    """The different runs of what somebody asked for; of a query that is too long, its beginning."""
    return list(dict.fromkeys(runs_of(query[:MAX_QUERY])))


def _code(char: str) -> str:
    """Fixed width for the common plane, so that a single character is a prefix of no other one's code."""
    number = ord(char)
    return f"{number:04x}" if number <= 0xFFFF else f"z{number:06x}"  # noqa: PLR2004


def run_tokens(run: str) -> list[str]:
    """The tokens of one run."""
    codes = [_code(char) for char in run]
    return [one + other for one, other in pairwise(codes)] + codes[-1:]


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, in their order."""
    return [token for run in runs_of(text) for token in run_tokens(run)]


def pairs_of(run: str) -> list[str]:
    """What must stand in a text for the run to stand in it; empty for a single character."""
    return run_tokens(run)[:-1]


def prefix_of(run: str) -> str:
    """The beginning of each token that a single character begins."""
    return _code(run)


def matches(folded: str, runs: Iterable[str]) -> bool:
    """Whether each run is in a folded text: what a search must agree with."""
    return all(run in folded for run in runs)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides the place of a hit, most important first."""

    in_title: bool
    in_heading: bool
    in_force: bool
    density: float
    number: int
    id: int

    @property
    def key(self) -> tuple[bool, bool, bool, float, int, int]:
        """To sort by, the best first."""
        return (not self.in_title, not self.in_heading, not self.in_force, -self.density, self.number, self.id)


def density(folded: str, runs: Sequence[str]) -> float:
    """Characters of a folded text that are the query's, as a share, rounded so that both databases agree."""
    found = sum(folded.count(run) * len(run) for run in runs)
    return round(found / max(len(folded), 1), 6)


def excerpt(text: str, runs: Sequence[str], width: int = 80) -> list[tuple[bool, str]]:
    """The part of a text around the first run, as (found, text) pieces; "…" where something is left out."""
    clear = INVISIBLE.sub("", text)
    spans = _spans(clear, runs)
    first = spans[0][0] if spans else 0
    start = max(0, first - width // 3) if len(clear) > width else 0
    end = min(len(clear), start + width)
    pieces: list[tuple[bool, str]] = [(False, "…")] if start else []
    at = start
    for begin, stop in spans:
        if begin >= end or begin < at:
            continue
        pieces += [(False, clear[at:begin]), (True, clear[begin : min(stop, end)])]
        at = min(stop, end)
    pieces += [(False, clear[at:end]), (False, "…" if end < len(clear) else "")]
    return [(found, part.replace("\n", " ")) for found, part in pieces if part]


def _spans(text: str, runs: Sequence[str]) -> list[tuple[int, int]]:
    """Where the runs stand in the text as it is written: folding may lengthen it, so letters are traced back."""
    folded, places = fold(text), list(range(len(text)))
    if len(folded) != len(text):
        parts = [fold(char) for char in text]
        folded = "".join(parts)
        places = [place for place, part in enumerate(parts) for _ in part]
    found = []
    for run in runs:
        at = folded.find(run)
        while at >= 0:
            found.append((places[at], places[at + len(run) - 1] + 1))
            at = folded.find(run, at + len(run))
    merged: list[tuple[int, int]] = []
    for begin, stop in sorted(found):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((begin, stop))
    return merged
