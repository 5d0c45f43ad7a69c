"""Every SELECT on who waits for a first password.

A slip belongs to somebody new: who has never signed in and holds no role that allows anything. For everybody else a
password comes from a security administrator alone.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, not_, select
from sqlalchemy.orm import Session

from portal.accounts.models import LoginSession, RoleGrant, User, UserState
from portal.accounts.queries import POWERLESS
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.org.queries import within


def _is_new() -> ColumnElement[bool]:
    signed_in = exists().where(LoginSession.user_id == User.id, LoginSession.confined_to == "")
    trusted = exists().where(RoleGrant.user_id == User.id, RoleGrant.role.not_in(POWERLESS))
    return and_(User.state == UserState.ACTIVE, User.must_change_password.is_(True), not_(signed_in), not_(trusted))


def _new_people(columns: list[Any], viewer: Viewer, unit_id: int | None) -> Select[Any]:
    """Columns of the new people whom the viewer keeps; of one unit, or of all."""
    found = (
        select(*columns)
        .select_from(User)
        .join(Unit, Unit.id == User.unit_id)
        .where(within(User.unit_id, viewer.units_for(Permission.USER_MANAGE)), _is_new())
    )
    return found.where(User.unit_id == unit_id) if unit_id else found


def by_unit(session: Session, viewer: Viewer) -> list[Row[int, str, int, int]]:
    """(unit id, unit name, people without a password, people with an unused one) of each unit that has any."""
    waiting = func.sum(case((User.password_hash == "", 1), else_=0))
    columns = [User.unit_id, Unit.name, waiting.label("waiting"), (func.count() - waiting).label("unused")]
    return list(
        session.execute(
            _new_people(columns, viewer, None).group_by(User.unit_id, Unit.name, Unit.code).order_by(Unit.code)
        )
    )


def waiting_ids(session: Session, viewer: Viewer, unit_id: int | None, limit: int) -> list[int]:
    """Ids of people without a password, by unit and number."""
    found = _new_people([User.id], viewer, unit_id).where(User.password_hash == "")
    return list(session.scalars(found.order_by(Unit.code, User.number).limit(limit)))


def waiting_count(session: Session, viewer: Viewer, unit_id: int | None) -> int:
    """How many people have no password yet."""
    found = _new_people([func.count()], viewer, unit_id).where(User.password_hash == "")
    return session.scalar(found) or 0


def still_waiting(session: Session, viewer: Viewer, user_ids: list[int]) -> list[Row[User, str]]:
    """(person, unit name) of those of the ids who have no password yet, by unit and number."""
    found = _new_people([User, Unit.name], viewer, None).where(User.id.in_(user_ids), User.password_hash == "")
    return list(session.execute(found.order_by(Unit.code, User.number)))


def unused(session: Session, viewer: Viewer, unit_id: int) -> list[User]:
    """The new people of a unit whose printed password nobody has used."""
    return list(session.scalars(_new_people([User], viewer, unit_id).where(User.password_hash != "")))
