"""Favourites: the star, and the page of what one has marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import bp, favourites, marks, queries, services
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.htmx import go, page, wants_fragment
from portal.web.redirects import safe_path


@dataclass(frozen=True, slots=True)
class FavouriteLink:
    """A favourite as pages show it."""

    kind: str
    label: str
    icon: str
    name: str
    url: str
    row_id: int


def favourite_links(session: Session, person: Viewer, most: int | None = None) -> list[FavouriteLink]:
    """The person's favourites that they may see today, latest first: one statement, and one for each kind."""
    marked = queries.favourites(session, person)
    ids: dict[str, list[int]] = {}
    for each in marked:
        ids.setdefault(each.kind, []).append(each.row_id)
    known = favourites.kinds()
    names = {kind: known[kind].names(session, person, ids[kind]) for kind in sorted(ids) if kind in known}
    seen = [each for each in marked if each.row_id in names.get(each.kind, {})]
    return [_link(known[each.kind], each.row_id, names[each.kind][each.row_id]) for each in seen[:most]]


def _link(kind: favourites.FavouriteKind, row_id: int, name: str) -> FavouriteLink:
    where: dict[str, Any] = {kind.argument: row_id}
    return FavouriteLink(kind.kind, str(kind.label), kind.icon, name, url_for(kind.endpoint, **where), row_id)


@bp.get("/favourites")
@requires(Permission.PORTAL_USE)
def favourites_page() -> ResponseReturnValue:
    """我的收藏."""
    return page("desk/favourites.html", links=favourite_links(db.session(), viewer()))


@bp.post("/favourites/<string:kind>/<int:row_id>")
@requires(Permission.PORTAL_USE)
def favourite_toggle(kind: str, row_id: int) -> ResponseReturnValue:
    """Mark a row or take the mark away. What one may not see is a 404, marked or not."""
    known = favourites.kinds().get(kind) or abort(404)
    if row_id not in known.names(db.session(), viewer(), [row_id]):
        abort(404)
    on = services.toggle_favourite(db.session(), actor=viewer(), now=clock.now(), kind=kind, row_id=row_id)
    db.session.commit()
    if wants_fragment():
        return make_response(marks.star(kind, row_id, on=on, focus=True))
    back = safe_path(request.form.get("next"), url_for("desk.favourites_page"))
    return go(back, _("已收藏。") if on else _("已取消收藏。"))
