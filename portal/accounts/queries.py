"""Every SELECT on people, roles and sessions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, not_, select
from sqlalchemy.orm import Session

from portal.accounts.models import LoginFailure, LoginSession, RoleGrant, User, UserState
from portal.accounts.rules import SEEN_EVERY, WINDOW, SessionTimes, session_alive
from portal.core.permissions import Permission, Role
from portal.core.viewer import Viewer, permissions_of
from portal.org.models import Unit
from portal.org.queries import within

_SNAPSHOT = (
    select(
        LoginSession.id.label("session_id"),
        LoginSession.last_seen_at,
        LoginSession.ends_at,
        LoginSession.hold_until,
        LoginSession.ended_at,
        User.id,
        User.name,
        User.number,
        User.unit_id,
        User.state,
        User.must_change_password,
        Unit.name.label("unit_name"),
        RoleGrant.role,
        RoleGrant.unit_id.label("grant_unit_id"),
    )
    .join(User, User.id == LoginSession.user_id)
    .join(Unit, Unit.id == User.unit_id)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
)
# Built once: it stands at the head of every request.
_BY_SESSION = _SNAPSHOT.where(LoginSession.id == bindparam("fingerprint"))


def by_session(
    session: Session, fingerprint: str, *, address: str, now: datetime, idle: timedelta
) -> tuple[Viewer, bool] | None:
    """The person behind a session fingerprint and whether "last seen" is due; None when it is not alive.

    One statement: session, person, unit and roles together.
    """
    rows = session.connection().execute(_BY_SESSION, {"fingerprint": fingerprint}).all()
    if not rows or rows[0].state != UserState.ACTIVE:
        return None
    head = rows[0]
    times = SessionTimes(head.last_seen_at, head.ends_at, head.hold_until, head.ended_at)
    if not session_alive(times, now=now, idle=idle):
        return None
    return _viewer(rows, address, head.session_id, head.must_change_password), now - head.last_seen_at >= SEEN_EVERY


def _viewer(rows: Any, address: str, session_id: str | None, must_change: bool) -> Viewer:
    head = rows[0]
    grants = tuple((row.role, row.grant_unit_id) for row in rows if row.role is not None)
    return Viewer(
        id=head.id,
        name=head.name,
        number=head.number,
        unit_id=head.unit_id,
        unit_name=head.unit_name,
        address=address,
        session_id=session_id,
        must_change_password=must_change,
        grants=grants,
        permissions=permissions_of(grants),
    )


def viewer_of(session: Session, user_id: int) -> Viewer:
    """The snapshot of a person outside any session (jobs, commands). Raises LookupError."""
    rows = session.execute(
        select(
            User.id,
            User.name,
            User.number,
            User.unit_id,
            Unit.name.label("unit_name"),
            RoleGrant.role,
            RoleGrant.unit_id.label("grant_unit_id"),
        )
        .join(Unit, Unit.id == User.unit_id)
        .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
        .where(User.id == user_id)
    ).all()
    if not rows:
        raise LookupError(user_id)
    return _viewer(rows, "", None, must_change=False)


def credentials(session: Session, number: str) -> Row[int, str, UserState] | None:
    """(id, password hash, state) of a sign-in name, or None."""
    return session.execute(select(User.id, User.password_hash, User.state).where(User.number == number)).one_or_none()


def failures(session: Session, *, name_digest: str, address: str, now: datetime) -> tuple[int, int]:
    """Refused sign-ins within the window: (for this name, from this address)."""
    since = now - WINDOW
    by_name = select(func.count()).where(LoginFailure.name_digest == name_digest, LoginFailure.at > since)
    by_address = select(func.count()).where(LoginFailure.address == address, LoginFailure.at > since)
    row = session.execute(select(by_name.scalar_subquery(), by_address.scalar_subquery())).one()
    return row[0], row[1]


def by_id(session: Session, user_id: int) -> User | None:
    """A person by id, for the person's own pages."""
    return session.get(User, user_id)


def sessions_of(session: Session, user_id: int, *, now: datetime) -> list[LoginSession]:
    """The sessions of a person that have not ended, latest first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None), LoginSession.ends_at > now)
            .order_by(LoginSession.last_seen_at.desc())
        )
    )


def grants_of(session: Session, user_id: int) -> list[tuple[int, Role, str]]:
    """(grant id, role, unit name) of a person."""
    return [
        (row.id, row.role, row.name)
        for row in session.execute(
            select(RoleGrant.id, RoleGrant.role, Unit.name)
            .join(Unit, Unit.id == RoleGrant.unit_id)
            .where(RoleGrant.user_id == user_id)
            .order_by(RoleGrant.role, Unit.code)
        )
    ]


def people(viewer: Viewer, permission: Permission = Permission.USER_VIEW) -> Select[Any]:
    """The people in units for which the viewer holds the permission, as rows for lists and exports."""
    columns: list[Any] = [User.id, User.number, User.name, User.position, User.is_leader, User.state, User.unit_id]
    return (
        select(*columns, Unit.name.label("unit_name"))
        .join(Unit, Unit.id == User.unit_id)
        .where(within(User.unit_id, viewer.units_for(permission)))
    )


def visible_person(
    session: Session, viewer: Viewer, user_id: int, permission: Permission = Permission.USER_VIEW
) -> User | None:
    """A person whom the viewer may see under the permission."""
    return session.scalar(select(User).where(User.id == user_id, within(User.unit_id, viewer.units_for(permission))))


def number_holder(session: Session, number: str) -> int | None:
    """The id of whoever has a sign-in name."""
    return session.scalar(select(User.id).where(User.number == number))


def grant(session: Session, user_id: int, grant_id: int) -> RoleGrant | None:
    """One role of a person."""
    return session.scalar(select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.user_id == user_id))


def grant_units(session: Session, user_id: int) -> list[tuple[int, Role, int]]:
    """(grant id, role, unit id) of a person."""
    rows = session.execute(select(RoleGrant.id, RoleGrant.role, RoleGrant.unit_id).where(RoleGrant.user_id == user_id))
    return [(row.id, row.role, row.unit_id) for row in rows]


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """{id: name（number）}, whoever asks (the audit log)."""
    rows = session.execute(select(User.id, User.name, User.number).where(User.id.in_(ids)))
    return {row.id: f"{row.name}（{row.number}）" for row in rows}


def count_in_units(session: Session, unit_ids: Collection[int]) -> dict[int, int]:
    """{unit id: people who have not left}, each counted in the very unit."""
    rows = session.execute(
        select(User.unit_id, func.count().label("people"))
        .where(User.unit_id.in_(unit_ids), User.state != UserState.LEFT)
        .group_by(User.unit_id)
    )
    return {row.unit_id: row.people for row in rows}


def holds_beyond(session: Session, user_id: int, viewer: Viewer, permission: Permission) -> bool:
    """Whether a person holds a role for a unit outside those for which the viewer holds the permission."""
    reach = within(RoleGrant.unit_id, viewer.units_for(permission))
    beyond = select(RoleGrant.id).where(RoleGrant.user_id == user_id, not_(reach)).limit(1)
    return session.scalar(beyond) is not None


def acting(session: Session, user_id: int) -> Viewer:
    """Somebody in whose name a job goes on, with the rights of this moment. Raises LookupError for a closed account."""
    if session.scalar(select(User.state).where(User.id == user_id)) is not UserState.ACTIVE:
        raise LookupError(user_id)
    return viewer_of(session, user_id)


def within_reach(session: Session, viewer: Viewer, permission: Permission, user_ids: Collection[int]) -> set[int]:
    """Those of the people whose unit the viewer looks after under the permission."""
    reach = within(User.unit_id, viewer.units_for(permission))
    return set(session.scalars(select(User.id).where(User.id.in_(sorted(user_ids)), reach)))


def names_seen(session: Session, viewer: Viewer, ids: Collection[int]) -> dict[int, str]:
    """{id: name} of those people whom the viewer may see (favourites)."""
    rows = session.execute(people(viewer).where(User.id.in_(sorted(ids))))
    return {row.id: f"{row.name}（{row.number}）" for row in rows}
