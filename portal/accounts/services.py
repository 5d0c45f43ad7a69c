"""Signing in and out, passwords and sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from portal.accounts import queries, rules
from portal.accounts.models import LoginFailure, LoginSession, RoleGrant, User, UserState
from portal.accounts.passwords import hash_password, verify
from portal.audit.services import note, record
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.core.stamp import stamp
from portal.core.viewer import Viewer
from portal.org.models import Unit


def label_of(user: User) -> str:
    """How the log calls a person."""
    return f"{user.name}（{user.number}）"


def create_user(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    number: str,
    name: str,
    unit_id: int,
    password_hash: str,
    position: str = "",
    is_leader: bool = False,
    must_change_password: bool = True,
) -> User:
    """Add a person with a first password (its hash). Raises RuleError number-taken or unit-closed."""
    if queries.number_taken(session, number):
        raise RuleError("number-taken", number=number)
    _check_unit(session, unit_id)
    user = User(
        number=number,
        name=name,
        unit_id=unit_id,
        position=position,
        is_leader=is_leader,
        password_hash=password_hash,
        must_change_password=must_change_password,
        created_at=now,
    )
    session.add(user)
    record(session, actor=actor, at=now, action="user.create", row=user, label=label_of(user))
    return user


def stamp_of(user: User) -> str:
    """The fingerprint of what a form shows of a person."""
    return stamp(user.number, user.name, user.unit_id, user.position, user.is_leader)


def update_user(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    user: User,
    number: str,
    name: str,
    unit_id: int,
    position: str,
    is_leader: bool,
) -> None:
    """Change what is known of a person. Raises RuleError number-taken or unit-closed."""
    if queries.number_taken(session, number, besides=user.id):
        raise RuleError("number-taken", number=number)
    if unit_id != user.unit_id:
        _check_unit(session, unit_id)
    user.number, user.name, user.unit_id = number, name, unit_id
    user.position, user.is_leader = position, is_leader
    if session.is_modified(user):
        record(session, actor=actor, at=now, action="user.update", row=user, label=label_of(user))


def set_state(session: Session, *, actor: Viewer, now: datetime, user: User, state: UserState) -> None:
    """Disable a person, let them in again, or note that they left; whoever is not active is signed out at once.

    Raises RuleError own-account, roles-beyond or changed-meanwhile.
    """
    if user.id == actor.id:
        raise RuleError("own-account")
    if user.state == state:
        raise RuleError("changed-meanwhile")
    _check_reach(session, actor, user, Permission.USER_MANAGE)
    user.state = state
    record(session, actor=actor, at=now, action="user.state", row=user, label=label_of(user))
    if state != UserState.ACTIVE:
        close_other_sessions(session, user_id=user.id, keep=None, now=now, reason="state")


def reset_password(
    session: Session, *, actor: Viewer, now: datetime, user: User, password_hash: str, name_digest: str
) -> None:
    """Give a person a new first password (its hash), end their sessions and forget their refused sign-ins.

    Raises RuleError own-reset, person-inactive or roles-beyond.
    """
    if user.id == actor.id:
        raise RuleError("own-reset")
    if user.state != UserState.ACTIVE:
        raise RuleError("person-inactive")
    _check_reach(session, actor, user, Permission.USER_RESET)
    user.password_hash, user.must_change_password = password_hash, True
    record(session, actor=actor, at=now, action="user.reset", row=user, label=label_of(user))
    close_other_sessions(session, user_id=user.id, keep=None, now=now, reason="reset")
    session.execute(delete(LoginFailure).where(LoginFailure.name_digest == name_digest))


def grant_role(session: Session, *, actor: Viewer, now: datetime, user: User, role: Role, unit_id: int) -> RoleGrant:
    """Give a role for a unit and all below it.

    Raises RuleError own-roles, person-inactive, role-held, admins-apart or unit-closed.
    """
    if user.id == actor.id:
        raise RuleError("own-roles")
    if user.state != UserState.ACTIVE:
        raise RuleError("person-inactive")
    rules.check_grant(queries.held(session, user.id), role, unit_id)
    _check_unit(session, unit_id)
    grant = RoleGrant(user_id=user.id, role=role, unit_id=unit_id, granted_at=now)
    session.add(grant)
    session.flush()
    _note_role(session, actor, now, "user.grant", user, {"role": [None, role], "role_unit_id": [None, unit_id]})
    return grant


def revoke_role(session: Session, *, actor: Viewer, now: datetime, user: User, grant: RoleGrant) -> None:
    """Take a role back; it ends with the person's next request. Raises RuleError("own-roles")."""
    if user.id == actor.id:
        raise RuleError("own-roles")
    changes: dict[str, list[Any]] = {"role": [grant.role, None], "role_unit_id": [grant.unit_id, None]}
    session.delete(grant)
    session.flush()
    _note_role(session, actor, now, "user.revoke", user, changes)


def _note_role(
    session: Session, actor: Viewer, now: datetime, action: str, user: User, changes: dict[str, list[Any]]
) -> None:
    subject = ("users", str(user.id), label_of(user))
    note(session, actor=actor, at=now, action=action, subject=subject, changes=changes)


def _check_unit(session: Session, unit_id: int) -> None:
    unit = session.get_one(Unit, unit_id)
    if unit.valid_to is not None:
        raise RuleError("unit-closed", name=unit.name)


def _check_reach(session: Session, actor: Viewer, user: User, permission: Permission) -> None:
    """Whoever looks after one unit must not get at an account that reaches further than that unit."""
    if queries.holds_beyond(session, user.id, actor, permission):
        raise RuleError("roles-beyond")


def note_failure(session: Session, *, name_digest: str, address: str, now: datetime) -> None:
    """Count a refused sign-in, and drop those that no longer count."""
    session.execute(delete(LoginFailure).where(LoginFailure.at < now - rules.WINDOW * 4))
    session.add(LoginFailure(name_digest=name_digest, address=address, at=now))
    session.flush()


def open_session(
    session: Session,
    *,
    viewer: Viewer,
    now: datetime,
    fingerprint: str,
    agent: str,
    lifetime: timedelta,
    name_digest: str,
) -> LoginSession:
    """Sign a person in: the session row, the entry in the log, and a clean slate of refused tries for the name."""
    row = LoginSession(
        id=fingerprint,
        user_id=viewer.id,
        created_at=now,
        last_seen_at=now,
        ends_at=now + lifetime,
        address=viewer.address,
        agent=agent[:200],
    )
    session.add(row)
    session.execute(delete(LoginFailure).where(LoginFailure.name_digest == name_digest))
    note(session, actor=viewer, at=now, action="session.login", subject=("users", str(viewer.id), viewer.name))
    return row


def close_session(session: Session, *, actor: Viewer, now: datetime, fingerprint: str, reason: str) -> None:
    """End one session of the acting person; a session that is not theirs is left alone."""
    ended = session.execute(
        update(LoginSession)
        .where(LoginSession.id == fingerprint, LoginSession.user_id == actor.id, LoginSession.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
    if ended.rowcount:  # type: ignore[attr-defined]
        action = "session.logout" if reason == "logout" else "session.end"
        note(session, actor=actor, at=now, action=action, subject=("users", str(actor.id), actor.name))


def close_other_sessions(session: Session, *, user_id: int, keep: str | None, now: datetime, reason: str) -> None:
    """End all sessions of a person but the one to keep."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
            or_(keep is None, LoginSession.id != (keep or "")),  # type: ignore[arg-type]
        )
        .values(ended_at=now, end_reason=reason)
    )


def touch(session: Session, *, fingerprint: str, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(update(LoginSession).where(LoginSession.id == fingerprint).values(last_seen_at=now))


def hold_session(session: Session, *, fingerprint: str, until: datetime) -> None:
    """Keep a session alive until a moment, idle or not: the end of an exam that was begun in it."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.id == fingerprint,
            or_(LoginSession.hold_until.is_(None), LoginSession.hold_until < until),
        )
        .values(hold_until=until)
    )


def change_password(session: Session, *, actor: Viewer, now: datetime, user: User, current: str, new: str) -> None:
    """Set one's own password; all other sessions of the person end.

    Raises RuleError password-wrong, password-same or what rules.check_password says.
    """
    if not verify(user.password_hash, current):
        raise RuleError("password-wrong")
    if current == new:
        raise RuleError("password-same")
    rules.check_password(new, number=user.number, name=user.name)
    user.password_hash = hash_password(new)
    user.must_change_password = False
    record(session, actor=actor, at=now, action="user.password", row=user, label=label_of(user))
    close_other_sessions(session, user_id=user.id, keep=actor.session_id, now=now, reason="password")
