"""Every session of the workbook, judged: new, there already, or why it does not come in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.imports.registry import Judgement, RowNote, StagedRow, Verdict
from portal.study.importing import cells, listed
from portal.study.importing.cells import CellError, folded
from portal.study.importing.known import Key, Known
from portal.study.minutes import STATUS_WORDS
from portal.study.rules.attendance import ATTENDED, Attendance
from portal.study.rules.dates import parse_date
from portal.study.rules.session import MOST_MINUTES, Precision, span

_MOST_PEOPLE = 100_000
# What a column of names says of those whom it names.
COLUMNS = {
    "present": Attendance.PRESENT,
    "observer": Attendance.OBSERVER,
    "leave": Attendance.LEAVE,
    "absent": Attendance.ABSENT,
}
_TEXTS = {"place": 100, "chair": 50, "lecturer": 50, "lecturer_post": 100, "organiser": 100, "summary": 20_000}


def place_of(row: Mapping[str, Any]) -> str:
    """Where a row stands, as people find it."""
    return f"{row['sheet']} 第 {row['line']} 行"


@dataclass(slots=True)
class _Found:
    """What was read of a row so far: values, the list, and what there is to say."""

    values: dict[str, Any] = field(default_factory=dict)
    entries: dict[int, dict[str, Any]] = field(default_factory=dict)
    problems: list[RowNote] = field(default_factory=list)
    remarks: list[RowNote] = field(default_factory=list)


def judge(parsed: Mapping[str, Any], known: Known, _options: Mapping[str, Any]) -> Judgement:
    """All rows of the three sheets; those of the lists stand with their session."""
    people, speeches = _by_ref(parsed["people"]), _by_ref(parsed["speeches"])
    seen: dict[Key, str] = {}
    refs: set[str] = set()
    rows = []
    for row in parsed["sessions"]:
        ref = folded(row.get("ref", ""))
        twice = bool(ref) and ref in refs and (ref in people or ref in speeches)
        refs.add(ref)
        rows.append(_session(row, known, seen, people.get(ref, []), speeches.get(ref, []), twice=twice))
    lost = [each for lines in (people, speeches) for ref, group in lines.items() if ref not in refs for each in group]
    rows += [_lost(row) for row in lost]
    return Judgement(rows, [RowNote("unread-sheet", {"name": name}) for name in parsed["unread"]])


def _by_ref(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[folded(row["ref"])].append(row)
    return found


def _lost(row: Mapping[str, Any]) -> StagedRow:
    title = f"{row['ref']} {row['name']}".strip()
    note = RowNote("no-session", {"column": "ref", "value": row["ref"]})
    return StagedRow(Verdict.REJECTED, place_of(row), title, "line", notes=[note], payload={"cells": {"ref": title}})


def _session(
    row: Mapping[str, Any], known: Known, seen: dict[Key, str], people: Sequence[Mapping[str, Any]],
    speeches: Sequence[Mapping[str, Any]], *, twice: bool,
) -> StagedRow:  # fmt: skip
    found = _Found()
    if twice:
        found.problems.append(RowNote("ref-twice", {"column": "ref", "value": row["ref"]}))
    _what(row, known, found)
    _details(row, found)
    _list(row, known, found, people)
    found.values["speeches"] = [
        *({"name": each.name, "user_id": each.user_id, "topic": each.topic} for each in cells.speakers_of(row, known)),
        *listed.speeches(speeches, known, found.problems),
    ]
    _compare(row, found)
    return _verdict(row, found, known, seen)


def _verdict(row: Mapping[str, Any], found: _Found, known: Known, seen: dict[Key, str]) -> StagedRow:
    values, title = found.values, f"{row['day']} {row['title']}".strip()
    shown = dict(row)
    if found.problems:
        return StagedRow(
            Verdict.REJECTED, place_of(row), title, "session", notes=found.problems, payload={"cells": shown}
        )
    key: Key = (values["unit_id"], values["kind_id"], values["title"], values["day"], values["precision"])
    if key in known.there or key in seen:
        note = RowNote("twice", {"column": "title", "where": seen[key]}) if key in seen else RowNote("there")
        return StagedRow(Verdict.DUPLICATE, place_of(row), title, "session", notes=[note], payload={"cells": shown})
    seen[key] = place_of(row)
    payload = {"cells": shown, **values, "entries": list(found.entries.values())}
    count = RowNote("listed", {"people": str(len(found.entries)), "speeches": str(len(values["speeches"]))})
    return StagedRow(
        Verdict.ACCEPTED, place_of(row), title, "session", flagged=bool(found.remarks),
        notes=[count, *found.remarks], payload=payload,
    )  # fmt: skip


def _what(row: Mapping[str, Any], known: Known, found: _Found) -> None:
    """When, which form, which name, whose."""
    try:
        day, precision = parse_date(row["day"])
    except ValueError:
        found.problems.append(RowNote("bad-date", {"column": "day", "value": row["day"]}))
    else:
        found.values |= {"day": day.isoformat(), "precision": precision.value}
        _past(day, precision, known, found)
    kind = known.kinds.get(folded(row["kind"])) or known.kinds.get(folded(row["kind"]).casefold())
    if kind is None:
        names = "、".join(known.kind_names)
        found.problems.append(RowNote("bad-kind", {"column": "kind", "value": row["kind"], "names": names}))
    found.values["kind_id"] = kind
    try:
        title = cells.text_of(row, "title", 200) or next(iter(cells.topics_of(row, 200)), "")
        found.values["title"] = title
        if not title:
            found.problems.append(RowNote("title-missing", {"column": "title"}))
    except CellError as error:
        found.problems.append(error.note)
    _unit(row, known, found)


def _past(day: date, precision: Precision, known: Known, found: _Found) -> None:
    if span(day, precision)[0] > known.today:
        found.problems.append(RowNote("not-yet", {"column": "day", "value": day.isoformat()}))


def _unit(row: Mapping[str, Any], known: Known, found: _Found) -> None:
    text = folded(row.get("unit", ""))
    named = known.units.get(text, [])
    if text and len(named) != 1:
        code = "unit-ambiguous" if named else "no-unit"
        found.problems.append(RowNote(code, {"column": "unit", "value": text}))
    found.values["unit_id"] = named[0] if len(named) == 1 else known.unit_id


def _details(row: Mapping[str, Any], found: _Found) -> None:
    """Everything that may be left out, each cell by itself so that all that is wrong is said at once."""
    readers: dict[str, Any] = {
        **{name: lambda name=name, most=most: cells.text_of(row, name, most) for name, most in _TEXTS.items()},
        "begins": lambda: cells.time_of(row, "begins"),
        "ends": lambda: cells.time_of(row, "ends"),
        "minutes": lambda: cells.number_of(row, "minutes", MOST_MINUTES),
        "extra": lambda: cells.number_of(row, "extra", _MOST_PEOPLE) or 0,
        "publicity": lambda: cells.yes_of(row, "publicity"),
        "topics": lambda: cells.topics_of(row, 200),
    }
    for name, read in readers.items():
        try:
            found.values[name] = read()
        except CellError as error:
            found.problems.append(error.note)
    begins, ends = found.values.get("begins", ""), found.values.get("ends", "")
    if begins and ends and ends <= begins:
        found.problems.append(RowNote("times-order", {"column": "ends"}))


def _list(row: Mapping[str, Any], known: Known, found: _Found, people: Sequence[Mapping[str, Any]]) -> None:
    """Everybody whom the columns of names and the sheet of people name; nobody twice."""
    for column, status in COLUMNS.items():
        for who in cells.people_of(row, known, column):
            if isinstance(who, RowNote):
                found.problems.append(who)
            else:
                _enter(found, column, who.name, {"user_id": who.id, "status": status.value})
    for line in people:
        entry = listed.entry(line, known, found.problems)
        if entry is not None:
            _enter(found, "status", line["name"], entry)


def _enter(found: _Found, column: str, name: str, entry: dict[str, Any]) -> None:
    before = found.entries.get(entry["user_id"])
    if before is None:
        found.entries[entry["user_id"]] = entry
    elif before["status"] == entry["status"]:
        found.remarks.append(RowNote("person-twice", {"column": column, "value": name}))
    else:
        words = [STATUS_WORDS[Attendance(each["status"])] for each in (before, entry)]
        found.problems.append(
            RowNote("person-two-answers", {"column": column, "value": name, "first": words[0], "second": words[1]})
        )


def _compare(row: Mapping[str, Any], found: _Found) -> None:
    """Whether 应到 and 实到 agree with the names. Where there are no names, 实到 counts as people without accounts."""
    try:
        attended = cells.number_of(row, "attended", _MOST_PEOPLE)
        expected = cells.number_of(row, "expected", _MOST_PEOPLE)
    except CellError as error:
        found.problems.append(error.note)
        return
    entries, extra = found.entries.values(), found.values.get("extra", 0)
    if not entries and not extra and attended:
        found.values["extra"] = attended
        found.remarks.append(RowNote("only-counted", {"column": "attended", "value": str(attended)}))
        return
    came = sum(Attendance(each["status"]) in ATTENDED for each in entries)
    asked = sum(each["status"] != Attendance.EXEMPT for each in entries)
    for column, said, count in (("attended", attended, came), ("expected", expected, asked)):
        if said is not None and entries and said not in {count, count + extra}:
            found.remarks.append(RowNote("count-differs", {"column": column, "value": str(said), "count": str(count)}))
