"""Between password and code: who has given the password is kept in the signed cookie, for five minutes.

No session row exists yet, so nothing is open to somebody who has the password alone.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from flask import session as cookie

from portal.accounts import factor_queries as queries
from portal.accounts import factor_services as services
from portal.accounts import services as sign_in_services
from portal.accounts import sign_in
from portal.accounts.factor_rules import check_pending
from portal.accounts.models import UserState
from portal.core import clock
from portal.core.errors import RuleError
from portal.extensions import db

_KEY = "awaits-code"


def begin(user_id: int) -> bool:
    """Whether a code is needed to go on; if so the cookie remembers whose."""
    if not queries.is_on(db.session(), user_id):
        return False
    state = queries.sign_in_state(db.session(), user_id)
    cookie[_KEY] = [user_id, int(clock.now().timestamp()), _mark(state.password_hash if state else "")]
    return True


def waiting() -> bool:
    """Whether somebody has given the password in this browser."""
    return _KEY in cookie


def finish(typed: str) -> None:
    """Take the code and open the session; the caller commits.

    Raises RuleError factor-late (too long after the password, or the account changed meanwhile), login-throttled or
    factor-code.
    """
    user_id, since, mark = cookie[_KEY]
    now = clock.now()
    state = queries.sign_in_state(db.session(), user_id)
    if state is None or state.state != UserState.ACTIVE or mark != _mark(state.password_hash):
        raise RuleError("factor-late")
    check_pending(datetime.fromtimestamp(since, UTC), now=now)
    digest = sign_in.name_digest(f"code:{user_id}")
    if error := sign_in.throttled_by(digest, now):
        raise error
    if not services.use_code(db.session(), user_id=user_id, now=now, key=site_key(), typed=typed):
        db.session.rollback()  # the refusal is counted beside it
        sign_in.refused(digest, now, subject=("users", str(user_id), state.number))
        raise RuleError("factor-code")
    del cookie[_KEY]
    sign_in_services.forget_failures(db.session(), name_digest=digest)
    sign_in.enter(user_id, state.number)


def site_key() -> bytes:
    """What secrets of second factors are derived with."""
    return sign_in.config().secret_key.encode()


def _mark(password_hash: str) -> str:
    """A trace of the password that was given: a reset meanwhile makes the cookie worthless."""
    return hmac.new(site_key(), f"awaits:{password_hash}".encode(), hashlib.sha256).hexdigest()[:16]
