"""The page of search across the portal."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.desk import bp
from portal.extensions import db
from portal.web import search as engine
from portal.web.access import requires, viewer
from portal.web.htmx import page


@bp.get("/search")
@requires(Permission.PORTAL_USE)
def search() -> ResponseReturnValue:
    """What the words find, by kind."""
    query = engine.clean(request.args.get("q", ""))
    groups = engine.search(db.session(), viewer(), query)
    return page("desk/search.html", "results", query=query, groups=groups, found=sum(len(g.hits) for g in groups))
