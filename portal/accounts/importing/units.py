"""The rows of the unit sheet, and how a cell of the people sheet names a unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from portal.accounts.importing.known import Known, KnownUnit
from portal.core.errors import RuleError
from portal.imports.registry import RowNote, StagedRow, Verdict
from portal.org.rules import UnitKind, check_place

KINDS = {
    "区": UnitKind.DISTRICT,
    "区县": UnitKind.DISTRICT,
    "局": UnitKind.BUREAU,
    "科室": UnitKind.SECTION,
    "街道": UnitKind.SUBDISTRICT,
    "乡镇": UnitKind.SUBDISTRICT,
    "社区": UnitKind.COMMUNITY,
    "村": UnitKind.COMMUNITY,
    "站点": UnitKind.STATION,
    "部门": UnitKind.DEPARTMENT,
    **{kind.value: kind for kind in UnitKind},
}
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PATH = re.compile(r"\s*[/>\\→]\s*")
_NAME_LENGTH = 200


def place_of(row: Mapping[str, Any]) -> str:
    """Where a row stands, as people find it."""
    return f"{row['sheet']} 第 {row['line']} 行"


def folded(text: str) -> str:
    """A code or number as it is compared: full-width signs are the same as narrow ones."""
    return unicodedata.normalize("NFKC", text).strip()


def judge_units(rows: Sequence[Mapping[str, Any]], known: Known) -> tuple[list[StagedRow], dict[str, KnownUnit]]:
    """Every unit row, and the new units by code. A parent may stand below its child in the sheet."""
    coming: dict[str, KnownUnit] = {}
    waiting = {folded(row["code"]): row for row in reversed(rows)}
    staged: dict[int, StagedRow] = {}

    def judge(number: int, row: Mapping[str, Any]) -> None:
        code = folded(row["code"])
        parent = folded(row.get("parent", ""))
        above = waiting.get(parent)
        if parent not in coming and above is not None and above is not row and parent not in pending:
            pending.add(code)
            judge(rows.index(above), above)
        if number not in staged:
            staged[number] = _judged(row, known, coming, waiting.get(code) is row)

    pending: set[str] = set()
    for number, row in enumerate(rows):
        if number not in staged:
            judge(number, row)
    return [staged[number] for number in range(len(rows))], coming


def _judged(row: Mapping[str, Any], known: Known, coming: dict[str, KnownUnit], first: bool) -> StagedRow:
    code, name = folded(row["code"]), row["name"]
    there = known.units.get(code)
    problem = _problem(row, known, coming, there) if first else RowNote("code-twice", {"code": code})
    if problem:
        return _staged(row, Verdict.REJECTED, "unit", [problem])
    if there is None:
        made = _new(row, known, coming)
        coming[code] = made
        payload = {"op": "unit-new", "code": code, "name": name, "kind": made.kind.value, "parent": made.parent_code}
        return _staged(row, Verdict.ACCEPTED, "unit-new", [], payload)
    if there.name == name:
        return _staged(row, Verdict.DUPLICATE, "unit-same", [])
    change = RowNote("change", {"column": "name", "old": there.name, "new": name})
    payload = {"op": "unit-changed", "id": there.id, "name": name, "old": there.name}
    return _staged(row, Verdict.ACCEPTED, "unit-changed", [change], payload)


def _staged(
    row: Mapping[str, Any], verdict: Verdict, kind: str, notes: Sequence[RowNote], payload: dict[str, Any] | None = None
) -> StagedRow:
    title = f"{row['code']} {row['name']}".strip()
    return StagedRow(verdict, place_of(row), title, kind, notes=notes, payload={"cells": dict(row), **(payload or {})})


def _problem(
    row: Mapping[str, Any], known: Known, coming: Mapping[str, KnownUnit], there: KnownUnit | None
) -> RowNote | None:
    """Why a unit row cannot come in, naming the column."""
    code = folded(row["code"])
    if not _CODE.fullmatch(code):
        return RowNote("bad-code", {"column": "code", "value": row["code"]})
    if not 0 < len(row["name"]) <= _NAME_LENGTH:
        return RowNote("bad-unit-name", {"column": "unit_name"})
    if (kind := KINDS.get(folded(row["kind"]).casefold())) is None:
        return RowNote("bad-kind", {"column": "kind", "value": row["kind"]})
    if code in known.foreign_codes or (there and not there.managed):
        return RowNote("code-foreign", {"column": "code", "code": code})
    return _moved(row, there, kind) if there else _misplaced(row, known, coming, kind)


def _moved(row: Mapping[str, Any], there: KnownUnit, kind: UnitKind) -> RowNote | None:
    """A file renames a unit; hanging it elsewhere moves everybody's rights, and is done on its page."""
    parent_code = folded(row.get("parent", ""))
    moved = parent_code and parent_code != there.parent_code
    return RowNote("unit-moved", {"column": "parent"}) if moved or kind != there.kind else None


def _misplaced(row: Mapping[str, Any], known: Known, coming: Mapping[str, KnownUnit], kind: UnitKind) -> RowNote | None:
    parent_code = folded(row.get("parent", ""))
    parent = known.units.get(parent_code) or coming.get(parent_code)
    if parent is None or not parent.managed or not parent.open:
        return RowNote("no-parent", {"column": "parent", "value": row.get("parent", "")})
    try:
        check_place(kind, parent.kind)
    except RuleError:
        return RowNote("wrong-place", {"column": "kind"})
    return None


def _new(row: Mapping[str, Any], known: Known, coming: Mapping[str, KnownUnit]) -> KnownUnit:
    parent_code = folded(row.get("parent", ""))
    parent = known.units.get(parent_code) or coming[parent_code]
    return KnownUnit(
        None, folded(row["code"]), row["name"], KINDS[folded(row["kind"]).casefold()], (*parent.path, row["name"]),
        parent_code=parent_code,
    )  # fmt: skip


class Units:
    """The units that a row may name, by code or by name with as much of the path as is needed."""

    def __init__(self, known: Known, coming: Mapping[str, KnownUnit]) -> None:
        self.by_code = {**known.units, **coming}
        self.by_name: dict[str, list[KnownUnit]] = {}
        for unit in self.by_code.values():
            self.by_name.setdefault(unit.name, []).append(unit)

    def find(self, code: str, name: str) -> KnownUnit | RowNote:
        """The unit of a row, or what is wrong with how it is named."""
        return self._by_code(code, name) if code else self._by_name(name)

    def _by_code(self, code: str, name: str) -> KnownUnit | RowNote:
        found = self.by_code.get(folded(code))
        if found is None:
            return RowNote("no-unit", {"column": "unit_code", "value": code})
        if name and found not in self._named(name) and folded(name) != found.code:
            return RowNote("unit-mismatch", {"column": "unit", "value": name, "name": found.name})
        return self._open(found, "unit_code")

    def _by_name(self, name: str) -> KnownUnit | RowNote:
        exact = self.by_code.get(folded(name))
        candidates = [exact] if exact else self._named(name)
        if len(candidates) > 1:  # a closed one of the same name is not meant
            candidates = [unit for unit in candidates if unit.open] or candidates
        if not candidates:
            return RowNote("no-unit", {"column": "unit", "value": name})
        if len(candidates) > 1:
            return RowNote("unit-ambiguous", {"column": "unit", "value": name, "count": str(len(candidates))})
        return self._open(candidates[0], "unit")

    def _named(self, text: str) -> list[KnownUnit]:
        parts = tuple(part for part in _PATH.split(text.replace("／", "/").replace("＞", ">").strip()) if part)
        candidates = self.by_name.get(parts[-1], []) if parts else []
        found = [unit for unit in candidates if unit.path[-len(parts) :] == parts]
        # A name may itself hold a stroke.
        return found or self.by_name.get(text, [])

    @staticmethod
    def _open(unit: KnownUnit, column: str) -> KnownUnit | RowNote:
        return unit if unit.open else RowNote("unit-closed", {"column": column, "name": unit.name})
