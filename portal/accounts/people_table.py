"""The list of people: its columns and filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from portal.accounts import ROLE_LABELS, STATE_LABELS
from portal.accounts.models import RoleGrant, User, UserState
from portal.core.permissions import Role
from portal.org import queries as units
from portal.org.models import Unit
from portal.web.tables import Column, Filter, Table, contains, equals


def role_names(row: Any) -> str:
    """The roles of a row of `queries.people`, each once, in the order of the list of roles."""
    held = set((row.roles or "").split(","))
    return "、".join(str(label) for role, label in ROLE_LABELS.items() if role in held)


def people_table(unit_choices: Sequence[tuple[int, str]]) -> Table:
    """The list; `unit_choices` are the units to filter by."""
    return Table(
        name="people",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=User.number),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.code),
            Column("position", _l("职务"), lambda row: row.position),
            Column("leader", _l("领导干部"), lambda row: _("是") if row.is_leader else "", shown=False),
            Column("roles", _l("角色"), role_names),
            Column("state", _l("状态"), lambda row: str(STATE_LABELS[row.state]), sort=User.state),
        ),
        filters=(
            Filter("q", _l("工号或姓名"), contains(User.number, User.name), kind="text"),
            Filter("unit", _l("单位（含下级）"), _by_unit, choices=[(str(key), name) for key, name in unit_choices]),
            Filter("role", _l("角色"), _by_role, choices=tuple(ROLE_LABELS.items())),
            Filter("state", _l("状态"), equals(User.state, UserState), choices=tuple(STATE_LABELS.items())),
        ),
        identity=User.id,
        sort="number",
    )


def _by_unit(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(units.within(User.unit_id, [int(value)]))


def _by_role(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role == Role(value))))
