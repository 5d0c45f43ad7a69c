"""Every SELECT on what one person studied, and on self-study that officers read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.org.queries import within
from portal.study.models import HoursEntry, SelfStudy, StudyAttendance, StudyKind, StudySession, StudySpeech
from portal.study.rules.attendance import ATTENDED, MakeUp
from portal.study.rules.session import SessionState
from portal.web.columns import in_year, years
from portal.web.tables import Column, Filter, Table, contains

_HELD = (SessionState.HELD, SessionState.RECORDED)


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def sessions_of(session: Session, user_id: int, year: int) -> list[Row[Any]]:
    """Held sessions on whose list a person stood in a year, by day."""
    columns: list[Any] = [
        StudySession.id,
        StudySession.title,
        StudySession.day,
        StudySession.precision,
        StudySession.begins,
        StudySession.ends,
        StudySession.minutes,
        StudyKind.name.label("kind_name"),
        StudyKind.english.label("kind_english"),
        StudyAttendance.status,
        StudyAttendance.make_up,
        StudyAttendance.make_up_due,
        StudyAttendance.override_minutes,
        StudyAttendance.override_reason,
    ]
    statement: Select[Any] = (
        select(*columns)
        .join(StudySession, StudySession.id == StudyAttendance.session_id)
        .join(StudyKind, StudyKind.id == StudySession.kind_id)
        .where(
            StudyAttendance.user_id == user_id,
            StudySession.state.in_(_HELD),
            StudySession.first_day.between(*_year(year)),
        )
    )
    return list(session.execute(statement.order_by(StudySession.first_day, StudySession.id)))


def self_studies(session: Session, user_id: int, year: int) -> list[SelfStudy]:
    """What a person read by themselves in a year, latest first."""
    return list(
        session.scalars(
            select(SelfStudy)
            .where(SelfStudy.user_id == user_id, SelfStudy.read_on.between(*_year(year)))
            .order_by(SelfStudy.read_on.desc(), SelfStudy.id.desc())
        )
    )


def own_line(session: Session, user_id: int, line_id: int) -> SelfStudy | None:
    """A line of a person's own self-study."""
    return session.scalar(select(SelfStudy).where(SelfStudy.id == line_id, SelfStudy.user_id == user_id))


def speeches_of(session: Session, user_id: int, year: int) -> list[Row[Any]]:
    """What a person spoke on in a year."""
    return list(
        session.execute(
            select(StudySession.first_day, StudySession.title, StudySpeech.topic, StudySpeech.minutes)
            .join(StudySession, StudySession.id == StudySpeech.session_id)
            .where(StudySpeech.user_id == user_id, StudySession.first_day.between(*_year(year)))
            .order_by(StudySession.first_day)
        )
    )


def minutes(session: Session, user_id: int, year: int) -> int:
    """The minutes of one person in a year."""
    return int(_MINUTES.first(session, user=user_id, year=year).minutes)


_MINUTES = Statement(
    select(func.coalesce(func.sum(HoursEntry.minutes), 0).label("minutes")).where(
        HoursEntry.user_id == bindparam("user"), HoursEntry.year == bindparam("year")
    )
)


def minutes_by_person(session: Session, user_ids: Collection[int] | Select[Any], year: int) -> dict[int, int]:
    """{person: minutes of the year}; whoever has none is missing."""
    rows = session.execute(
        select(HoursEntry.user_id, func.sum(HoursEntry.minutes).label("minutes"))
        .where(HoursEntry.user_id.in_(user_ids), HoursEntry.year == year)
        .group_by(HoursEntry.user_id)
    )
    return {row.user_id: row.minutes for row in rows}


def attended_by_person(
    session: Session, user_ids: Collection[int] | Select[Any], year: int
) -> dict[int, dict[int, int]]:
    """{person: {form: sessions attended, or made up, in the year}}."""
    counted = StudyAttendance.status.in_(sorted(ATTENDED)) | (StudyAttendance.make_up == MakeUp.DONE)
    rows = session.execute(
        select(StudyAttendance.user_id, StudySession.kind_id, func.count().label("times"))
        .join(StudySession, StudySession.id == StudyAttendance.session_id)
        .where(
            StudyAttendance.user_id.in_(user_ids),
            StudySession.state.in_(_HELD),
            StudySession.first_day.between(*_year(year)),
            counted,
        )
        .group_by(StudyAttendance.user_id, StudySession.kind_id)
    )
    found: dict[int, dict[int, int]] = {}
    for row in rows:
        found.setdefault(row.user_id, {})[row.kind_id] = row.times
    return found


def read_by_person(
    session: Session, user_ids: Collection[int] | Select[Any], year: int
) -> dict[int, dict[int | None, int]]:
    """{person: {regulation or None: different things read in the year}}."""
    rows = session.execute(
        select(
            SelfStudy.user_id,
            SelfStudy.regulation_id,
            func.count((SelfStudy.title + "/" + SelfStudy.article).distinct()).label("things"),
        )
        .where(SelfStudy.user_id.in_(user_ids), SelfStudy.read_on.between(*_year(year)))
        .group_by(SelfStudy.user_id, SelfStudy.regulation_id)
    )
    found: dict[int, dict[int | None, int]] = {}
    for row in rows:
        found.setdefault(row.user_id, {})[row.regulation_id] = row.things
    return found


def person(session: Session, viewer: Viewer, user_id: int) -> Row[Any] | None:
    """(id, name, number, position, unit) of oneself, or of somebody whose study the viewer may read."""
    columns: list[Any] = [User.id, User.name, User.number, User.position, Unit.name.label("unit_name")]
    found: Select[Any] = select(*columns).join(Unit, Unit.id == User.unit_id).where(User.id == user_id)
    if user_id != viewer.id:
        found = found.where(within(User.unit_id, viewer.units_for(Permission.STUDY_VIEW)))
    return session.execute(found).one_or_none()


# ---- reflections, as officers read them ------------------------------------------------------------------------------


def reflections(viewer: Viewer) -> Select[Any]:
    """Self-study of the people whose study the viewer keeps."""
    columns: list[Any] = [*SelfStudy.__table__.columns, User.name, User.number, Unit.name.label("unit_name")]
    statement: Select[Any] = (
        select(*columns)
        .join(User, User.id == SelfStudy.user_id)
        .join(Unit, Unit.id == User.unit_id)
        .where(within(User.unit_id, viewer.units_for(Permission.STUDY_MANAGE)))
    )
    return statement


def reflection(session: Session, viewer: Viewer, line_id: int) -> SelfStudy | None:
    """A line of self-study that the viewer may review."""
    found = reflections(viewer).where(SelfStudy.id == line_id).with_only_columns(SelfStudy.id)
    return session.get(SelfStudy, line_id) if session.scalar(found) is not None else None


def _reviewed(statement: Select[Any], value: str) -> Select[Any]:
    done = SelfStudy.reviewed_at.is_not(None)
    return statement.where(SelfStudy.reflection != "").where(done if value == "yes" else ~done)


TABLE = Table(
    name="self_studies",
    columns=(
        Column("read_on", _l("阅读日期"), lambda row: row.read_on, sort=SelfStudy.read_on),
        Column("name", _l("姓名"), lambda row: row.name, sort=User.name),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.name),
        Column("title", _l("内容"), lambda row: row.title, sort=SelfStudy.title),
        Column("minutes", _l("分钟"), lambda row: row.minutes, sort=SelfStudy.minutes, css="num"),
        Column("reflection", _l("心得"), lambda row: row.reflection),
    ),
    filters=(
        Filter(
            "q",
            _l("关键词"),
            contains(User.name, SelfStudy.title, SelfStudy.reflection),
            kind="text",
            placeholder=_l("姓名、内容、心得"),
        ),
        Filter("reviewed", _l("心得"), _reviewed, choices=[("no", _l("待审阅")), ("yes", _l("已审阅"))]),
        Filter("year", _l("年度"), in_year(SelfStudy.read_on), choices=years),
    ),
    identity=SelfStudy.__table__.c.id,
    sort="-read_on",
    views=False,  # drawn as texts to be read, not as columns
)
