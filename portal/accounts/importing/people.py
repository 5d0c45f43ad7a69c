"""The rows of the people sheet, judged against who is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.accounts.importing.known import Known, KnownPerson, KnownUnit
from portal.accounts.importing.units import Units, folded, place_of
from portal.accounts.rules import NUMBER
from portal.imports.cells import cell_text
from portal.imports.registry import RowNote, StagedRow, Verdict

YES = frozenset({"是", "yes", "y", "true", "1", "√", "✓", "对"})
NO = frozenset({"否", "no", "n", "false", "0", "×", "x", "不是"})
STATES = {
    "在用": "active", "在职": "active", "active": "active", "in use": "active",
    "停用": "disabled", "disabled": "disabled",
    "离任": "left", "left": "left",
}  # fmt: skip
_NAME_LENGTH, _POSITION_LENGTH = 50, 200


def judge_people(rows: Sequence[Mapping[str, Any]], known: Known, units: Units) -> list[StagedRow]:
    """Every person row with what will become of it; the second row of one number is refused."""
    first: dict[str, str] = {}
    staged = []
    for row in rows:
        number = folded(row["number"])
        if number and number in first:
            twice = RowNote("number-twice", {"column": "number", "where": first[number]})
            staged.append(_staged(row, Verdict.REJECTED, "person", [twice]))
            continue
        first[number] = place_of(row)
        staged.append(_judged(row, number, known, units))
    return staged


def _judged(row: Mapping[str, Any], number: str, known: Known, units: Units) -> StagedRow:
    there = known.people.get(number)
    unit = _unit(row, there, units)
    problems = _problems(row, number, known, there)
    if isinstance(unit, RowNote):
        problems.append(unit)
    if problems or isinstance(unit, RowNote):
        return _staged(row, Verdict.REJECTED, "person", problems)
    wanted = {
        "name": row["name"],
        "position": row.get("position") or (there.position if there else ""),
        "is_leader": _yes(row, there),
        "unit_code": unit.code if unit else there.unit_code if there else "",
    }
    if there is None:
        return _staged(row, Verdict.ACCEPTED, "new", [], {"op": "new", "number": number, **wanted})
    changes = _changes(there, wanted, units)
    if not changes:
        return _staged(row, Verdict.DUPLICATE, "same", [])
    payload = {"op": "changed", "id": there.id, "number": number, "seen": there.seen, **wanted}
    return _staged(row, Verdict.ACCEPTED, "changed", changes, payload)


def _unit(row: Mapping[str, Any], there: KnownPerson | None, units: Units) -> KnownUnit | RowNote | None:
    """The unit that a row names; None where it leaves it as it is."""
    code, name = row.get("unit_code", ""), row.get("unit", "")
    if not code and not name:
        return None if there else RowNote("unit-missing", {"column": "unit"})
    same = units.by_code.get(there.unit_code) if there else None
    if same is not None and (folded(code) == same.code or (not code and name == same.name)):
        return same  # a closed unit, too, may stay what it is
    return units.find(code, name)


def _problems(row: Mapping[str, Any], number: str, known: Known, there: KnownPerson | None) -> list[RowNote]:
    found = []
    if not NUMBER.match(number):
        found.append(
            RowNote("bad-number" if number else "number-missing", {"column": "number", "value": row["number"]})
        )
    elif number in known.foreign_numbers:
        found.append(RowNote("number-foreign", {"column": "number", "value": number}))
    if not 0 < len(row["name"]) <= _NAME_LENGTH:
        found.append(RowNote("bad-name", {"column": "name"}))
    if len(row.get("position", "")) > _POSITION_LENGTH:
        found.append(RowNote("bad-position", {"column": "position"}))
    leader, state = folded(row.get("leader", "")).casefold(), folded(row.get("state", "")).casefold()
    if leader and leader not in YES | NO:
        found.append(RowNote("bad-leader", {"column": "leader", "value": row["leader"]}))
    if state and STATES.get(state) != (there.state if there else "active"):
        found.append(RowNote("state-differs", {"column": "state", "value": row["state"]}))
    return found


def _yes(row: Mapping[str, Any], there: KnownPerson | None) -> bool:
    text = folded(row.get("leader", "")).casefold()
    return text in YES if text else bool(there and there.is_leader)


def _changes(there: KnownPerson, wanted: Mapping[str, Any], units: Units) -> list[RowNote]:
    """What differs, old and new; what the sheet cannot hold exactly is compared as the sheet holds it."""
    found = [
        RowNote("change", {"column": column, "old": _shown(before), "new": _shown(wanted[column])})
        for column in ("name", "position", "is_leader")
        if _shown(before := getattr(there, column)) != _shown(wanted[column])
    ]
    if there.unit_code != wanted["unit_code"]:
        old, new = (units.by_code[code] for code in (there.unit_code, wanted["unit_code"]))
        found.append(
            RowNote(
                "change", {"column": "unit", "old": f"{old.name}（{old.code}）", "new": f"{new.name}（{new.code}）"}
            )
        )
    return found


def _shown(value: Any) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else cell_text(value)


def _staged(
    row: Mapping[str, Any], verdict: Verdict, kind: str, notes: Sequence[RowNote], payload: dict[str, Any] | None = None
) -> StagedRow:
    title = f"{row['number']} {row['name']}".strip()
    return StagedRow(verdict, place_of(row), title, kind, notes=notes, payload={"cells": dict(row), **(payload or {})})
