"""What there is already, as far as the administrator who imports may know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import people_services, queries
from portal.accounts.models import User
from portal.core.permissions import Permission
from portal.org import queries as org
from portal.org.models import Unit
from portal.org.rules import UnitKind, in_force


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit that people may be put into. `id` is None for one that stands in the same file."""

    id: int | None
    code: str
    name: str
    kind: UnitKind
    path: tuple[str, ...]
    open: bool = True
    managed: bool = True
    parent_code: str = ""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person whom the administrator keeps; `seen` is the fingerprint of the row."""

    id: int
    number: str
    name: str
    unit_id: int
    unit_code: str
    position: str
    is_leader: bool
    state: str
    seen: str


@dataclass(slots=True)
class Known:
    """Units by code, people by number, and the codes and numbers that others use."""

    units: dict[str, KnownUnit] = field(default_factory=dict)
    people: dict[str, KnownPerson] = field(default_factory=dict)
    foreign_codes: frozenset[str] = frozenset()
    foreign_numbers: frozenset[str] = frozenset()


def load(session: Session, user_id: int, day: date) -> Known:
    """What the person of the id may know; four statements whatever the size."""
    viewer = queries.viewer_of(session, user_id)
    managed = {unit.id for unit, _depth in org.tree(session, viewer, permission=Permission.UNIT_MANAGE)}
    units: dict[str, KnownUnit] = {}
    paths: dict[int | None, tuple[str, ...]] = {}
    codes: dict[int | None, str] = {}
    for unit, _depth in org.tree(session, viewer, permission=Permission.USER_MANAGE):
        paths[unit.id] = (*paths.get(unit.parent_id, ()), unit.name)
        codes[unit.id] = unit.code
        units[unit.code] = KnownUnit(
            unit.id, unit.code, unit.name, unit.kind, paths[unit.id],
            open=in_force(unit.valid_from, unit.valid_to, day), managed=unit.id in managed,
            parent_code=codes.get(unit.parent_id, ""),
        )  # fmt: skip
    people, foreign = {}, set()
    for user in session.scalars(select(User)):
        if user.unit_id in codes:
            people[user.number] = _person(user, codes[user.unit_id])
        else:
            foreign.add(user.number)
    every_code = frozenset(session.scalars(select(Unit.code)))
    return Known(units, people, every_code - units.keys(), frozenset(foreign))


def _person(user: Any, unit_code: str) -> KnownPerson:
    return KnownPerson(
        user.id, user.number, user.name, user.unit_id, unit_code, user.position, user.is_leader, user.state.value,
        people_services.fingerprint(user),
    )  # fmt: skip
