"""Changes to the unit tree, and the scope table that mirrors it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, literal, select, true
from sqlalchemy.orm import Session

from portal.audit.services import changes_of, note, record
from portal.core.errors import RuleError
from portal.core.stamp import stamp
from portal.core.viewer import Viewer
from portal.org import queries, rules
from portal.org.models import Unit, UnitScope
from portal.org.rules import UnitKind


def create(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    code: str,
    name: str,
    kind: UnitKind,
    parent_id: int | None,
    valid_from: date,
) -> Unit:
    """Add a unit below its parent. Raises RuleError unit-code-taken, unit-kind-place or unit-parent-closed."""
    if queries.by_code(session, code) is not None:
        raise RuleError("unit-code-taken", code=code)
    parent = _parent(session, parent_id)
    rules.check_place(kind, parent.kind if parent else None)
    _check_open(parent)
    unit = Unit(code=code, name=name, kind=kind, parent_id=parent_id, valid_from=valid_from)
    session.add(unit)
    record(session, actor=actor, at=now, action="unit.create", row=unit, label=name)
    session.add(UnitScope(ancestor_id=unit.id, unit_id=unit.id, depth=0))
    session.flush()
    if parent_id is not None:
        _attach(session, unit.id, parent_id)
    return unit


def stamp_of(unit: Unit) -> str:
    """The fingerprint of what a form shows of a unit."""
    return stamp(unit.code, unit.name, unit.kind, unit.parent_id, unit.valid_from, unit.valid_to)


def update(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    unit: Unit,
    code: str,
    name: str,
    kind: UnitKind,
    parent_id: int | None,
    valid_from: date,
) -> None:
    """Change a unit, and where it hangs.

    Raises RuleError unit-code-taken, unit-kind-place, unit-kind-children, unit-parent-inside, unit-parent-closed or
    unit-dates.
    """
    same_code = queries.by_code(session, code)
    if same_code is not None and same_code.id != unit.id:
        raise RuleError("unit-code-taken", code=code)
    rules.check_dates(valid_from, unit.valid_to)
    moved_from, moves = unit.parent_id, parent_id != unit.parent_id
    if moves or kind != unit.kind:
        parent = _parent(session, parent_id)
        rules.check_place(kind, parent.kind if parent else None)
        rules.check_children(kind, queries.kinds_below(session, unit.id))
    if moves:
        _check_open(parent)
        move(session, unit=unit, parent_id=parent_id)
    unit.code, unit.name, unit.kind, unit.valid_from = code, name, kind, valid_from
    changes: dict[str, list[Any]] = {"parent_id": [moved_from, parent_id]} if moves else {}
    changes.update(changes_of(unit))
    if changes:
        session.flush()
        subject = ("units", str(unit.id), name)
        note(session, actor=actor, at=now, action="unit.update", subject=subject, changes=changes)


def close(session: Session, *, actor: Viewer, now: datetime, unit: Unit, on: date) -> None:
    """Take a unit out of use after a day. Raises RuleError unit-dates, unit-has-children or unit-has-people."""
    rules.check_dates(unit.valid_from, on)
    rules.check_close(unit.name, queries.occupation(session, unit.id, on))
    unit.valid_to = on
    record(session, actor=actor, at=now, action="unit.close", row=unit, label=unit.name)


def reopen(session: Session, *, actor: Viewer, now: datetime, unit: Unit) -> None:
    """Put a closed unit back into use. Raises RuleError("unit-parent-closed")."""
    _check_open(_parent(session, unit.parent_id))
    unit.valid_to = None
    record(session, actor=actor, at=now, action="unit.reopen", row=unit, label=unit.name)


def move(session: Session, *, unit: Unit, parent_id: int | None) -> None:
    """Hang a unit, with all below it, under another parent. Raises RuleError("unit-parent-inside")."""
    if parent_id is not None and session.get(UnitScope, (unit.id, parent_id)) is not None:
        raise RuleError("unit-parent-inside")
    subtree = select(UnitScope.unit_id).where(UnitScope.ancestor_id == unit.id)
    inside = list(session.scalars(subtree))
    session.execute(delete(UnitScope).where(UnitScope.unit_id.in_(inside), UnitScope.ancestor_id.not_in(inside)))
    unit.parent_id = parent_id
    session.flush()
    if parent_id is not None:
        _attach(session, unit.id, parent_id)


def _parent(session: Session, parent_id: int | None) -> Unit | None:
    return session.get_one(Unit, parent_id) if parent_id is not None else None


def _check_open(parent: Unit | None) -> None:
    if parent is not None and parent.valid_to is not None:
        raise RuleError("unit-parent-closed", name=parent.name)


def _attach(session: Session, unit_id: int, parent_id: int) -> None:
    """Pair every ancestor of the parent with every unit below (and including) the unit."""
    above = select(UnitScope.ancestor_id, UnitScope.depth).where(UnitScope.unit_id == parent_id).subquery()
    below = select(UnitScope.unit_id, UnitScope.depth).where(UnitScope.ancestor_id == unit_id).subquery()
    distance = above.c.depth + below.c.depth + literal(1)
    pairs = select(above.c.ancestor_id, below.c.unit_id, distance).join_from(above, below, true())
    session.execute(insert(UnitScope).from_select(["ancestor_id", "unit_id", "depth"], pairs))
