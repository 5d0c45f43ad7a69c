"""The page of the unit tree."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.extensions import db
from portal.org import bp, queries
from portal.web.access import requires, viewer
from portal.web.htmx import page


@bp.get("/")
@requires(Permission.UNIT_MANAGE)
def index() -> ResponseReturnValue:
    """The tree of units that the administrator looks after."""
    return page("org/index.html", tree=queries.tree(db.session(), viewer(), permission=Permission.UNIT_MANAGE))
