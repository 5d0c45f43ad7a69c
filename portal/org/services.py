"""Changes to the unit tree, and the scope table that mirrors it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, insert, literal, select, true
from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.org import queries
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
    """Add a unit below its parent. Raises RuleError("unit-code-taken")."""
    if queries.by_code(session, code) is not None:
        raise RuleError("unit-code-taken", code=code)
    unit = Unit(code=code, name=name, kind=kind, parent_id=parent_id, valid_from=valid_from)
    session.add(unit)
    record(session, actor=actor, at=now, action="unit.create", row=unit, label=name)
    session.add(UnitScope(ancestor_id=unit.id, unit_id=unit.id, depth=0))
    session.flush()
    if parent_id is not None:
        _attach(session, unit.id, parent_id)
    return unit


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


def _attach(session: Session, unit_id: int, parent_id: int) -> None:
    """Pair every ancestor of the parent with every unit below (and including) the unit."""
    above = select(UnitScope.ancestor_id, UnitScope.depth).where(UnitScope.unit_id == parent_id).subquery()
    below = select(UnitScope.unit_id, UnitScope.depth).where(UnitScope.ancestor_id == unit_id).subquery()
    distance = above.c.depth + below.c.depth + literal(1)
    pairs = select(above.c.ancestor_id, below.c.unit_id, distance).join_from(above, below, true())
    session.execute(insert(UnitScope).from_select(["ancestor_id", "unit_id", "depth"], pairs))
