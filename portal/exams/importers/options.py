"""Finding options: one to a line, several on a line, or glued to the end of the stem."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from portal.exams.importers.lexis import shadow

LETTERS = "ABCDEFGHIJKL"
_CJK = r"\u4e00-\u9fff《“‘"
_START = re.compile(
    r"^\s*[*#>-]{0,3}\s*(?:[(\[]\s*(?P<br>[A-La-l])\s*[)\]]\s*[.、:]?|(?P<mk>[A-La-l])\s*(?P<mark>[.、:),])"
    rf"|(?P<sp>[A-L])(?=\s+\S)|(?P<gl>[A-L])(?=[{_CJK}]))[*]*\s*"
)
_FIRST = re.compile(
    r"(?:[(\[]\s*(?P<br>[Aa])\s*[)\]]\s*[.、:]?|(?<![A-Za-z])(?P<mk>[Aa])\s*(?P<mark>[.、:),])"
    rf"|(?<=[\s)])(?P<sp>A)(?=\s+\S)|(?<=[\s)])(?P<gl>A)(?=[{_CJK}]))\s*"
)
_ENDS_PHRASE = re.compile(r"[\s)\]。?!:;,、”\"_]$")
_SURE_CHAIN = 3
_PAIR = 2
# A stem with more letters A than this is no stem; each one costs a look over the rest of the line.
_TRIES = 20


class Mark(NamedTuple):
    """Where an option's letter stands: start, where its text starts, the letter's index, the way it is marked."""

    start: int
    end: int
    letter: int
    style: str


def _mark(match: re.Match[str], offset: int = 0) -> Mark:
    name = next(name for name in ("br", "mk", "sp", "gl") if match[name])
    style = match["mark"] if name == "mk" else {"br": "()", "sp": " ", "gl": ""}[name]
    return Mark(match.start() + offset, match.end() + offset, LETTERS.index(match[name].upper()), style)


def option_start(line: str) -> Mark | None:
    """Read the letter that a line begins with, None where it begins with none."""
    match = _START.match(shadow(line))
    return _mark(match) if match else None


def _next_mark(text: str, after: Mark) -> Mark | None:
    """The following letter, marked like the one before; after a space any usual mark will do."""
    if after.letter + 1 >= len(LETTERS):
        return None
    wanted = LETTERS[after.letter + 1]
    either = f"[{wanted}{wanted.lower()}]"
    if after.style == "()":
        pattern = rf"[(\[]\s*{either}\s*[)\]]\s*[.、:]?\s*"
    elif after.style == " ":
        pattern = rf"(?<=\s){wanted}\s+"
    elif after.style == "":
        pattern = rf"(?<=\s){wanted}(?=[{_CJK}0-9])"
    else:
        pattern = rf"(?<![A-Za-z]){either}\s*{re.escape(after.style)}\s*|(?<=[\s。;,]){either}\s*[.、:)]\s*"
    match = re.compile(pattern).search(text, after.end)
    return Mark(match.start(), match.end(), after.letter + 1, after.style) if match else None


def _chain(text: str, first: Mark, next_letter: int | None) -> list[Mark]:
    """All letters that follow the first on this line, in order.

    `next_letter` is the letter that the following line begins with: what it names cannot stand on this line already, so
    "A. 维生素B、维生素C" stays one option where the next line is B.
    """
    marks = [first]
    while mark := _next_mark(text, marks[-1]):
        marks.append(mark)
    if next_letter is not None and next_letter > first.letter:
        marks = [mark for mark in marks if mark.letter < next_letter]
    return marks


def _texts(line: str, marks: list[Mark]) -> list[str]:
    ends = [mark.start for mark in marks[1:]] + [len(line)]
    closing = " ;；" if len(marks) > 1 else " "
    return [line[mark.end : end].strip().rstrip(closing) for mark, end in zip(marks, ends, strict=True)]


def split_options(line: str, next_letter: int | None) -> tuple[int, list[str], str] | None:
    """Split a line that begins with an option's letter: (index of the first letter, texts, mark style)."""
    first = option_start(line)
    if first is None:
        return None
    return first.letter, _texts(line, _chain(shadow(line), first, next_letter)), first.style


def split_stem(line: str, next_letter: int | None) -> tuple[str, list[str]] | None:
    """Split options from the end of a stem's line: (stem, option texts); None where none are glued to it."""
    if next_letter == 0:
        return None
    text = shadow(line)
    for match in islice(_FIRST.finditer(text), _TRIES):
        first = _mark(match)
        if first.start == 0:
            continue
        marks = _chain(text, first, next_letter)
        if _believable(text, marks, next_letter):
            return line[: first.start].rstrip(), _texts(line, marks)
    return None


def _believable(text: str, marks: list[Mark], next_letter: int | None) -> bool:
    count = len(marks)
    continues = next_letter is not None and next_letter == marks[-1].letter + 1
    clean = bool(_ENDS_PHRASE.search(text[: marks[0].start]))
    if marks[0].style in {" ", ""}:
        return count >= _SURE_CHAIN or (continues and clean)
    if clean:
        return count >= _PAIR or continues
    return count >= _SURE_CHAIN or (count == _PAIR and marks[0].style == ".")


def split_cell(text: str) -> list[str]:
    """Split a cell that holds all options: by lines, by |, by letters, or by ; in this order."""
    text = text.strip()
    parts = [part.strip() for part in re.split(r"[\r\n]+|\s*[|｜]\s*|\$\$|@@|#{2,}", text) if part.strip()]
    if len(parts) == 1:
        chained = split_options(text, None)
        if chained and chained[0] == 0 and len(chained[1]) > 1:
            return [part.rstrip(";；,， ") for part in chained[1]]
        parts = [part.strip() for part in re.split(r"[;；]", text) if part.strip()]
    return _without_letters(parts)


def _without_letters(parts: list[str]) -> list[str]:
    texts: list[str] = []
    for number, part in enumerate(parts):
        following = option_start(parts[number + 1]) if number + 1 < len(parts) else None
        found = split_options(part, following.letter if following else None)
        if found is None or found[0] != len(texts):
            return parts
        texts += found[1]
    return texts
