"""Regulations at the desk: marked to be found again, and found by title in the search of the whole portal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import favourites
from portal.library.models import Regulation
from portal.library.queries import regulations as queries
from portal.library.rules.search import query_runs
from portal.web import search
from portal.web.search import Hit


def names(session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: title}: the library is open to whoever may read it at all."""
    if not viewer.can(Permission.LIBRARY_VIEW):
        return {}
    rows = session.execute(select(Regulation.id, Regulation.title).where(Regulation.id.in_(ids)))
    return {row.id: row.title for row in rows}


def find(session: Session, _viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Regulations by title or alias, the shortest title first."""
    found = queries.titles_like(session, query_runs(query), limit)
    return [Hit(row.title, url_for("library.show", regulation_id=row.id)) for row in found]


favourites.register(
    favourites.FavouriteKind("regulations", _l("法规库"), "book-2", names, "library.show", "regulation_id")
)
search.register(
    search.Searcher(
        "regulations", _l("法规库"), "book-2", frozenset({Permission.LIBRARY_VIEW}), find,
        lambda q: url_for("library.search", q=q), 35,
    )
)  # fmt: skip
