"""Every SELECT on second factors and on requests for a new password."""

from __future__ import annotations

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import RecoveryCode, ResetRequest, SecondFactor, User, UserState
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.org.queries import within


def factor(session: Session, user_id: int) -> SecondFactor | None:
    """A person's authenticator app, set up or being set up."""
    return session.get(SecondFactor, user_id)


def is_on(session: Session, user_id: int) -> bool:
    """Whether a person signs in with a code as well."""
    found = factor(session, user_id)
    return found is not None and found.confirmed_at is not None


def unused_codes(session: Session, user_id: int) -> int:
    """How many recovery codes a person has left."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def recovery_code(session: Session, user_id: int, digest: str) -> RecoveryCode | None:
    """An unused recovery code."""
    return session.scalar(
        select(RecoveryCode).where(
            RecoveryCode.user_id == user_id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None)
        )
    )


def sign_in_state(session: Session, user_id: int) -> Row[str, str, UserState] | None:
    """(number, password hash, state) of somebody between password and code."""
    return session.execute(select(User.number, User.password_hash, User.state).where(User.id == user_id)).one_or_none()


def open_request(session: Session, user_id: int) -> ResetRequest | None:
    """A person's request for a new password that nobody has answered."""
    return session.scalar(select(ResetRequest).where(ResetRequest.user_id == user_id, ResetRequest.closed_at.is_(None)))


def requests_for(session: Session, viewer: Viewer, limit: int) -> list[Row[int, str, str, str]]:
    """(id, name, number, unit name, at, address) of those in the viewer's units who wait for a new password."""
    return list(
        session.execute(
            select(User.id, User.name, User.number, Unit.name.label("unit_name"), ResetRequest.at, ResetRequest.address)
            .join(User, User.id == ResetRequest.user_id)
            .join(Unit, Unit.id == User.unit_id)
            .where(ResetRequest.closed_at.is_(None), within(User.unit_id, viewer.units_for(Permission.USER_RESET)))
            .order_by(ResetRequest.at)
            .limit(limit)
        )
    )
