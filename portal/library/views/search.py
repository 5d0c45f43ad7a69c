"""Search in the whole library, with results while one types."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.permissions import Permission
from portal.extensions import db
from portal.library import bp
from portal.library.queries import regulations as queries
from portal.library.queries.search import Narrowed
from portal.library.queries.search import search as look_for
from portal.library.rules.search import MAX_QUERY, query_runs
from portal.library.views.reading import LABELS
from portal.web.access import requires
from portal.web.htmx import page

SHOWN = (20, 100)
_YEARS = range(1900, 2200)


@bp.get("/search")
@requires(Permission.LIBRARY_VIEW)
def search() -> ResponseReturnValue:
    """What holds the words, the best first."""
    query = request.args.get("q", "").strip()[:MAX_QUERY]
    narrowed, limit = _narrowed(), SHOWN[request.args.get("more") == "1"]
    session, today = db.session(), clock.today()
    result = look_for(session, query, today, narrowed, limit=limit)
    return page(
        "library/search.html",
        "results",
        query=query,
        result=result,
        narrowed=narrowed,
        regulations=queries.titles_like(session, query_runs(query)),
        elsewhere=_elsewhere(query, narrowed),
        topics=queries.topics(session),
        limit=limit,
        labels=LABELS,
        args={name: value for name, value in request.args.items() if value},
    )


def _narrowed() -> Narrowed:
    year = request.args.get("year", "")
    kind, status = request.args.get("kind", ""), request.args.get("status", "")
    return Narrowed(
        kind=kind if kind in LABELS["kinds"] else "",
        topic=request.args.get("topic", "")[:100],
        status=status if status in LABELS["statuses"] else "",
        year=int(year) if year.isdecimal() and len(year) == 4 and int(year) in _YEARS else None,  # noqa: PLR2004
        others=request.args.get("others") == "1",
    )


def _elsewhere(query: str, narrowed: Narrowed) -> int:
    """How many texts outside of articles hold the words."""
    if not query or narrowed.others:
        return 0
    values: dict[str, Any] = {name: getattr(narrowed, name) for name in ("kind", "topic", "status", "year")}
    return look_for(db.session(), query, clock.today(), Narrowed(**values, others=True), limit=1).total
