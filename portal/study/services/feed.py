"""The private address of a person's calendar: made, made anew, ended. Only its digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core.viewer import Viewer
from portal.study.models import CalendarToken
from portal.study.queries import calendar as queries

_BYTES = 32


def digest_of(token: str) -> str:
    """What the table keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token(session: Session, *, actor: Viewer, now: datetime) -> str:
    """A fresh token, told this once; the one before opens nothing from now on."""
    token = secrets.token_urlsafe(_BYTES)
    row = queries.token(session, actor.id or 0)
    if row is None:
        row = CalendarToken(user_id=actor.id)
        session.add(row)
    row.digest, row.created_at = digest_of(token), now
    session.flush()
    _note(session, actor, now, "calendar.subscribe")
    return token


def end_token(session: Session, *, actor: Viewer, now: datetime) -> bool:
    """Close the feed; whether there was one."""
    row = queries.token(session, actor.id or 0)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    _note(session, actor, now, "calendar.end")
    return True


def _note(session: Session, actor: Viewer, now: datetime, action: str) -> None:
    note(session, actor=actor, at=now, action=action, subject=("calendar_tokens", str(actor.id), actor.name))
