"""Meetings at the desk: how they and their decisions are searched for and marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import favourites
from portal.meetings import queries
from portal.meetings.models import Decision, Meeting
from portal.web import search
from portal.web.search import Hit

MEETINGS = frozenset({Permission.MEETING_VIEW, Permission.MEETING_MANAGE})
# A decision is seen by whoever carries it out, whatever their role.
EVERYBODY = frozenset({Permission.PORTAL_USE})


def find_meetings(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Meetings by title and number."""
    named = or_(Meeting.title.contains(query, autoescape=True), Meeting.number.contains(query, autoescape=True))
    rows = session.execute(
        queries.listing(viewer).where(named).order_by(Meeting.held_on.desc(), Meeting.id.desc()).limit(limit)
    )
    return [
        Hit(f"{row.title} {row.number}".strip(), url_for("meetings.meeting", meeting_id=row.id), str(row.held_on))
        for row in rows
    ]


def find_decisions(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Decisions by their text."""
    named = queries.decisions(viewer).where(Decision.text.contains(query, autoescape=True))
    rows = session.execute(named.order_by(Decision.id.desc()).limit(limit))
    return [Hit(row.text, url_for("meetings.decision", decision_id=row.id), row.meeting_title) for row in rows]


def meeting_titles(session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: title and number} of the meetings that the viewer may see."""
    rows = session.execute(queries.listing(viewer).where(Meeting.id.in_(ids)))
    return {row.id: f"{row.title} {row.number}".strip() for row in rows}


def decision_texts(session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: text} of the decisions that the viewer may see."""
    return {row.id: row.text for row in session.execute(queries.decisions(viewer).where(Decision.id.in_(ids)))}


favourites.register(
    favourites.FavouriteKind("meetings", _l("会议"), "gavel", meeting_titles, "meetings.meeting", "meeting_id")
)
favourites.register(
    favourites.FavouriteKind(
        "decisions", _l("议定事项"), "circle-check", decision_texts, "meetings.decision", "decision_id"
    )
)
search.register(
    search.Searcher(
        "meetings", _l("会议"), "gavel", MEETINGS, find_meetings, lambda q: url_for("meetings.index", q=q), 26
    )
)
search.register(
    search.Searcher(
        "decisions",
        _l("议定事项"),
        "circle-check",
        EVERYBODY,
        find_decisions,
        lambda q: url_for("meetings.decisions", q=q),
        28,
    )
)
