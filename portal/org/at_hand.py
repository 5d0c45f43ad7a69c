"""Units at the desk: how they are searched for and marked by those who keep them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import favourites
from portal.org import queries
from portal.org.models import Unit
from portal.web import search
from portal.web.search import Hit

# Units have one page, on which they are changed.
NEEDS = Permission.UNIT_MANAGE


def find_units(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Units by name and code."""
    named = or_(Unit.name.contains(query, autoescape=True), Unit.code.contains(query, autoescape=True))
    found = session.scalars(queries.visible_to(viewer, NEEDS).where(named).order_by(Unit.code).limit(limit))
    return [Hit(unit.name, url_for("org.edit", unit_id=unit.id), unit.code) for unit in found]


def names_seen(session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: name} of the units that the viewer keeps."""
    found = session.scalars(queries.visible_to(viewer, NEEDS).where(Unit.id.in_(sorted(ids))))
    return {unit.id: unit.name for unit in found}


favourites.register(favourites.FavouriteKind("units", _l("单位"), "building", names_seen, "org.edit", "unit_id"))
search.register(search.Searcher("units", _l("单位"), "building", frozenset({NEEDS}), find_units, order=20))
