"""Setting up a second factor, using it, and getting rid of it. None of its secrets goes into the log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.accounts import factor_queries as queries
from portal.accounts import factor_rules as rules
from portal.accounts.models import RecoveryCode, SecondFactor, User
from portal.accounts.services import close_other_sessions
from portal.audit.services import note
from portal.core.errors import RuleError
from portal.core.viewer import Viewer


def begin(session: Session, *, actor: Viewer, now: datetime) -> SecondFactor:
    """Make a new secret to set an app up with; what was begun and not finished is forgotten.

    Raises RuleError("factor-on") for somebody who has one.
    """
    user_id = actor.id or 0
    if queries.is_on(session, user_id):
        raise RuleError("factor-on")
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    row = SecondFactor(user_id=user_id, salt=rules.new_salt(), created_at=now)
    session.add(row)
    _note(session, actor=actor, at=now, action="factor.begin", user_id=user_id, label=actor.name)
    return row


def confirm(session: Session, *, actor: Viewer, now: datetime, key: bytes, typed: str) -> list[str]:
    """Switch it on with a first code from the app; gives the recovery codes, which are shown once and kept nowhere.

    All other sessions of the person end. Raises RuleError factor-not-begun or factor-code.
    """
    row = queries.factor(session, actor.id or 0)
    if row is None or row.confirmed_at is not None:
        raise RuleError("factor-not-begun")
    step = _step(row, typed, now, key)
    if step is None:
        raise RuleError("factor-code")
    row.last_step, row.confirmed_at = step, now
    codes = _new_codes(session, row.user_id, key)
    _note(session, actor=actor, at=now, action="factor.on", user_id=row.user_id, label=actor.name)
    close_other_sessions(session, user_id=row.user_id, keep=actor.session_id, now=now, reason="factor")
    return codes


def use_code(session: Session, *, user_id: int, now: datetime, key: bytes, typed: str) -> bool:
    """Whether a code of the app or a recovery code fits; either is used up by it."""
    row = queries.factor(session, user_id)
    if row is None or row.confirmed_at is None:
        return False
    code = rules.plain(typed)
    step = _step(row, code, now, key)
    if step is not None:
        row.last_step = step
        session.flush()
        return True
    spare = queries.recovery_code(session, user_id, rules.recovery_digest(code, user_id, key))
    if spare is None:
        return False
    spare.used_at = now
    session.flush()
    person = session.get_one(User, user_id)
    left = queries.unused_codes(session, user_id)
    actor = Viewer(id=user_id, name=person.name, number=person.number)
    _note(session, actor=actor, at=now, action="factor.recovery", user_id=user_id, label=person.name, left=left)
    return True


def renew_codes(session: Session, *, actor: Viewer, now: datetime, key: bytes) -> list[str]:
    """Ten new recovery codes; the old ones are void. Raises RuleError("factor-off")."""
    user_id = actor.id or 0
    if not queries.is_on(session, user_id):
        raise RuleError("factor-off")
    codes = _new_codes(session, user_id, key)
    _note(session, actor=actor, at=now, action="factor.codes", user_id=user_id, label=actor.name)
    return codes


def switch_off(session: Session, *, actor: Viewer, now: datetime) -> None:
    """Do without one again. Raises RuleError("factor-off")."""
    if not forget(session, actor.id or 0):
        raise RuleError("factor-off")
    _note(session, actor=actor, at=now, action="factor.off", user_id=actor.id or 0, label=actor.name)


def clear(session: Session, *, actor: Viewer, now: datetime, user: User) -> None:
    """Take the second factor from somebody who has lost it, and end their sessions; the log names both.

    Raises RuleError own-factor or factor-off. Whether the actor may is asked by people_services.
    """
    if user.id == actor.id:
        raise RuleError("own-factor")
    if not forget(session, user.id):
        raise RuleError("factor-off")
    _note(session, actor=actor, at=now, action="factor.clear", user_id=user.id, label=f"{user.name}（{user.number}）")
    close_other_sessions(session, user_id=user.id, keep=None, now=now, reason="factor")


def forget(session: Session, user_id: int) -> bool:
    """Delete the secret and the recovery codes of a person; whether there were any."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    gone = session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    session.expire_all()
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def _step(row: SecondFactor, typed: str, now: datetime, key: bytes) -> int | None:
    secret = rules.secret_of(row.user_id, row.salt, key)
    return rules.matching_step(secret, rules.plain(typed), now=now, last_step=row.last_step)


def _new_codes(session: Session, user_id: int, key: bytes) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [rules.new_recovery_code() for _ in range(rules.RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user_id, digest=rules.recovery_digest(code, user_id, key)) for code in codes)
    session.flush()
    return codes


def _note(
    session: Session, *, actor: Viewer, at: datetime, action: str, user_id: int, label: str, **detail: int
) -> None:
    note(session, actor=actor, at=at, action=action, subject=("users", str(user_id), label), **detail)
