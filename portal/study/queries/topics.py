"""Every SELECT on what is studied: materials, what topics may name, and who studied a regulation."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.library.queries import regulations as library
from portal.library.rules.search import query_runs
from portal.org.models import Unit
from portal.org.queries import within
from portal.study.models import SelfStudy, StudyMaterial, StudySession, StudyTopic
from portal.study.queries import sessions
from portal.study.rules.session import SessionState

SUGGESTED = 12


def materials_titled(session: Session, titles: Collection[str]) -> dict[str, int]:
    """{title: material} of those that are there, the latest of one title."""
    rows = session.execute(
        select(StudyMaterial.title, StudyMaterial.id)
        .where(StudyMaterial.title.in_(sorted(titles)))
        .order_by(StudyMaterial.id)
    )
    return {row.title: row.id for row in rows}


def material_there(session: Session, title: str, number: str) -> bool:
    """Whether a material of this title and number is there."""
    found = select(StudyMaterial.id).where(StudyMaterial.title == title, StudyMaterial.number == number)
    return session.scalar(found.limit(1)) is not None


def materials_by_id(session: Session, ids: Collection[int]) -> dict[int, StudyMaterial]:
    """{id: material} of several at once."""
    return {row.id: row for row in session.scalars(select(StudyMaterial).where(StudyMaterial.id.in_(sorted(ids))))}


def material(session: Session, material_id: int) -> StudyMaterial | None:
    """A speech or a document."""
    return session.get(StudyMaterial, material_id)


def suggestions(session: Session, query: str) -> list[str]:
    """Titles of regulations in 《》 and of materials that hold the words, for the field of topics."""
    if not query.strip():
        return []
    found = [f"《{row.title}》" for row in library.titles_like(session, query_runs(query), SUGGESTED)]
    named = (
        select(StudyMaterial.title)
        .where(StudyMaterial.title.contains(query.strip(), autoescape=True))
        .order_by(StudyMaterial.id.desc())
        .limit(SUGGESTED)
    )
    return [*found, *session.scalars(named)][:SUGGESTED]


def regulation_title(session: Session, regulation_id: int) -> str | None:
    """The title of a regulation of the library."""
    found = library.regulation(session, regulation_id)
    return found.title if found is not None else None


def _held(viewer: Viewer) -> ColumnElement[bool]:
    in_sight = or_(sessions.visible_to(viewer), sessions.listed(viewer))
    return StudySession.state.in_([SessionState.HELD, SessionState.RECORDED]) & in_sight


def sessions_on(session: Session, viewer: Viewer, ids: Collection[int]) -> list[Row[Any]]:
    """(topic's regulation and articles, session id, title, day) of held sessions in sight on some regulations."""
    return _sessions(session, viewer, StudyTopic.regulation_id.in_(ids))


def sessions_on_material(session: Session, viewer: Viewer, material_id: int) -> list[Row[Any]]:
    """The same of those on a material."""
    return _sessions(session, viewer, StudyTopic.material_id == material_id)


def _sessions(session: Session, viewer: Viewer, on: ColumnElement[bool]) -> list[Row[Any]]:
    columns: list[Any] = [
        StudyTopic.articles,
        StudySession.id,
        StudySession.title,
        StudySession.day,
        StudySession.precision,
        StudySession.begins,
        StudySession.ends,
        Unit.name.label("unit_name"),
    ]
    found: Select[Any] = (
        select(*columns)
        .join(StudySession, StudySession.id == StudyTopic.session_id)
        .join(Unit, Unit.id == StudySession.unit_id)
        .where(on, _held(viewer))
    )
    return list(session.execute(found.order_by(StudySession.first_day.desc(), StudySession.id.desc())))


def readers_of(session: Session, viewer: Viewer, ids: Collection[int]) -> list[Row[Any]]:
    """(article, day, person, unit) of self-study of one's own and of those whose study the viewer may read."""
    columns: list[Any] = [
        SelfStudy.article,
        SelfStudy.read_on,
        SelfStudy.user_id,
        User.name,
        Unit.name.label("unit_name"),
    ]
    in_sight = or_(SelfStudy.user_id == viewer.id, within(User.unit_id, viewer.units_for(Permission.STUDY_VIEW)))
    found: Select[Any] = (
        select(*columns)
        .join(User, User.id == SelfStudy.user_id)
        .join(Unit, Unit.id == User.unit_id)
        .where(SelfStudy.regulation_id.in_(ids), in_sight)
    )
    return list(session.execute(found.order_by(SelfStudy.read_on.desc(), SelfStudy.id.desc())))
