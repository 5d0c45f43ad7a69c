"""What administrators do with people's accounts.

The three administrators are apart: one keeps the accounts, one gives roles and resets passwords, one reads the log.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import factor_queries, factor_services, memberships, queries
from portal.accounts.models import LoginFailure, ResetRequest, RoleGrant, User, UserState
from portal.accounts.rules import ADMINISTRATORS, TWO_HANDS, check_grant, ends_password
from portal.accounts.services import close_other_sessions, create_user, grant_role
from portal.audit.queries import done_since
from portal.audit.services import note, record
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
    password_hash: str,
) -> User:
    """Add a person with a first password (its hash).

    Raises RuleError number-taken, not-found (a unit out of scope) or unit-closed.
    """
    _check_number(session, number, user_id=None)
    _unit_in_scope(session, actor, unit_id, Permission.USER_MANAGE, now)
    return create_user(
        session,
        actor=actor,
        now=now,
        number=number,
        name=name,
        unit_id=unit_id,
        position=position,
        is_leader=is_leader,
        password_hash=password_hash,
    )


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
    moved_on: date | None = None,
) -> None:
    """Change a person; `moved_on` is the first day in another unit, today where it is not said.

    `seen` is the fingerprint that the form was made from. Raises RuleError changed-meanwhile, number-taken, not-found
    (a unit out of scope), unit-closed or what check_move says.
    """
    _check_keeper(session, actor, user, Permission.USER_MANAGE)
    if seen != fingerprint(user):
        raise RuleError("changed-meanwhile")
    if number != user.number:  # the name to sign in with is the account itself
        _check_reach(session, actor, user, Permission.USER_MANAGE)
    _check_number(session, number, user_id=user.id)
    moved: dict[str, str] = {}
    if unit_id != user.unit_id:
        _unit_in_scope(session, actor, unit_id, Permission.USER_MANAGE, now)
        day = memberships.move(session, user=user, unit_id=unit_id, day=moved_on, now=now)
        moved = {"moved_on": day.isoformat()}
    user.number, user.name, user.unit_id = number, name, unit_id
    user.position, user.is_leader = position, is_leader
    record(session, actor=actor, at=now, action="user.update", row=user, label=label(user), **moved)


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


def reset_password(
    session: Session, *, actor: Viewer, now: datetime, user: User, name_digest: str, password_hash: str
) -> None:
    """Give a new first password (its hash), end all sessions, and forget the refused tries; the log names both people.

    Raises RuleError own-reset, roles-beyond or two-hands.
    """
    if user.id == actor.id:
        raise RuleError("own-reset")
    _check_reach(session, actor, user, Permission.USER_RESET)
    _check_two_hands(session, actor, user, now, other="factor.clear")
    _new_password(session, actor=actor, now=now, user=user, name_digest=name_digest, password_hash=password_hash)


def clear_factor(session: Session, *, actor: Viewer, now: datetime, user: User) -> None:
    """Take the second factor from somebody who has lost phone and recovery codes alike.

    Raises RuleError own-factor, roles-beyond, two-hands or factor-off.
    """
    _check_reach(session, actor, user, Permission.USER_RESET)
    _check_two_hands(session, actor, user, now, other="user.reset")
    factor_services.clear(session, actor=actor, now=now, user=user)


def ask_for_reset(session: Session, *, now: datetime, number: str, address: str) -> None:
    """Somebody who cannot sign in asks for a new password; for a number that nobody has, nothing happens.

    Asked again while it is open, a request only gets the later time.
    """
    user = session.scalar(select(User).where(User.number == number, User.state == UserState.ACTIVE))
    if user is None:
        return
    request = factor_queries.open_request(session, user.id)
    if request is None:
        request = ResetRequest(user_id=user.id, at=now, address=address)
        session.add(request)
    request.at, request.address = now, address
    nobody = Viewer(id=None, name="—", address=address, permissions=frozenset())
    record(session, actor=nobody, at=now, action="user.ask-reset", row=request, label=label(user))


def decline_reset(session: Session, *, actor: Viewer, now: datetime, user: User) -> None:
    """Close a request without a new password: it was not the person, or the password came back to mind.

    Raises RuleError("not-found") where none is open.
    """
    _check_keeper(session, actor, user, Permission.USER_RESET)
    if not _close_request(session, actor=actor, now=now, user=user):
        raise RuleError("not-found")
    note(session, actor=actor, at=now, action="user.decline-reset", subject=("users", str(user.id), label(user)))


def _close_request(session: Session, *, actor: Viewer, now: datetime, user: User) -> bool:
    request = factor_queries.open_request(session, user.id)
    if request is None:
        return False
    request.closed_at, request.closed_by = now, actor.id
    session.flush()
    return True


def reset_from_server(
    session: Session, *, actor: Viewer, now: datetime, user: User, name_digest: str, password_hash: str
) -> None:
    """The same for whoever holds the server itself: any person, without the second factor, and a disabled one too."""
    if factor_queries.factor(session, user.id) is not None:
        factor_services.clear(session, actor=actor, now=now, user=user)
    user.state = UserState.ACTIVE  # after the last query: what it flushed would be missing from the entry
    _new_password(session, actor=actor, now=now, user=user, name_digest=name_digest, password_hash=password_hash)


def _new_password(
    session: Session, *, actor: Viewer, now: datetime, user: User, name_digest: str, password_hash: str
) -> None:
    user.password_hash = password_hash
    user.must_change_password = True
    record(session, actor=actor, at=now, action="user.reset", row=user, label=label(user))
    close_other_sessions(session, user_id=user.id, keep=None, now=now, reason="reset")
    _close_request(session, actor=actor, now=now, user=user)
    session.execute(delete(LoginFailure).where(LoginFailure.name_digest == name_digest))


def give_role(session: Session, *, actor: Viewer, now: datetime, user: User, role: Role, unit_id: int) -> RoleGrant:
    """Grant a role within one's own scope.

    Whoever made the account may know its password, so a password that was never the person's own ends with the grant,
    and an administrator's role ends any: only the security administrator gives out the next one. Raises RuleError
    own-roles, not-found or what check_grant says.
    """
    if user.id == actor.id:
        raise RuleError("own-roles")
    _check_keeper(session, actor, user, Permission.ROLE_GRANT)
    _unit_in_scope(session, actor, unit_id, Permission.ROLE_GRANT, now)
    check_grant(frozenset((held, unit) for _, held, unit in queries.grant_units(session, user.id)), role, unit_id)
    if ends_password(role, own=not user.must_change_password) and user.password_hash:
        user.password_hash, user.must_change_password = "", True
        record(session, actor=actor, at=now, action="user.void-password", row=user, label=label(user))
        close_other_sessions(session, user_id=user.id, keep=None, now=now, reason="reset")
    return grant_role(session, actor=actor, now=now, user=user, role=role, unit_id=unit_id)


def keep_role(session: Session, *, actor: Viewer, now: datetime, user: User, grant: RoleGrant) -> None:
    """Say that a role stays although the person has moved. Raises RuleError own-roles or not-found."""
    if user.id == actor.id:
        raise RuleError("own-roles")
    if org.by_id(session, actor, grant.unit_id, Permission.ROLE_GRANT) is None:
        raise RuleError("not-found")
    grant.reviewed_at = now
    record(session, actor=actor, at=now, action="user.keep-role", row=grant, label=label(user))


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
    _check_keeper(session, actor, user, permission)
    if queries.holds_beyond(session, user.id, actor, permission):
        raise RuleError("roles-beyond")


def _check_keeper(session: Session, actor: Viewer, user: User, permission: Permission) -> None:
    """Each verb belongs to one of the three administrators, whoever calls it. Raises RuleError("not-found")."""
    if queries.visible_person(session, actor, user.id, permission) is None:
        raise RuleError("not-found")


def _check_two_hands(session: Session, actor: Viewer, user: User, now: datetime, other: str) -> None:
    """One security administrator must not take both the password and the second factor of another administrator.

    With both, the account would be theirs. Raises RuleError("two-hands") when the same person did the other act, named
    by its audit action, within TWO_HANDS.
    """
    held = {role for _, role, _ in queries.grant_units(session, user.id)}
    if held & ADMINISTRATORS and done_since(
        session, actor_id=actor.id or 0, action=other, subject=("users", str(user.id)), since=now - TWO_HANDS
    ):
        raise RuleError("two-hands", days=TWO_HANDS.days)


def _unit_in_scope(session: Session, actor: Viewer, unit_id: int, permission: Permission, now: datetime) -> Unit:
    unit = org.by_id(session, actor, unit_id, permission)
    if unit is None:
        raise RuleError("not-found")
    if unit.valid_to is not None and unit.valid_to < clock.to_local(now).date():
        raise RuleError("unit-closed", name=unit.name)
    return unit
