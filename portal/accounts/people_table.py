"""The list of people: its columns and filters."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from portal.accounts import ROLE_LABELS
from portal.accounts.models import RoleGrant, User, UserState
from portal.core.permissions import Role
from portal.org.models import Unit
from portal.org.queries import within
from portal.web.tables import Choices, Column, Filter, Table, contains, equals

STATE_LABELS = {UserState.ACTIVE: _l("在用"), UserState.DISABLED: _l("停用"), UserState.LEFT: _l("离任")}


def _in_unit(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(within(User.unit_id, [int(value)]))


def _with_role(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role == Role(value))))


def people_table(units: Choices) -> Table:
    """The table, with the units that the reader may choose from."""
    return Table(
        name="people",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=User.number, fixed=True),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.code),
            Column("unit_code", _l("单位编码"), lambda row: row.unit_code, shown=False),
            Column("position", _l("职务"), lambda row: row.position, sort=User.position),
            Column("leader", _l("领导干部"), lambda row: row.is_leader),
            Column("state", _l("状态"), lambda row: STATE_LABELS[row.state], sort=User.state),
        ),
        filters=(
            Filter("q", _l("关键词"), contains(User.number, User.name), kind="text", placeholder=_l("工号、姓名")),
            Filter("unit", _l("单位"), _in_unit, choices=units),
            Filter("role", _l("角色"), _with_role, choices=list(ROLE_LABELS.items())),
            Filter("state", _l("状态"), equals(User.state, UserState), choices=list(STATE_LABELS.items())),
        ),
        identity=User.__table__.c.id,
        sort="number",
    )
