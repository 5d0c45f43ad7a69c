"""Every SELECT on units."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.org import occupants
from portal.org.models import Unit, UnitScope
from portal.org.rules import Occupation, UnitKind
from portal.org.rules import in_force as is_in_force


def within(column: ColumnElement[int] | object, ancestors: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a unit column lies in the subtree of one of the ancestors; always false for none."""
    return exists().where(UnitScope.unit_id == column, UnitScope.ancestor_id.in_(sorted(ancestors)))


def visible_to(viewer: Viewer, permission: Permission = Permission.UNIT_VIEW) -> Select[Unit]:
    """The units for which the viewer holds the permission."""
    return select(Unit).where(within(Unit.id, viewer.units_for(permission)))


def in_force(statement: Select[Unit], day: date) -> Select[Unit]:
    """Only units that exist on a day."""
    return statement.where(Unit.valid_from <= day, or_(Unit.valid_to.is_(None), Unit.valid_to >= day))


def by_id(session: Session, viewer: Viewer, unit_id: int, permission: Permission = Permission.UNIT_VIEW) -> Unit | None:
    """A unit that the viewer may see."""
    return session.scalar(visible_to(viewer, permission).where(Unit.id == unit_id))


def by_code(session: Session, code: str) -> Unit | None:
    """A unit by its code, whoever asks (set-up and imports)."""
    return session.scalar(select(Unit).where(Unit.code == code))


def tree(
    session: Session, viewer: Viewer, *, day: date | None = None, permission: Permission = Permission.UNIT_VIEW
) -> list[tuple[Unit, int]]:
    """(unit, depth) of all visible units in the order of a tree, siblings by code; depth counts from 0."""
    statement = visible_to(viewer, permission)
    units = list(session.scalars((in_force(statement, day) if day else statement).order_by(Unit.code)))
    known = {unit.id for unit in units}
    children: dict[int | None, list[Unit]] = {}
    for unit in units:
        children.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)
    ordered: list[tuple[Unit, int]] = []
    stack = [(unit, 0) for unit in reversed(children.get(None, []))]
    while stack:
        unit, depth = stack.pop()
        ordered.append((unit, depth))
        stack.extend((child, depth + 1) for child in reversed(children.get(unit.id, [])))
    return ordered


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """{id: name} of units, whoever asks (the audit log)."""
    rows = session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids)))
    return {row.id: row.name for row in rows}


def choices(
    session: Session, viewer: Viewer, permission: Permission, *, day: date, keep: int | None = None
) -> list[tuple[int, str]]:
    """(id, name indented by its depth) of the units in force for which the permission is held, in tree order.

    `keep` is the id of a unit that stays on offer although it is closed: the one that a row has already.
    """
    return [
        (unit.id, "\u3000" * depth + unit.name)
        for unit, depth in tree(session, viewer, permission=permission)
        if unit.id == keep or is_in_force(unit.valid_from, unit.valid_to, day)
    ]


def inside(session: Session, unit_id: int) -> set[int]:
    """Ids of a unit and everything below it."""
    return set(session.scalars(select(UnitScope.unit_id).where(UnitScope.ancestor_id == unit_id)))


def kinds_below(session: Session, unit_id: int) -> frozenset[UnitKind]:
    """The kinds of the units directly below one."""
    return frozenset(session.scalars(select(Unit.kind).where(Unit.parent_id == unit_id)))


def occupation(session: Session, unit_id: int, day: date) -> Occupation:
    """What keeps a unit from being closed on a day: units directly below that are in use, people in office."""
    in_use = or_(Unit.valid_to.is_(None), Unit.valid_to > day)
    children = session.scalar(select(func.count()).where(Unit.parent_id == unit_id, in_use)) or 0
    return Occupation(children, occupants.count(session, [unit_id]).get(unit_id, 0))
