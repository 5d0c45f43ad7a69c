"""What administrators do with people's accounts.

The three administrators are apart: one keeps the accounts, one gives roles and resets passwords, one reads the log.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.accounts.models import LoginFailure, RoleGrant, User, UserState
from portal.accounts.passwords import hash_password
from portal.accounts.rules import check_grant, first_password
from portal.accounts.services import close_other_sessions, create_user, grant_role
from portal.audit.services import record
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.core.viewer import Viewer
from portal.org import queries as org
from portal.org.models import Unit


def fingerprint(user: User) -> str:
    """What the editable columns hold: an edit form carries it, so that nobody overwrites what another just saved."""
    parts = (user.number, user.name, user.unit_id, user.position, user.is_leader, user.state)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def create(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    number: str,
    name: str,
    unit_id: int,
    position: str,
    is_leader: bool,
) -> tuple[User, str]:
    """Add a person; returns the row and the first password, which is shown once and kept nowhere.

    Raises RuleError number-taken, not-found (a unit out of scope) or unit-closed.
    """
    _check_number(session, number, user_id=None)
    _unit_in_scope(session, actor, unit_id, Permission.USER_MANAGE, now)
    password = first_password()
    user = create_user(
        session,
        actor=actor,
        now=now,
        number=number,
        name=name,
        unit_id=unit_id,
        position=position,
        is_leader=is_leader,
        password_hash=hash_password(password),
    )
    return user, password


def update(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    user: User,
    seen: str,
    number: str,
    name: str,
    unit_id: int,
    position: str,
    is_leader: bool,
) -> None:
    """Change a person. `seen` is the fingerprint that the form was made from; raises RuleError changed-meanwhile."""
    if seen != fingerprint(user):
        raise RuleError("changed-meanwhile")
    if number != user.number:  # the name to sign in with is the account itself
        _check_reach(session, actor, user, Permission.USER_MANAGE)
    _check_number(session, number, user_id=user.id)
    if unit_id != user.unit_id:
        _unit_in_scope(session, actor, unit_id, Permission.USER_MANAGE, now)
    user.number, user.name, user.unit_id = number, name, unit_id
    user.position, user.is_leader = position, is_leader
    record(session, actor=actor, at=now, action="user.update", row=user, label=label(user))


def set_state(session: Session, *, actor: Viewer, now: datetime, user: User, state: UserState) -> None:
    """Disable, bring back or see off a person; whoever may not sign in is signed out.

    Raises RuleError own-account or roles-beyond.
    """
    if user.id == actor.id:
        raise RuleError("own-account")
    _check_reach(session, actor, user, Permission.USER_MANAGE)
    user.state = state
    record(session, actor=actor, at=now, action="user.state", row=user, label=label(user))
    if state is not UserState.ACTIVE:
        close_other_sessions(session, user_id=user.id, keep=None, now=now, reason=state.value)


def reset_password(session: Session, *, actor: Viewer, now: datetime, user: User, name_digest: str) -> str:
    """Give a new first password, end all sessions, and forget the refused tries; the log names both people.

    Raises RuleError own-reset or roles-beyond.
    """
    if user.id == actor.id:
        raise RuleError("own-reset")
    _check_reach(session, actor, user, Permission.USER_RESET)
    return _new_password(session, actor=actor, now=now, user=user, name_digest=name_digest)


def reset_from_server(session: Session, *, actor: Viewer, now: datetime, user: User, name_digest: str) -> str:
    """The same for whoever holds the server itself: any person, and a disabled one may sign in again."""
    user.state = UserState.ACTIVE
    return _new_password(session, actor=actor, now=now, user=user, name_digest=name_digest)


def _new_password(session: Session, *, actor: Viewer, now: datetime, user: User, name_digest: str) -> str:
    password = first_password()
    user.password_hash = hash_password(password)
    user.must_change_password = True
    record(session, actor=actor, at=now, action="user.reset", row=user, label=label(user))
    close_other_sessions(session, user_id=user.id, keep=None, now=now, reason="reset")
    session.execute(delete(LoginFailure).where(LoginFailure.name_digest == name_digest))
    return password


def give_role(session: Session, *, actor: Viewer, now: datetime, user: User, role: Role, unit_id: int) -> RoleGrant:
    """Grant a role within one's own scope. Raises RuleError own-roles, not-found or what check_grant says."""
    if user.id == actor.id:
        raise RuleError("own-roles")
    _unit_in_scope(session, actor, unit_id, Permission.ROLE_GRANT, now)
    check_grant(frozenset((held, unit) for _, held, unit in queries.grant_units(session, user.id)), role, unit_id)
    return grant_role(session, actor=actor, now=now, user=user, role=role, unit_id=unit_id)


def take_role(session: Session, *, actor: Viewer, now: datetime, user: User, grant: RoleGrant) -> None:
    """Take a role back. Raises RuleError own-roles or not-found (a unit out of scope)."""
    if user.id == actor.id:
        raise RuleError("own-roles")
    if org.by_id(session, actor, grant.unit_id, Permission.ROLE_GRANT) is None:
        raise RuleError("not-found")
    role, unit_id = grant.role.value, grant.unit_id
    record(session, actor=actor, at=now, action="user.revoke", row=grant, label=label(user), role=role, unit_id=unit_id)
    session.delete(grant)
    session.flush()


def label(user: User) -> str:
    """How the log calls a person."""
    return f"{user.name}（{user.number}）"


def _check_number(session: Session, number: str, *, user_id: int | None) -> None:
    holder = queries.number_holder(session, number)
    if holder is not None and holder != user_id:
        raise RuleError("number-taken", number=number)


def _check_reach(session: Session, actor: Viewer, user: User, permission: Permission) -> None:
    """Whoever looks after one unit must not get hold of an account that reaches further than that unit."""
    if queries.holds_beyond(session, user.id, actor, permission):
        raise RuleError("roles-beyond")


def _unit_in_scope(session: Session, actor: Viewer, unit_id: int, permission: Permission, now: datetime) -> Unit:
    unit = org.by_id(session, actor, unit_id, permission)
    if unit is None:
        raise RuleError("not-found")
    if unit.valid_to is not None and unit.valid_to < clock.to_local(now).date():
        raise RuleError("unit-closed", name=unit.name)
    return unit
