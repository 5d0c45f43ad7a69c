"""Study at the desk: how sessions and plans are searched for and marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import favourites
from portal.study.models import StudyPlan, StudySession, StudyTopic
from portal.study.queries import plans, sessions
from portal.web import search
from portal.web.access import viewer
from portal.web.search import Hit

# Whoever stands on a list sees the session, whatever their role.
EVERYBODY = frozenset({Permission.PORTAL_USE})


def find_sessions(session: Session, person: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Sessions by title and by what they were on."""
    on = select(StudyTopic.session_id).where(StudyTopic.title.contains(query, autoescape=True))
    named = or_(StudySession.title.contains(query, autoescape=True), StudySession.id.in_(on))
    latest = (StudySession.first_day.desc(), StudySession.id.desc())
    rows = session.execute(sessions.listing(person).where(named).order_by(*latest).limit(limit))
    return [
        Hit(row.title, url_for("study.session_page", session_id=row.id), f"{row.first_day} {row.kind_name}")
        for row in rows
    ]


def all_sessions(query: str) -> str:
    """The list with all of them, for whoever may open it."""
    return url_for("study.session_list", q=query) if viewer().can(Permission.STUDY_VIEW) else ""


def find_plans(session: Session, person: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Plans by title."""
    named = plans.listing(person).where(StudyPlan.title.contains(query, autoescape=True))
    rows = session.execute(named.order_by(StudyPlan.year.desc(), StudyPlan.id.desc()).limit(limit))
    return [Hit(row.title, url_for("study.plan", plan_id=row.id), f"{row.year} {row.unit_name}") for row in rows]


def session_titles(session: Session, person: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: title} of the sessions that the viewer may see."""
    return {row.id: row.title for row in session.execute(sessions.listing(person).where(StudySession.id.in_(ids)))}


def plan_titles(session: Session, person: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: title} of the plans that the viewer may read."""
    return {row.id: row.title for row in session.execute(plans.listing(person).where(StudyPlan.id.in_(ids)))}


favourites.register(
    favourites.FavouriteKind("study", _l("集体学习"), "school", session_titles, "study.session_page", "session_id")
)
favourites.register(
    favourites.FavouriteKind("plans", _l("学习计划"), "list-check", plan_titles, "study.plan", "plan_id")
)
search.register(search.Searcher("study", _l("集体学习"), "school", EVERYBODY, find_sessions, all_sessions, 22))
search.register(
    search.Searcher(
        "plans", _l("学习计划"), "list-check", EVERYBODY, find_plans, lambda q: url_for("study.plan_list", q=q), 24
    )
)
