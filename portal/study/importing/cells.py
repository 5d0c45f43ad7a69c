"""Cells of the workbook as values: people by name or number, times, numbers, the answers of a list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.imports.registry import RowNote
from portal.study.importing.known import Known, KnownPerson

# Not inside brackets: a topic in them may have commas.
_BETWEEN = re.compile(r"[、，,;；\n](?![^（(]*[)）])")
_BRACKETS = re.compile(r"(.+?)[（(](.*)[)）]")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?")
_LINES = re.compile(r"[\n；;]")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}[.．、](?!\d)|[（(]\d{1,2}[)）])\s*")
YES, NO = frozenset({"是", "true", "1", "y", "yes", "√"}), frozenset({"", "否", "false", "0", "n", "no"})


class CellError(ValueError):
    """A cell that cannot be read; `note` says what about it."""

    def __init__(self, code: str, column: str, **params: str) -> None:
        super().__init__(code)
        self.note = RowNote(code, {"column": column, **params})


def folded(text: str) -> str:
    """A name or number as it is compared: full-width signs are the same as narrow ones."""
    return unicodedata.normalize("NFKC", text).strip()


def time_of(row: Mapping[str, Any], column: str) -> str:
    """A time of day as rows hold it, "" for none. Raises CellError bad-time."""
    text = folded(row.get(column, ""))
    if not text:
        return ""
    found = _TIME.fullmatch(text)
    if found is None:
        raise CellError("bad-time", column, value=text)
    return f"{int(found[1]):02}:{found[2]}"


def number_of(row: Mapping[str, Any], column: str, most: int) -> int | None:
    """A whole number of people or minutes, None for none. Raises CellError bad-number."""
    text = folded(row.get(column, ""))
    plain = re.sub(r"[人分钟名]+$", "", text)
    if not text:
        return None
    if not plain.isdecimal() or len(plain) > 6 or int(plain) > most:  # noqa: PLR2004
        raise CellError("bad-number", column, value=text, most=str(most))
    return int(plain)


def text_of(row: Mapping[str, Any], column: str, most: int) -> str:
    """A text of at most so many characters. Raises CellError too-long."""
    text = str(row.get(column, "")).strip()
    if len(text) > most:
        raise CellError("too-long", column, most=str(most))
    return text


def yes_of(row: Mapping[str, Any], column: str) -> bool:
    """是 or 否. Raises CellError bad-yes."""
    text = folded(row.get(column, "")).casefold()
    if text not in YES | NO:
        raise CellError("bad-yes", column, value=text)
    return text in YES


def topics_of(row: Mapping[str, Any], most: int) -> list[str]:
    """The topics, a line or a semicolon each, without the numbers that people put before them."""
    lines = [_NUMBERED.sub("", line).strip() for line in _LINES.split(str(row.get("topics", "")))]
    found = [line for line in lines if line]
    if any(len(line) > most for line in found):
        raise CellError("too-long", "topics", most=str(most))
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody who spoke: a person of the portal, or only a name; and on what."""

    name: str
    user_id: int | None
    topic: str


def parts(text: str) -> list[str]:
    """A list of people as its entries: separated by 、 or a comma, one a line."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip() not in {"", "等"}]


def person(known: Known, text: str, column: str) -> KnownPerson:
    """Who is meant by a name, a number, or a name with a number in brackets.

    Raises CellError person-unknown or person-ambiguous.
    """
    plain = folded(text)
    if (found := known.numbers.get(plain)) is not None:
        return found
    if (split := _BRACKETS.fullmatch(plain)) and (found := known.numbers.get(split[2].strip())) is not None:
        if found.name == re.sub(r"\s", "", split[1]):
            return found
        raise CellError("person-mismatch", column, value=plain, name=found.name)
    same = known.names.get(re.sub(r"\s", "", plain), [])
    if len(same) == 1:
        return same[0]
    code = "person-ambiguous" if same else "person-unknown"
    raise CellError(code, column, value=plain, count=str(len(same)))


def people_of(row: Mapping[str, Any], known: Known, column: str) -> Iterator[KnownPerson | RowNote]:
    """Everybody that a cell names, and a note for each whom nobody knows."""
    for part in parts(str(row.get(column, ""))):
        try:
            yield person(known, part, column)
        except CellError as error:
            apart = _apart(known, part, column)
            yield from apart or [error.note]


def _apart(known: Known, text: str, column: str) -> Sequence[KnownPerson | RowNote]:
    """Names with blanks between them, where each is somebody; 张　三 was tried as one name before."""
    try:
        return [person(known, each, column) for each in text.split()] if len(text.split()) > 1 else []
    except CellError:
        return []


def speakers_of(row: Mapping[str, Any], known: Known) -> list[Spoken]:
    """Who spoke: 张三、李四（体会）; whoever is not known is a guest."""
    found = []
    for part in parts(str(row.get("speakers", ""))):
        split = _BRACKETS.fullmatch(part)
        name, topic = (split[1].strip(), split[2].strip()) if split else (part, "")
        try:
            who = person(known, part if folded(topic) in known.numbers else name, "speakers")
        except CellError:
            found.append(Spoken(name[:50], None, topic[:200]))
        else:
            found.append(Spoken(who.name, who.id, "" if folded(topic) == who.number else topic[:200]))
    return found
