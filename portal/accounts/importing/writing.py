"""The one short transaction of an import: every unit and person through the same services as the forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts import people_services, queries
from portal.accounts.services import create_users
from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.imports.registry import Written
from portal.org import queries as org
from portal.org import services as org_services
from portal.org.models import Unit
from portal.org.rules import UnitKind


def write(
    session: Session, prepared: list[dict[str, Any]], options: Mapping[str, Any], actor: Viewer, now: datetime
) -> Written:
    """Units first, parents before children, then people; everything was judged before, and is asked again here.

    Raises RuleError people-changed where something is no longer as the preview showed it, and whatever the services of
    units and people raise; nothing is written then.
    """
    viewer = replace(queries.viewer_of(session, options["by"]), address=actor.address)
    writer = _Writer(session, viewer, now)
    for row in _parents_first([row for row in prepared if row["op"].startswith("unit-")]):
        writer.unit(row)
    writer.newcomers([row for row in prepared if row["op"] == "new"])
    for row in prepared:
        if row["op"] == "changed":
            writer.change(row)
    counts = {name: writer.done[op] for op, name in _COUNTED.items() if writer.done[op]}
    note(session, actor=viewer, at=now, action="people.import", subject=("users", "", ""), **counts)
    return Written(len(prepared))


_COUNTED = {
    "unit-new": "units_new",
    "unit-changed": "units_changed",
    "new": "people_new",
    "changed": "people_changed",
}


_PERSON = ("number", "name", "position", "is_leader")


def _parents_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The unit rows so that each parent of the same file comes before its children."""
    left = {row.get("code") for row in rows if row["op"] == "unit-new"}
    ordered: list[dict[str, Any]] = []
    while rows:
        ready = [row for row in rows if row.get("parent") not in left]
        if not ready:
            raise RuleError("people-changed", what="")
        ordered += ready
        left -= {row.get("code") for row in ready}
        rows = [row for row in rows if row not in ready]
    return ordered


class _Writer:
    """Writes one row after the other, looking each unit up once."""

    def __init__(self, session: Session, viewer: Viewer, now: datetime) -> None:
        self.session, self.viewer, self.now = session, viewer, now
        self.done: Counter[str] = Counter()
        self.units: dict[tuple[str, Permission], int] = {}

    def unit(self, row: Mapping[str, Any]) -> None:
        """Make or rename a unit."""
        self.done[row["op"]] += 1
        if row["op"] == "unit-new":
            org_services.create(
                self.session, actor=self.viewer, now=self.now, code=row["code"], name=row["name"],
                kind=UnitKind(row["kind"]), parent_id=self._unit_id(row["parent"], Permission.UNIT_MANAGE),
                valid_from=clock.to_local(self.now).date(),
            )  # fmt: skip
            return
        unit = org.by_id(self.session, self.viewer, row["id"], Permission.UNIT_MANAGE)
        if unit is None or unit.name != row["old"]:
            raise RuleError("people-changed", what=row["old"])
        org_services.update(
            self.session, actor=self.viewer, now=self.now, unit=unit, code=unit.code, name=row["name"], kind=unit.kind,
            parent_id=unit.parent_id, valid_from=unit.valid_from,
        )  # fmt: skip

    def newcomers(self, rows: list[dict[str, Any]]) -> None:
        """Add all new people."""
        self.done["new"] += len(rows)
        for number in queries.numbers_taken(self.session, [row["number"] for row in rows]):
            raise RuleError("people-changed", what=number)
        people = [{name: row[name] for name in _PERSON} | {"unit_id": self._home(row)} for row in rows]
        create_users(self.session, actor=self.viewer, now=self.now, people=people)

    def change(self, row: Mapping[str, Any]) -> None:
        """Change a person."""
        self.done["changed"] += 1
        user = queries.visible_person(self.session, self.viewer, row["id"], Permission.USER_MANAGE)
        if user is None or people_services.fingerprint(user) != row["seen"]:
            raise RuleError("people-changed", what=row["number"])
        people_services.update(
            self.session, actor=self.viewer, now=self.now, user=user, seen=row["seen"], unit_id=self._home(row),
            **{name: row[name] for name in _PERSON},
        )  # fmt: skip

    def _home(self, row: Mapping[str, Any]) -> int:
        return self._unit_id(row["unit_code"], Permission.USER_MANAGE)

    def _unit_id(self, code: str, permission: Permission) -> int:
        """The id of a unit within reach. Raises RuleError("people-changed")."""
        key = (code, permission)
        if key not in self.units:
            unit = org.by_code(self.session, code)
            if unit is None or not self._within_reach(unit, permission):
                raise RuleError("people-changed", what=code)
            self.units[key] = unit.id
        return self.units[key]

    def _within_reach(self, unit: Unit, permission: Permission) -> bool:
        return org.by_id(self.session, self.viewer, unit.id, permission) is not None
