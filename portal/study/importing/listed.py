"""The sheets of people and of speeches: a line each, tied to a session by its 编号."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.imports.registry import RowNote
from portal.study.importing import cells
from portal.study.importing.cells import CellError, folded
from portal.study.importing.known import Known, KnownPerson
from portal.study.minutes import STATUS_WORDS
from portal.study.rules.attendance import Attendance, MakeUp, Part
from portal.study.rules.dates import parse_date
from portal.study.rules.session import MOST_MINUTES

PART_WORDS = {Part.CHAIR: "主持", Part.LEAD: "领学", Part.SPEAK: "发言", Part.LECTURE: "授课"}
MAKE_UP_WORDS = {MakeUp.NONE: "", MakeUp.DUE: "待补学", MakeUp.DONE: "已补学"}
_STATUSES = {
    **{word: status for status, word in STATUS_WORDS.items()},
    "免": Attendance.EXEMPT,
    "": Attendance.UNKNOWN,
    "到": Attendance.PRESENT,
    "参加": Attendance.PRESENT,
}
_PARTS = {word: part for part, word in PART_WORDS.items()}
_MAKE_UPS = {word: make_up for make_up, word in MAKE_UP_WORDS.items()} | {"无": MakeUp.NONE}


def entry(line: Mapping[str, Any], known: Known, problems: list[RowNote]) -> dict[str, Any] | None:
    """A person's line of the list as the service takes it; None with a note in `problems` where it cannot be read."""
    try:
        who = _who(line, known)
        read = {
            "user_id": who.id,
            "status": _word(line, "status", _STATUSES).value,
            "parts": [_PARTS[word].value for word in cells.parts(line.get("parts", "")) if word in _PARTS],
            "note": cells.text_of(line, "note", 200),
            "override": cells.number_of(line, "override", MOST_MINUTES),
            "override_reason": cells.text_of(line, "override_reason", 200),
            "make_up": _word(line, "make_up", _MAKE_UPS).value,
            "make_up_due": _day(line, "make_up_due"),
            "make_up_on": _day(line, "make_up_on"),
            "make_up_note": cells.text_of(line, "make_up_note", 500),
        }
    except CellError as error:
        problems.append(_at(line, error.note))
        return None
    if read["override"] is not None and not read["override_reason"]:
        problems.append(_at(line, RowNote("reason-missing", {"column": "override_reason"})))
    return read


def speeches(lines: Sequence[Mapping[str, Any]], known: Known, problems: list[RowNote]) -> list[dict[str, Any]]:
    """The speeches of a session; whoever is not known is a guest."""
    found = []
    for line in lines:
        number = folded(line.get("number", ""))
        try:
            who = cells.person(known, number, "number") if number else None
            found.append(
                {
                    "name": cells.text_of(line, "name", 50) or (who.name if who else ""),
                    "user_id": who.id if who else None,
                    "topic": cells.text_of(line, "topic", 200),
                    "minutes": cells.number_of(line, "minutes", MOST_MINUTES),
                    "summary": cells.text_of(line, "summary", 5_000),
                }
            )
        except CellError as error:
            problems.append(_at(line, error.note))
    return found


def _who(line: Mapping[str, Any], known: Known) -> KnownPerson:
    number = folded(line.get("number", ""))
    who = cells.person(known, number or line["name"], "number" if number else "name")
    if folded(line["name"]) not in {"", who.name}:
        raise CellError("person-mismatch", "name", value=line["name"], name=who.name)
    return who


def _word(line: Mapping[str, Any], column: str, words: Mapping[str, Any]) -> Any:
    text = folded(line.get(column, ""))
    if text not in words:
        raise CellError("bad-word", column, value=text, words="、".join(word for word in words if word))
    return words[text]


def _day(line: Mapping[str, Any], column: str) -> str | None:
    text = folded(line.get(column, ""))
    try:
        return parse_date(text)[0].isoformat() if text else None
    except ValueError as error:
        raise CellError("bad-date", column, value=text) from error


def _at(line: Mapping[str, Any], note: RowNote) -> RowNote:
    """A note with the place of the line that it is about, which stands in another sheet than the session."""
    return RowNote(note.code, {**note.params, "at": f"{line['sheet']} 第 {line['line']} 行"})
