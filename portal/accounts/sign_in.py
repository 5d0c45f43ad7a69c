"""The steps of a sign-in, in the order that keeps it safe and the database free.

Argon2 takes tens of milliseconds. It runs between two transactions, never inside one, so a burst of sign-ins does not
hold the write lock while others save their answers.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request

from portal.accounts import people_services, queries, rules, services
from portal.accounts.factor_rules import lacks_factor
from portal.accounts.models import UserState
from portal.accounts.passwords import hash_password, verify
from portal.audit.services import note
from portal.config import Config
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer, system_viewer
from portal.extensions import between_transactions, db, is_writing, set_writing, side_write
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
    if not person.confined_to and lacks_factor(config().require_totp, person):
        person = replace(person, must_set_up_factor=True)
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
    now = clock.now()
    digest = name_digest(number)
    set_writing(False)
    throttled = throttled_by(digest, now)
    account = queries.credentials(db.session(), number)
    fits = between_transactions(lambda: verify(account.password_hash if account else None, password))
    if throttled is None and fits and account and account.state == UserState.ACTIVE:
        return int(account.id)
    refused(digest, now, subject=("users", str(account.id) if account else "", number[:32] if account else ""))
    raise throttled or RuleError("login-refused")


def throttled_by(digest: str, now: datetime) -> RuleError | None:
    """What is said to somebody who has been refused too often, by the name's digest or by the address."""
    address = request.remote_addr or ""
    try:
        rules.check_failures(*queries.failures(db.session(), name_digest=digest, address=address, now=now))
    except RuleError as error:
        return error
    return None


def refused(digest: str, now: datetime, *, subject: tuple[str, str, str]) -> None:
    """Count a refusal and write it into the log, whatever becomes of the request."""
    address = request.remote_addr or ""
    with side_write() as session:
        services.note_failure(session, name_digest=digest, address=address, now=now)
        note(session, actor=system_viewer("—"), at=now, action="session.refused", subject=subject, address=address)


def confirm(person: Viewer, password: str) -> None:
    """Take the password again before an act that matters, as `recently_confirmed` asks; raises what `check` raises.

    The answer is kept in the session's row, in a transaction of its own: the act itself may still be refused.
    """
    db.session.rollback()  # what the request has read so far; Argon2 must not hold the write lock
    check(person.number, password)
    now = clock.now()
    with side_write() as session:
        services.note_confirmed(session, fingerprint=person.session_id or "", now=now)
        services.forget_failures(session, name_digest=name_digest(person.number))


def change_password(person: Viewer, *, current: str, new: str) -> None:
    """Set one's own password, which the current one allows as `check` allows a sign-in; the caller commits.

    Raises RuleError password-wrong, login-throttled, password-same or what rules.check_password says.
    """
    try:
        confirm(person, current)
    except RuleError as error:
        raise RuleError("password-wrong") if error.code == "login-refused" else error from None
    if current == new:
        raise RuleError("password-same")
    rules.check_password(new, number=person.number, name=person.name, avoid=names_of_place())
    hashed = between_transactions(lambda: hash_password(new))
    services.set_own_password(db.session(), actor=person, now=clock.now(), password_hash=hashed)


def enter(user_id: int, number: str) -> Viewer:
    """Open the session of a checked person under a fresh id; the caller commits."""
    signed_in, told = _newcomer(user_id)
    lifetime = timedelta(minutes=config().absolute_minutes)
    services.open_session(db.session(), **told, lifetime=lifetime, name_digest=name_digest(number))
    return signed_in


def _newcomer(user_id: int) -> tuple[Viewer, dict[str, Any]]:
    """A person under a fresh session id, and what every service that opens a session is told of them."""
    now = clock.now()
    person = queries.viewer_of(db.session(), user_id)
    sid = identity.renew()
    entered = Viewer(id=person.id, name=person.name, number=person.number, address=request.remote_addr or "")
    agent = request.user_agent.string
    return entered, {"viewer": entered, "now": now, "fingerprint": identity.fingerprint(sid), "agent": agent}


def enter_confined(user_id: int, *, confined_to: str, lifetime: timedelta) -> Viewer:
    """Open a session that is good for one thing alone, without a password; the caller commits and writes the log."""
    entered, told = _newcomer(user_id)
    services.open_confined(db.session(), **told, lifetime=lifetime, confined_to=confined_to)
    return entered


def ask_for_reset(number: str) -> None:
    """Leave a request for a new password; the caller commits. Nothing tells whether the number is somebody's.

    Raises RuleError("login-throttled") after a few requests for one number or many from one address.
    """
    now, digest = clock.now(), name_digest(f"ask:{number}")
    if error := throttled_by(digest, now):
        raise error
    services.note_failure(db.session(), name_digest=digest, address=request.remote_addr or "", now=now)
    people_services.ask_for_reset(db.session(), now=now, number=number, address=request.remote_addr or "")


def names_of_place() -> tuple[str, str]:
    """What no password should be made of."""
    return config().bureau, config().site_name


def name_digest(number: str) -> str:
    """What is kept of a typed name: people sometimes type their password there."""
    key = config().secret_key.encode()
    return hmac.new(key, f"login:{number.casefold()}".encode(), hashlib.sha256).hexdigest()
