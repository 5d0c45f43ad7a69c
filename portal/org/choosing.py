"""Units as forms offer them."""

from __future__ import annotations

from wtforms import SelectChoice

from portal.core import clock
from portal.core.permissions import Permission
from portal.extensions import db
from portal.org import queries
from portal.web.access import viewer


def unit_choices(permission: Permission, *, keep: int | None = None) -> list[SelectChoice]:
    """The units in force for which the reader holds the permission, and the one to keep, indented as a tree."""
    found = queries.choices(db.session(), viewer(), permission, day=clock.today(), keep=keep)
    return [SelectChoice(unit_id, name) for unit_id, name in found]
