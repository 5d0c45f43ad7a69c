"""Rows of results judged against the list of the round and what is on record; touches no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.core.errors import RuleError
from portal.exams.results_import.reading import COLUMNS
from portal.exams.rules.recorded import absence, day_of, folded, score_of
from portal.exams.rules.round import RosterStatus
from portal.imports.registry import RowNote, StagedRow, Verdict

SUMS = frozenset({"合计", "总计", "小计", "平均", "平均分", "平均成绩", "备注", "说明", "及格率", "合格率", "参考率"})
_CERTIFICATE_LENGTH = 60
_HEADINGS = frozenset(folded(name).casefold() for names in COLUMNS.values() for name in names)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who may have a result; `status` None for one who is not on the list yet."""

    id: int
    number: str
    name: str
    units: frozenset[str]
    status: RosterStatus | None = None
    score: int | None = None
    sat_on: date | None = None
    certificate: str = ""
    seen: str = ""


@dataclass(slots=True)
class Known:
    """The round's full marks (hundredths) and usual day, the day of today, and the people."""

    full_marks: int
    day: date
    today: date
    people: list[KnownPerson] = field(default_factory=list)


def judge_rows(rows: Sequence[Mapping[str, Any]], known: Known) -> list[StagedRow]:
    """Every row with what will become of it; the second row of one person is refused."""
    index = _Index(known)
    first: dict[int, str] = {}
    return [_judged(row, known, index, first) for row in rows]


class _Index:
    """People by number and by name, those on the list first."""

    def __init__(self, known: Known) -> None:
        self.numbers = {each.number.casefold(): each for each in known.people}
        self.names: dict[str, list[KnownPerson]] = {}
        for each in known.people:
            self.names.setdefault(folded(each.name), []).append(each)

    def find(self, row: Mapping[str, Any]) -> KnownPerson | RowNote:
        """The person that a row means, or why nobody can tell."""
        number, name = folded(row["number"]), folded(row["name"])
        if number:
            person = self.numbers.get(number.casefold())
            if person is None:
                return RowNote("no-number", {"value": row["number"]})
            if name and folded(person.name) != name:
                return RowNote("other-name", {"value": row["name"], "name": person.name})
            return person
        return self._named(name, row)

    def _named(self, name: str, row: Mapping[str, Any]) -> KnownPerson | RowNote:
        found = self.names.get(name, [])
        for narrower in (
            [each for each in found if each.status is not None],
            [each for each in found if folded(row["unit"]) in each.units],
            [each for each in found if folded(row["unit"]) in each.units and each.status is not None],
        ):
            if len(found) > 1 and narrower:
                found = narrower
        if not found:
            return RowNote("no-name", {"value": row["name"]})
        if len(found) > 1:
            return RowNote("name-twice", {"value": row["name"], "count": str(len(found))})
        return found[0]


def _judged(row: Mapping[str, Any], known: Known, index: _Index, first: dict[int, str]) -> StagedRow:
    if _no_person(row):
        return _staged(row, Verdict.DUPLICATE, "sum", [RowNote("no-person")])
    person = index.find(row)
    if isinstance(person, RowNote):
        return _staged(row, Verdict.REJECTED, "bad", [person])
    if person.id in first:
        return _staged(row, Verdict.REJECTED, "bad", [RowNote("row-twice", {"where": first[person.id]})])
    first[person.id] = place_of(row)
    status = absence(row["score"])
    return _absent(row, person, status) if status is not None else _scored(row, person, known)


def _no_person(row: Mapping[str, Any]) -> bool:
    """A sum, a remark or the heading once more."""
    number, name = folded(row["number"]), folded(row["name"])
    if not number and not name:
        return True
    said = {text.casefold() for text in (number, name) if text}
    return bool(said & SUMS) or said <= _HEADINGS


def _absent(row: Mapping[str, Any], person: KnownPerson, status: RosterStatus) -> StagedRow:
    if person.score is not None:
        return _staged(row, Verdict.REJECTED, "bad", [RowNote("score-stands", {"value": row["score"]})])
    if person.status is None:
        payload = {"op": "list", "id": person.id, "status": status.value}
        return _staged(row, Verdict.ACCEPTED, "listed", [RowNote("will-list")], payload)
    if person.status is not status:
        return _staged(row, Verdict.REJECTED, "bad", [RowNote("status-differs", {"value": row["score"]})])
    return _staged(row, Verdict.DUPLICATE, "absent", [])


def _scored(row: Mapping[str, Any], person: KnownPerson, known: Known) -> StagedRow:
    try:
        score = score_of(row["score"], known.full_marks)
        sat_on = day_of(row["sat_on"], known.today) if row["sat_on"] else person.sat_on or known.day
    except RuleError as error:
        note = RowNote(error.code, {name: str(value) for name, value in error.params.items()})
        return _staged(row, Verdict.REJECTED, "bad", [note])
    certificate = row["certificate"] or person.certificate
    if len(certificate) > _CERTIFICATE_LENGTH:
        return _staged(row, Verdict.REJECTED, "bad", [RowNote("certificate-long")])
    if person.status not in (None, RosterStatus.SHOULD):
        return _staged(row, Verdict.REJECTED, "bad", [RowNote("not-due")])
    wanted = {"score": score, "sat_on": sat_on.isoformat(), "certificate": certificate}
    payload = {"id": person.id, "seen": person.seen, **wanted}
    if person.score is None:
        notes = [RowNote("will-list")] if person.status is None else []
        return _staged(row, Verdict.ACCEPTED, "new", notes, {"op": "new", **payload}, flagged=bool(notes))
    changes = list(_changes(person, score, sat_on, certificate))
    if not changes:
        return _staged(row, Verdict.DUPLICATE, "same", [])
    return _staged(row, Verdict.ACCEPTED, "changed", changes, {"op": "changed", **payload}, flagged=True)


def _changes(person: KnownPerson, score: int, sat_on: date, certificate: str) -> Iterable[RowNote]:
    if person.score != score:
        yield RowNote("score-changes", {"old": _points(person.score or 0), "new": _points(score)})
    if person.sat_on != sat_on:
        yield RowNote("day-changes", {"old": str(person.sat_on), "new": sat_on.isoformat()})
    if person.certificate != certificate:
        yield RowNote("certificate-changes", {"old": person.certificate or "—", "new": certificate})


def _points(value: int) -> str:
    return f"{value / 100:g}"


def place_of(row: Mapping[str, Any]) -> str:
    """Sheet and row, as a person finds them."""
    return f"{row['sheet']} 第 {row['line']} 行"


def _staged(
    row: Mapping[str, Any], verdict: Verdict, kind: str, notes: Sequence[RowNote],
    payload: dict[str, Any] | None = None, *, flagged: bool = False,
) -> StagedRow:  # fmt: skip
    title = " ".join(part for part in (row["number"], row["name"], row["score"]) if part) or "—"
    return StagedRow(
        verdict, place_of(row), title, kind, flagged, notes=notes, payload={"cells": dict(row), **(payload or {})}
    )
