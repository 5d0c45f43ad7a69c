"""Every SELECT on the list of a session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.org.queries import within
from portal.study.models import StudyAttendance, StudySession
from portal.study.rules.attendance import Attendance, MakeUp, Tally, tally
from portal.study.rules.session import SessionState
from portal.study.words import ATTENDANCE_LABELS, MAKE_UP_LABELS
from portal.web.tables import Column, Filter, Table, contains, equals


def reach(viewer: Viewer) -> frozenset[int]:
    """The units at the top of those whose people the viewer may list."""
    return viewer.units_for(Permission.STUDY_MANAGE)


def unit_in_reach(session: Session, viewer: Viewer, unit_id: int) -> Unit | None:
    """A unit whose people the viewer may list."""
    return session.scalar(select(Unit).where(Unit.id == unit_id, within(Unit.id, reach(viewer))))


def entries(session_id: int) -> Select[Any]:
    """The people on a list; the session itself is found through queries.sessions first."""
    statement: Select[Any] = (
        select(*StudyAttendance.__table__.columns, User.number, User.name)
        .join(User, User.id == StudyAttendance.user_id)
        .where(StudyAttendance.session_id == session_id)
    )
    return statement


def entry(session: Session, session_id: int, entry_id: int) -> StudyAttendance | None:
    """A line of this session's list."""
    return session.scalar(
        select(StudyAttendance).where(StudyAttendance.id == entry_id, StudyAttendance.session_id == session_id)
    )


def of_person(session: Session, session_id: int, user_id: int) -> StudyAttendance | None:
    """A person's line on a list."""
    return session.scalar(
        select(StudyAttendance).where(StudyAttendance.session_id == session_id, StudyAttendance.user_id == user_id)
    )


def name_of(session: Session, user_id: int) -> str:
    """A person's name, for the log."""
    return session.scalar(select(User.name).where(User.id == user_id)) or ""


def counts(session: Session, session_id: int) -> Tally:
    """The tally of a list, in one statement."""
    rows = session.execute(
        select(StudyAttendance.status, StudyAttendance.make_up, func.count().label("people"))
        .where(StudyAttendance.session_id == session_id)
        .group_by(StudyAttendance.status, StudyAttendance.make_up)
    ).all()
    by_status: dict[Attendance, int] = {}
    for row in rows:
        by_status[row.status] = by_status.get(row.status, 0) + row.people
    return tally(by_status, sum(row.people for row in rows if row.make_up is MakeUp.DONE))


def last_with_list(session: Session, row: StudySession) -> int | None:
    """The id of the unit's latest earlier session of the same kind that has a list."""
    return session.scalar(
        select(StudySession.id)
        .where(
            StudySession.unit_id == row.unit_id,
            StudySession.kind_id == row.kind_id,
            StudySession.id != row.id,
            StudySession.state != SessionState.CANCELLED,
            StudySession.first_day <= row.first_day,
            select(StudyAttendance.id).where(StudyAttendance.session_id == StudySession.id).exists(),
        )
        .order_by(StudySession.first_day.desc(), StudySession.id.desc())
        .limit(1)
    )


def by_code(session: Session, code: str, now: datetime) -> StudySession | None:
    """The session that takes check-ins under a code now."""
    return session.scalar(
        select(StudySession).where(StudySession.check_in_code == code, StudySession.check_in_until > now)
    )


def listed_by_name(session: Session, session_id: int, name: str) -> int | None:
    """The person of that name on a list, None where nobody or more than one has it."""
    found = session.scalars(
        select(User.id)
        .join(StudyAttendance, StudyAttendance.user_id == User.id)
        .where(StudyAttendance.session_id == session_id, User.name == name)
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def person_by_number(session: Session, viewer: Viewer, number: str) -> int | None:
    """An active person of the viewer's units by number."""
    return session.scalar(
        select(User.id).where(
            User.number == number, User.state == UserState.ACTIVE, within(User.unit_id, reach(viewer))
        )
    )


def people_in_reach(session: Session, viewer: Viewer, ids: Collection[int] | None = None) -> list[Row[Any]]:
    """(id, number, name, unit, its name, position) of the people whom the viewer may list, in office or not."""
    found = (
        select(User.id, User.number, User.name, User.unit_id, Unit.name.label("unit_name"), User.position)
        .join(Unit, Unit.id == User.unit_id)
        .where(within(User.unit_id, reach(viewer)))
    )
    return list(session.execute(found if ids is None else found.where(User.id.in_(ids))))


def with_status(session: Session, session_id: int, statuses: Collection[Attendance]) -> list[StudyAttendance]:
    """Everybody on a list who is marked as one of these."""
    return list(
        session.scalars(
            select(StudyAttendance).where(
                StudyAttendance.session_id == session_id, StudyAttendance.status.in_(sorted(statuses))
            )
        )
    )


def checked_in(session: Session, session_id: int) -> int:
    """How many have checked themselves in."""
    return (
        session.scalar(
            select(func.count()).where(
                StudyAttendance.session_id == session_id, StudyAttendance.checked_in_at.is_not(None)
            )
        )
        or 0
    )


# The order of a printed list.
BY_UNIT = (StudyAttendance.unit_name, StudyAttendance.id)


def make_ups_of(session: Session, user_id: int) -> Sequence[Any]:
    """A person's make-up tasks that are due, with their session, the most urgent first."""
    return _MAKE_UPS.all(session, user=user_id)


_MAKE_UPS = Statement(
    select(
        StudyAttendance.id,
        StudyAttendance.session_id,
        StudyAttendance.make_up,
        StudyAttendance.make_up_due,
        StudyAttendance.make_up_on,
        StudySession.title,
        StudySession.first_day,
    )
    .join(StudySession, StudySession.id == StudyAttendance.session_id)
    .where(StudyAttendance.user_id == bindparam("user"), StudyAttendance.make_up == MakeUp.DUE)
    .order_by(StudyAttendance.make_up_due, StudyAttendance.id)
)


TABLE = Table(
    name="attendance",
    columns=(
        Column("number", _l("工号"), lambda row: row.number, sort=User.number),
        Column("name", _l("姓名"), lambda row: row.name, sort=User.name),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=StudyAttendance.unit_name),
        Column("position", _l("职务"), lambda row: row.position),
        Column("status", _l("到会"), lambda row: str(ATTENDANCE_LABELS[row.status.value]), sort=StudyAttendance.status),
        Column("make_up", _l("补学"), lambda row: str(MAKE_UP_LABELS[row.make_up.value]), sort=StudyAttendance.make_up),
        Column("note", _l("备注"), lambda row: row.note),
    ),
    filters=(
        Filter(
            "q",
            _l("关键词"),
            contains(User.name, User.number, StudyAttendance.unit_name),
            kind="text",
            placeholder=_l("姓名、工号、单位"),
        ),
        Filter(
            "status", _l("到会"), equals(StudyAttendance.status, Attendance), choices=list(ATTENDANCE_LABELS.items())
        ),
        Filter("make_up", _l("补学"), equals(StudyAttendance.make_up, MakeUp), choices=list(MAKE_UP_LABELS.items())),
    ),
    identity=StudyAttendance.__table__.c.id,
    sort="unit",
    page_size=100,
    views=False,  # drawn as lines to be marked, not as columns
)
