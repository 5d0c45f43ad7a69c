"""The steps of a sign-in, in the order that keeps it safe and the database free.

Argon2 takes tens of milliseconds. It runs between two transactions, never inside one, so a burst of sign-ins does not
hold the write lock while others save their answers.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from flask import current_app, request

from portal.accounts import queries, rules, services
from portal.accounts.models import UserState
from portal.accounts.passwords import verify
from portal.audit.services import note
from portal.config import Config
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer, system_viewer
from portal.extensions import db, is_writing, set_writing, side_write
from portal.web import identity


def config() -> Config:
    """This site's configuration."""
    found: Config = current_app.config["PORTAL"]
    return found


def load_viewer(fingerprint: str, address: str) -> Viewer | None:
    """The person behind a session, noting at most once a minute that it was seen."""
    now = clock.now()
    idle = timedelta(minutes=config().idle_minutes)
    found = queries.by_session(db.session(), fingerprint, address=address, now=now, idle=idle)
    if found is None:
        return None
    person, touch_due = found
    if touch_due and not is_writing():
        with side_write() as session:
            services.touch(session, fingerprint=fingerprint, now=now)
    elif touch_due:
        services.touch(db.session(), fingerprint=fingerprint, now=now)
    return person


def load_person(user_id: int) -> Viewer | None:
    """A person by id, for a job in their name; None for one whose account is not in use."""
    user = queries.by_id(db.session(), user_id)
    if user is None or user.state is not UserState.ACTIVE:
        return None
    return queries.viewer_of(db.session(), user_id)


def check(number: str, password: str) -> int:
    """The id of the person whose number and password these are.

    Raises RuleError("login-throttled") or RuleError("login-refused"); an unknown, a disabled and a mistyped one get the
    same words after the same work.
    """
    now, address = clock.now(), request.remote_addr or ""
    digest = name_digest(number)
    set_writing(False)
    by_name, by_address = queries.failures(db.session(), name_digest=digest, address=address, now=now)
    account = queries.credentials(db.session(), number)
    db.session.rollback()  # ends the read; nothing was changed
    set_writing(True)
    throttled = _throttled(by_name, by_address)
    fits = verify(account.password_hash if account else None, password)
    if throttled is None and fits and account and account.state == UserState.ACTIVE:
        return int(account.id)
    with side_write() as session:
        services.note_failure(session, name_digest=digest, address=address, now=now)
        note(
            session,
            actor=system_viewer("—"),
            at=now,
            action="session.refused",
            subject=("users", str(account.id) if account else "", number[:32] if account else ""),
            address=address,
        )
    raise throttled or RuleError("login-refused")


def enter(user_id: int, number: str) -> Viewer:
    """Open the session of a checked person under a fresh id; the caller commits."""
    now = clock.now()
    person = queries.viewer_of(db.session(), user_id)
    sid = identity.renew()
    signed_in = Viewer(id=person.id, name=person.name, number=person.number, address=request.remote_addr or "")
    services.open_session(
        db.session(),
        viewer=signed_in,
        now=now,
        fingerprint=identity.fingerprint(sid),
        agent=request.user_agent.string,
        lifetime=timedelta(minutes=config().absolute_minutes),
        name_digest=name_digest(number),
    )
    return signed_in


def _throttled(by_name: int, by_address: int) -> RuleError | None:
    try:
        rules.check_failures(by_name, by_address)
    except RuleError as error:
        return error
    return None


def name_digest(number: str) -> str:
    """What is kept of a typed name: people sometimes type their password there."""
    key = config().secret_key.encode()
    return hmac.new(key, f"login:{number.casefold()}".encode(), hashlib.sha256).hexdigest()
