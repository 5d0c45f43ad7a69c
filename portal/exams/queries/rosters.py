"""Every SELECT on the list of a round."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, RosterEntry
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.round import RosterStatus
from portal.exams.words_rounds import STATUS_LABELS
from portal.org.models import Unit
from portal.org.queries import within
from portal.web.tables import Column, Filter, Table, contains, equals


def entries(round_id: int) -> Select[Any]:
    """The lines of a round's list; the round itself is found through queries.rounds first."""
    statement: Select[Any] = (
        select(*RosterEntry.__table__.columns, User.number, User.name)
        .join(User, User.id == RosterEntry.user_id)
        .where(RosterEntry.round_id == round_id)
    )
    return statement


def entry(session: Session, round_id: int, entry_id: int) -> RosterEntry | None:
    """A line of this round's list."""
    return session.scalar(select(RosterEntry).where(RosterEntry.id == entry_id, RosterEntry.round_id == round_id))


def entry_of(session: Session, round_id: int, user_id: int) -> RosterEntry | None:
    """A person's line on the list."""
    return session.scalar(select(RosterEntry).where(RosterEntry.round_id == round_id, RosterEntry.user_id == user_id))


def listed(session: Session, round_id: int, number: str) -> User:
    """The person of a number, from the list of a round. Raises RuleError "not-listed"."""
    user = session.scalar(
        select(User)
        .join(RosterEntry, RosterEntry.user_id == User.id)
        .where(RosterEntry.round_id == round_id, User.number == number)
    )
    if user is None:
        raise RuleError("not-listed", name=number)
    return user


def person(session: Session, viewer: Viewer, number: str) -> tuple[User, str] | None:
    """An active person by number, with the unit's name, if the viewer manages rounds for that unit."""
    found = session.execute(
        select(User, Unit.name)
        .join(Unit, Unit.id == User.unit_id)
        .where(
            User.number == number,
            User.state == UserState.ACTIVE,
            within(User.unit_id, viewer.units_for(Permission.ROUND_MANAGE)),
        )
    ).one_or_none()
    return (found[0], found[1]) if found else None


def counted_attempts(session: Session, round_id: int, user_id: int) -> list[Attempt]:
    """A person's attempts at a round that are not voided, locked until the commit."""
    return list(
        session.scalars(
            select(Attempt)
            .where(Attempt.round_id == round_id, Attempt.user_id == user_id, Attempt.state != AttemptState.VOIDED)
            .order_by(Attempt.no)
            .with_for_update()
        )
    )


_SUMMARY = Statement(
    select(
        *(func.count(case((RosterEntry.status == status, 1))).label(status.value) for status in RosterStatus),
        func.count(RosterEntry.unit_id.distinct()).label("units"),
        func.count(func.nullif(RosterEntry.extra_minutes, 0)).label("extra"),
    ).where(RosterEntry.round_id == bindparam("round"))
)


def summary(session: Session, round_id: int) -> dict[str, int]:
    """How many people of each status, and under "units" of how many units, and under "extra" with extra minutes."""
    return dict(zip(map(str, _SUMMARY.names), _SUMMARY.first(session, round=round_id), strict=True))


TABLE = Table(
    name="roster",
    columns=(
        Column("number", _l("工号"), lambda row: row.number, sort=User.number),
        Column("name", _l("姓名"), lambda row: row.name, sort=User.name, fixed=True),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
        Column("position", _l("职务"), lambda row: row.position),
        Column("status", _l("状态"), lambda row: str(STATUS_LABELS[row.status.value])),
        Column("extra", _l("加时（分钟）"), lambda row: row.extra_minutes, sort=RosterEntry.extra_minutes, css="num"),
    ),
    filters=(
        Filter(
            "q",
            _l("关键词"),
            contains(User.name, User.number, RosterEntry.unit_name),
            kind="text",
            placeholder=_l("姓名、工号、单位"),
        ),
        Filter("status", _l("状态"), equals(RosterEntry.status, RosterStatus), choices=list(STATUS_LABELS.items())),
    ),
    identity=RosterEntry.__table__.c.id,
    sort="unit",
)
