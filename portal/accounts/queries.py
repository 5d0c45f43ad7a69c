"""Every SELECT on people, roles and sessions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import (
    LoginFailure,
    LoginSession,
    RoleGrant,
    SecondFactor,
    UnitMembership,
    User,
    UserState,
)
from portal.accounts.rules import KEEP_SESSIONS, SEEN_EVERY, WINDOW, SessionTimes, session_alive
from portal.core.permissions import ROLE_GRANTS, Permission, Role
from portal.core.plain import PlainConnection, Statement
from portal.core.viewer import Viewer, permissions_of
from portal.org.models import Unit, UnitScope
from portal.org.queries import within

POWERLESS = [role for role, granted in ROLE_GRANTS.items() if not granted]
"""Roles that allow nothing beyond what everybody may."""
CHUNK = 500
"""So many values of a list go into one statement."""

_SNAPSHOT = (
    select(
        LoginSession.id.label("session_id"),
        LoginSession.last_seen_at,
        LoginSession.ends_at,
        LoginSession.hold_until,
        LoginSession.ended_at,
        LoginSession.confirmed_at,
        LoginSession.confined_to,
        SecondFactor.confirmed_at.label("factor_since"),
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
    .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
)
# Built once: it stands at the head of every request.
_BY_SESSION = Statement(_SNAPSHOT.where(LoginSession.id == bindparam("fingerprint")))


def by_session(
    where: Session | PlainConnection, fingerprint: str, *, address: str, now: datetime, idle: timedelta
) -> tuple[Viewer, bool] | None:
    """The person behind a session fingerprint and whether "last seen" is due; None when it is not alive.

    One statement: session, person, unit and roles together.
    """
    rows = _BY_SESSION.all(where, fingerprint=fingerprint)
    if not rows or rows[0].state != UserState.ACTIVE:
        return None
    head = rows[0]
    times = SessionTimes(head.last_seen_at, head.ends_at, head.hold_until, head.ended_at)
    if not session_alive(times, now=now, idle=idle):
        return None
    if head.confined_to:
        return _confined(head, address), now - head.last_seen_at >= SEEN_EVERY
    person = _viewer(
        rows,
        address=address,
        session_id=head.session_id,
        must_change_password=head.must_change_password,
        has_second_factor=head.factor_since is not None,
        confirmed_at=head.confirmed_at,
    )
    return person, now - head.last_seen_at >= SEEN_EVERY


def _confined(head: Any, address: str) -> Viewer:
    """The person in a session without a password: no role, and nothing but the one thing that it was opened for."""
    return Viewer(
        id=head.id,
        name=head.name,
        number=head.number,
        unit_id=head.unit_id,
        unit_name=head.unit_name,
        address=address,
        session_id=head.session_id,
        confined_to=head.confined_to,
        permissions=frozenset({Permission.EXAM_TAKE}),
    )


def _viewer(rows: Any, **of_session: Any) -> Viewer:
    head = rows[0]
    grants = tuple((row.role, row.grant_unit_id) for row in rows if row.role is not None)
    return Viewer(
        id=head.id,
        name=head.name,
        number=head.number,
        unit_id=head.unit_id,
        unit_name=head.unit_name,
        grants=grants,
        permissions=permissions_of(grants),
        **of_session,
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
    return _viewer(rows)


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


def sessions_long_over(session: Session, now: datetime) -> list[str]:
    """Ids of the sessions that ended, or ran out, more than KEEP_SESSIONS ago."""
    before = now - KEEP_SESSIONS
    ran_out = and_(LoginSession.ends_at < before, func.coalesce(LoginSession.hold_until, LoginSession.ends_at) < before)
    return list(session.scalars(select(LoginSession.id).where(or_(LoginSession.ended_at < before, ran_out))))


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
        select(*columns, Unit.name.label("unit_name"), Unit.code.label("unit_code"))
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


def numbers_taken(session: Session, numbers: Collection[str]) -> list[str]:
    """Those of some sign-in names that somebody has, whoever it is."""
    wanted = list(numbers)
    chunks = (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))
    return [taken for chunk in chunks for taken in session.scalars(select(User.number).where(User.number.in_(chunk)))]


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


def current_membership(session: Session, user_id: int) -> UnitMembership | None:
    """The stay of a person that has no last day."""
    return session.scalar(
        select(UnitMembership).where(UnitMembership.user_id == user_id, UnitMembership.to_day.is_(None))
    )


def memberships_of(session: Session, user_id: int) -> list[Row[str, date, date | None]]:
    """(unit name, first day, last day or None) of all stays of a person, latest first."""
    return list(
        session.execute(
            select(Unit.name, UnitMembership.from_day, UnitMembership.to_day)
            .join(Unit, Unit.id == UnitMembership.unit_id)
            .where(UnitMembership.user_id == user_id)
            .order_by(UnitMembership.from_day.desc(), UnitMembership.id.desc())
        )
    )


def _moved_at() -> Any:
    """When the person of a role grant was last written down as moved; NULL for whoever never was."""
    earlier = aliased(UnitMembership)
    return (
        select(UnitMembership.noted_at)
        .where(
            UnitMembership.user_id == RoleGrant.user_id,
            UnitMembership.to_day.is_(None),
            exists().where(earlier.user_id == UnitMembership.user_id, earlier.to_day.is_not(None)),
        )
        .scalar_subquery()
    )


def _in_question() -> ColumnElement[bool]:
    """Whether a role is older than its holder's last move and nobody has said since that it stays."""
    return and_(
        RoleGrant.role.not_in(POWERLESS),
        func.coalesce(RoleGrant.reviewed_at, RoleGrant.granted_at) < _moved_at(),
        not_(exists().where(UnitScope.ancestor_id == RoleGrant.unit_id, UnitScope.unit_id == User.unit_id)),
    )


def grants_in_question(session: Session, user_id: int) -> set[int]:
    """Ids of the roles of a person that a move has put in question: they hold for units that the person has left."""
    found = select(RoleGrant.id).join(User, User.id == RoleGrant.user_id)
    return set(session.scalars(found.where(RoleGrant.user_id == user_id, _in_question())))


def moved_with_roles(session: Session, viewer: Viewer, limit: int) -> list[Row[int, str, str]]:
    """(id, name, unit name) of people who moved and still hold roles of before, for whoever decides about them."""
    reach = within(RoleGrant.unit_id, viewer.units_for(Permission.ROLE_GRANT))
    return list(
        session.execute(
            select(User.id, User.name, Unit.name.label("unit_name"))
            .join(Unit, Unit.id == User.unit_id)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(reach, _in_question(), User.id != viewer.id, User.state == UserState.ACTIVE)
            .distinct()
            .order_by(User.id)
            .limit(limit)
        )
    )


def sign_ins_of(session: Session, user_id: int, limit: int) -> list[LoginSession]:
    """The latest sign-ins of a person, ended ones too."""
    latest = select(LoginSession).where(LoginSession.user_id == user_id)
    return list(session.scalars(latest.order_by(LoginSession.created_at.desc()).limit(limit)))


def keepers_of(session: Session, viewer: Viewer, role: Role) -> list[str]:
    """Names of those who hold an administrator's role nearest to a person's unit: whom that person turns to."""
    rows = session.execute(
        select(User.name, func.min(UnitScope.depth).label("depth"))
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(UnitScope, and_(UnitScope.ancestor_id == RoleGrant.unit_id, UnitScope.unit_id == viewer.unit_id))
        .where(RoleGrant.role == role, User.id != viewer.id, User.state == UserState.ACTIVE)
        .group_by(User.id, User.name)
        .order_by("depth", User.id)
    ).all()
    return [row.name for row in rows if row.depth == rows[0].depth]


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
