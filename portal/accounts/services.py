"""Signing in and out, passwords and sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from portal.accounts import memberships, rules
from portal.accounts.models import LoginFailure, LoginSession, RoleGrant, User
from portal.audit.services import changes_of, note, record
from portal.core.permissions import Role
from portal.core.viewer import Viewer


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
    """Add a person with a first password (its hash)."""
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
    record(session, actor=actor, at=now, action="user.create", row=user, label=f"{name}（{number}）")
    memberships.begin_many(session, users=[user], now=now)
    return user


def create_users(session: Session, *, actor: Viewer, now: datetime, people: Sequence[Mapping[str, Any]]) -> None:
    """Add many people without passwords: number, name, unit_id, position, is_leader of each.

    The rows are written together and then noted one by one, so the write lock is held about half as long.
    """
    users = [User(**person, password_hash="", must_change_password=True, created_at=now) for person in people]
    session.add_all(users)
    changes = [changes_of(user) for user in users]
    session.flush()
    memberships.begin_many(session, users=users, now=now)
    for user, changed in zip(users, changes, strict=True):
        subject = ("users", str(user.id), f"{user.name}（{user.number}）")
        note(session, actor=actor, at=now, action="user.create", subject=subject, changes=changed)


def grant_role(session: Session, *, actor: Viewer, now: datetime, user: User, role: Role, unit_id: int) -> RoleGrant:
    """Give a role for a unit and all below it."""
    grant = RoleGrant(user_id=user.id, role=role, unit_id=unit_id, granted_at=now)
    session.add(grant)
    record(session, actor=actor, at=now, action="user.grant", row=grant, label=f"{user.name}（{user.number}）")
    return grant


def note_failure(session: Session, *, name_digest: str, address: str, now: datetime) -> None:
    """Count a refused sign-in, and drop those that no longer count."""
    session.execute(delete(LoginFailure).where(LoginFailure.at < now - rules.WINDOW * 4))
    session.add(LoginFailure(name_digest=name_digest, address=address, at=now))
    session.flush()


def forget_failures(session: Session, *, name_digest: str) -> None:
    """A clean slate for a name."""
    session.execute(delete(LoginFailure).where(LoginFailure.name_digest == name_digest))


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
    row = _add_session(session, viewer, now, fingerprint, agent, lifetime)
    row.confirmed_at = now
    forget_failures(session, name_digest=name_digest)
    note(session, actor=viewer, at=now, action="session.login", subject=("users", str(viewer.id), viewer.name))
    return row


def open_confined(
    session: Session,
    *,
    viewer: Viewer,
    now: datetime,
    fingerprint: str,
    agent: str,
    lifetime: timedelta,
    confined_to: str,
) -> LoginSession:
    """Open a session for one thing alone; the feature that it is for writes the entry in the log."""
    row = _add_session(session, viewer, now, fingerprint, agent, lifetime)
    row.confined_to = confined_to
    session.flush()
    return row


def _add_session(
    session: Session, viewer: Viewer, now: datetime, fingerprint: str, agent: str, lifetime: timedelta
) -> LoginSession:
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
    return row


def shorten_session(session: Session, *, fingerprint: str, until: datetime) -> None:
    """Let a session end at a moment, held open or not."""
    session.execute(update(LoginSession).where(LoginSession.id == fingerprint).values(ends_at=until, hold_until=None))


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


def end_others(session: Session, *, actor: Viewer, now: datetime) -> None:
    """End all sessions of the acting person but the one at hand."""
    close_other_sessions(session, user_id=actor.id or 0, keep=actor.session_id, now=now, reason="own")
    note(session, actor=actor, at=now, action="session.end-others", subject=("users", str(actor.id), actor.name))


def forget_sessions(session: Session, fingerprints: Sequence[str]) -> None:
    """Delete session rows for good."""
    session.execute(delete(LoginSession).where(LoginSession.id.in_(fingerprints)))


def note_confirmed(session: Session, *, fingerprint: str, now: datetime) -> None:
    """The password was given again in a session."""
    session.execute(update(LoginSession).where(LoginSession.id == fingerprint).values(confirmed_at=now))


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


def release_session(session: Session, *, fingerprint: str, until: datetime) -> None:
    """Hold a session no longer than `until`: the exam is over, and the ordinary rules come back."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == fingerprint, LoginSession.hold_until > until)
        .values(hold_until=until)
    )


def set_own_password(session: Session, *, actor: Viewer, now: datetime, password_hash: str) -> None:
    """Keep the hash of the acting person's new password; all their other sessions end."""
    user = session.get_one(User, actor.id)
    user.password_hash = password_hash
    user.must_change_password = False
    record(session, actor=actor, at=now, action="user.password", row=user, label=f"{user.name}（{user.number}）")
    close_other_sessions(session, user_id=user.id, keep=actor.session_id, now=now, reason="password")
