"""Every SELECT on study sessions: in sight are those of one's units, and those on whose list one stands."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.meetings.queries import agenda_line, item_exists
from portal.org.models import Unit
from portal.org.queries import within
from portal.study.models import (
    StudyAttendance,
    StudyHeadcount,
    StudyKind,
    StudyMaterial,
    StudySession,
    StudySpeech,
    StudyTopic,
)
from portal.study.rules.attendance import ATTENDED, Attendance
from portal.study.rules.session import SessionState
from portal.study.words import STATE_LABELS
from portal.web.columns import in_year, years
from portal.web.tables import Column, Filter, Table, contains, equals

VIEW, MANAGE = Permission.STUDY_VIEW, Permission.STUDY_MANAGE


def visible_to(viewer: Viewer, permission: Permission = VIEW) -> ColumnElement[bool]:
    """The condition that a session is of a unit for which the viewer holds the permission."""
    return within(StudySession.unit_id, viewer.units_for(permission))


def listed(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that the viewer stands on a session's list."""
    return exists().where(StudyAttendance.session_id == StudySession.id, StudyAttendance.user_id == viewer.id)


def by_id(
    session: Session, viewer: Viewer, session_id: int, *, manage: bool = False, read: bool = False
) -> StudySession | None:
    """A session that the viewer may see; with `read` with everybody on its list, with `manage` to change it."""
    own = visible_to(viewer, MANAGE if manage else VIEW)
    sight = own if manage or read else or_(own, listed(viewer))
    return session.scalar(select(StudySession).where(StudySession.id == session_id, sight))


def kinds(session: Session, *, everything: bool = False) -> list[StudyKind]:
    """The forms of study on offer, in their order."""
    statement = select(StudyKind).order_by(StudyKind.position, StudyKind.id)
    return list(session.scalars(statement if everything else statement.where(StudyKind.active)))


def kind(session: Session, kind_id: int) -> StudyKind:
    """A form of study."""
    return session.get_one(StudyKind, kind_id)


def agenda_item(session: Session, item_id: int | None) -> Row[Any] | None:
    """(meeting id, meeting title, number, held on, item title) of what a session is linked to."""
    return agenda_line(session, item_id) if item_id is not None else None


def kind_in_use(session: Session, kind_id: int) -> bool:
    """Whether sessions of a kind may be entered."""
    return session.scalar(select(StudyKind.id).where(StudyKind.id == kind_id, StudyKind.active)) is not None


def kind_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """{id: name} of kinds (the audit log)."""
    rows = session.execute(select(StudyKind.id, StudyKind.name).where(StudyKind.id.in_(ids)))
    return {row.id: row.name for row in rows}


def agenda_item_in_sight(session: Session, viewer: Viewer, item_id: int) -> bool:
    """Whether a session may be linked to an agenda item."""
    return item_exists(session, viewer, item_id)


def topics_of(session: Session, session_id: int) -> list[StudyTopic]:
    """What a session was on."""
    return list(
        session.scalars(
            select(StudyTopic).where(StudyTopic.session_id == session_id).order_by(StudyTopic.position, StudyTopic.id)
        )
    )


def latest_topics(session: Session, viewer: Viewer, *, limit: int = 20) -> list[str]:
    """Topics used lately in the viewer's units, latest first, each once: what the entry form proposes."""
    rows = session.execute(
        select(StudyTopic.title, func.max(StudySession.first_day).label("day"))
        .join(StudySession, StudySession.id == StudyTopic.session_id)
        .where(visible_to(viewer, MANAGE))
        .group_by(StudyTopic.title)
        .order_by(func.max(StudySession.first_day).desc(), StudyTopic.title)
        .limit(limit)
    )
    return [row.title for row in rows]


def keys_of(session: Session, viewer: Viewer) -> list[Row[Any]]:
    """What tells two sessions apart, of all that the viewer keeps: unit, form, name, day and its precision."""
    columns: list[Any] = [
        StudySession.unit_id,
        StudySession.kind_id,
        StudySession.title,
        StudySession.day,
        StudySession.precision,
    ]
    found: Select[Any] = select(*columns)
    return list(session.execute(found.where(visible_to(viewer, MANAGE), StudySession.state != SessionState.CANCELLED)))


def usual_unit(session: Session, viewer: Viewer) -> int | None:
    """The unit for which the viewer entered a session last, or their own."""
    last = select(StudySession.unit_id).where(StudySession.created_by == viewer.id).order_by(StudySession.id.desc())
    return session.scalar(last.limit(1)) or viewer.unit_id


def speeches_of(session: Session, session_id: int) -> list[StudySpeech]:
    """Who spoke, in order."""
    return list(
        session.scalars(
            select(StudySpeech)
            .where(StudySpeech.session_id == session_id)
            .order_by(StudySpeech.position, StudySpeech.id)
        )
    )


def speech(session: Session, session_id: int, speech_id: int) -> StudySpeech | None:
    """A speech of this session."""
    return session.scalar(select(StudySpeech).where(StudySpeech.id == speech_id, StudySpeech.session_id == session_id))


def headcount(session: Session, session_id: int, unit_id: int) -> StudyHeadcount | None:
    """The line of a unit's people without accounts."""
    return session.scalar(
        select(StudyHeadcount).where(StudyHeadcount.session_id == session_id, StudyHeadcount.unit_id == unit_id)
    )


def headcounts(session: Session, session_id: int) -> list[Row[Any]]:
    """(unit id, unit name, people) of those without accounts."""
    return list(
        session.execute(
            select(StudyHeadcount.unit_id, Unit.name, StudyHeadcount.people)
            .join(Unit, Unit.id == StudyHeadcount.unit_id)
            .where(StudyHeadcount.session_id == session_id)
            .order_by(Unit.code)
        )
    )


def materials(session: Session, *, limit: int = 50) -> list[StudyMaterial]:
    """Speeches and documents, the latest first."""
    return list(session.scalars(select(StudyMaterial).order_by(StudyMaterial.id.desc()).limit(limit)))


def _count(condition: ColumnElement[bool] | None = None) -> Any:
    counted = select(func.count()).where(StudyAttendance.session_id == StudySession.id)
    return (counted if condition is None else counted.where(condition)).correlate(StudySession).scalar_subquery()


def listing(viewer: Viewer) -> Select[Any]:
    """Sessions in sight as rows for lists, calendars and exports."""
    columns: list[Any] = [
        StudySession.id,
        StudySession.title,
        StudySession.state,
        StudySession.day,
        StudySession.precision,
        StudySession.first_day,
        StudySession.last_day,
        StudySession.begins,
        StudySession.ends,
        StudySession.place,
        StudySession.minutes,
        StudySession.own,
        StudySession.organiser,
        StudyKind.name.label("kind_name"),
        StudyKind.english.label("kind_english"),
        Unit.name.label("unit_name"),
        _count(StudyAttendance.status != Attendance.EXEMPT).label("expected"),
        _count(StudyAttendance.status.in_(sorted(ATTENDED))).label("attended"),
    ]
    statement: Select[Any] = (
        select(*columns)
        .join(StudyKind, StudyKind.id == StudySession.kind_id)
        .join(Unit, Unit.id == StudySession.unit_id)
        .where(or_(visible_to(viewer), listed(viewer)))
    )
    return statement


def to_complete(session: Session, viewer: Viewer, today: date, *, limit: int) -> Sequence[Any]:
    """Sessions that the viewer keeps and that wait: held, for marks or a list; planned, and their day is past.

    The oldest first.
    """
    return _to_complete(viewer.units_for(MANAGE)).all(session, today=today, limit=limit)


@functools.lru_cache(64)
def _to_complete(kept: frozenset[int]) -> Statement:
    unmarked = _count(StudyAttendance.status == Attendance.UNKNOWN)
    columns: list[Any] = [
        StudySession.id,
        StudySession.title,
        StudySession.state,
        StudySession.first_day,
        unmarked.label("unmarked"),
    ]
    unfinished = and_(StudySession.state == SessionState.HELD, or_(unmarked > 0, _count() == 0))
    forgotten = and_(StudySession.state == SessionState.PLANNED, StudySession.last_day < bindparam("today"))
    found: Select[Any] = select(*columns).where(within(StudySession.unit_id, kept), or_(unfinished, forgotten))
    return Statement(found.order_by(StudySession.first_day, StudySession.id).limit(bindparam("limit")))


def begun(statement: Select[Any], today: date) -> Select[Any]:
    """Only sessions whose day has come."""
    return statement.where(StudySession.first_day <= today)


def to_come(statement: Select[Any], today: date) -> Select[Any]:
    """Only sessions whose day is still to come."""
    return statement.where(StudySession.first_day > today)


def between(statement: Select[Any], first: date, last: date) -> Select[Any]:
    """Only sessions that may lie in a span of days, both included."""
    return statement.where(StudySession.first_day <= last, StudySession.last_day >= first)


def _kind_choices() -> list[tuple[str, str]]:
    from portal.extensions import db

    return [(str(kind.id), kind.name) for kind in kinds(db.session(), everything=True)]


TABLE = Table(
    name="study_sessions",
    columns=(
        Column("day", _l("日期"), lambda row: row.first_day, sort=StudySession.first_day, css="nowrap half"),
        Column("kind", _l("形式"), lambda row: row.kind_name, sort=StudyKind.position, css="half"),
        Column("title", _l("学习名称"), lambda row: row.title, sort=StudySession.title, css="lead", fixed=True),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.name),
        Column(
            "state", _l("状态"), lambda row: str(STATE_LABELS[row.state.value]), sort=StudySession.state, css="half"
        ),
        Column("expected", _l("应到"), lambda row: row.expected, css="num half"),
        Column("attended", _l("实到"), lambda row: row.attended, css="num half"),
        Column("minutes", _l("时长（分钟）"), lambda row: row.minutes, sort=StudySession.minutes, css="num half"),
    ),
    filters=(
        Filter(
            "q",
            _l("关键词"),
            contains(StudySession.title, StudySession.lecturer, StudySession.place),
            kind="text",
            placeholder=_l("名称、授课人、地点"),
        ),
        Filter("kind", _l("形式"), equals(StudySession.kind_id, int), choices=_kind_choices),
        Filter("state", _l("状态"), equals(StudySession.state, SessionState), choices=list(STATE_LABELS.items())),
        Filter("year", _l("年度"), in_year(StudySession.first_day), choices=years),
    ),
    identity=StudySession.__table__.c.id,
    sort="-day",
)
# What is to come, the next first.
TO_COME = replace(TABLE, name="study_to_come", sort="day")
