"""Every SELECT on units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.org.models import Unit, UnitScope


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
