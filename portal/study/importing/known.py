"""What there is already, as far as the officer who enters past sessions may know of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from portal.accounts import queries as accounts
from portal.core import clock
from portal.core.permissions import Permission
from portal.org import queries as org
from portal.study.queries import attendance, sessions

Key = tuple[int, int, str, str, str]
"""(unit, form, name, day, precision): two sessions with the same are one."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person whom the officer may list."""

    id: int
    number: str
    name: str
    unit_id: int


@dataclass(slots=True)
class Known:
    """Forms and units by what they may be called, people by number and by name, and what is recorded already."""

    today: date
    kinds: dict[str, int] = field(default_factory=dict)
    kind_names: list[str] = field(default_factory=list)
    units: dict[str, list[int]] = field(default_factory=dict)
    unit_id: int | None = None
    numbers: dict[str, KnownPerson] = field(default_factory=dict)
    names: dict[str, list[KnownPerson]] = field(default_factory=dict)
    there: set[Key] = field(default_factory=set)


def load(session: Session, user_id: int) -> Known:
    """What the person of the id may know; a handful of statements whatever the size."""
    viewer = accounts.viewer_of(session, user_id)
    found = Known(clock.today(), unit_id=sessions.usual_unit(session, viewer))
    for kind in sessions.kinds(session):
        found.kind_names.append(kind.name)
        found.kinds |= {kind.name: kind.id, kind.english.casefold(): kind.id, kind.code: kind.id}
    units = defaultdict(list)
    for unit, _depth in org.tree(session, viewer, permission=Permission.STUDY_MANAGE):
        units[unit.code].append(unit.id)
        units[unit.name].append(unit.id)
    found.units = dict(units)
    names = defaultdict(list)
    for row in attendance.people_in_reach(session, viewer):
        person = KnownPerson(row.id, row.number, row.name, row.unit_id)
        found.numbers[row.number] = person
        names[row.name].append(person)
    found.names = dict(names)
    found.there = {
        (row.unit_id, row.kind_id, row.title, row.day.isoformat(), row.precision.value)
        for row in sessions.keys_of(session, viewer)
    }
    return found
