"""The second factor: codes of an authenticator app (RFC 6238) and recovery codes for the day the phone is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime, timedelta

import pyotp

from portal.accounts.rules import ADMINISTRATORS
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.core.viewer import Viewer

STEP = 30
DRIFT = 1
"""How many steps of thirty seconds a phone's clock may be off, either way (RFC 6238 5.2)."""
RECOVERY_CODES = 10
PENDING = timedelta(minutes=5)
"""How long the code may take after the password."""
_SECRET_BYTES = 20  # RFC 4226 section 4, R6
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_LENGTH = 10
_DIGITS = re.compile(r"[0-9]{6}")


def secret_of(user_id: int, salt: str, key: bytes) -> str:
    """The shared secret in base 32: from the person's salt in the database and the key of the site outside it."""
    made = hmac.new(key, f"second-factor:{user_id}:{salt}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:_SECRET_BYTES]).decode()


def new_salt() -> str:
    """A fresh salt for `secret_of`."""
    return secrets.token_hex(16)


def address(secret: str, *, number: str, site: str) -> str:
    """What the square of dots says to the app."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=number, issuer_name=site)


def matching_step(secret: str, typed: str, *, now: datetime, last_step: int) -> int | None:
    """The step whose code was typed, None for a wrong one or one that is not newer than the last that was taken."""
    if not _DIGITS.fullmatch(typed):
        return None
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    for step in range(current - DRIFT, current + DRIFT + 1):
        if step > last_step and hmac.compare_digest(totp.generate_otp(step), typed):
            return step
    return None


def plain(typed: str) -> str:
    """A code as it is compared: people type blanks and hyphens where they see them, and full-width digits."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed)).casefold()


def new_recovery_code() -> str:
    """About 50 bits in two groups, without letters that look alike."""
    made = "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return f"{made[: _RECOVERY_LENGTH // 2]}-{made[_RECOVERY_LENGTH // 2 :]}"


def recovery_digest(code: str, user_id: int, key: bytes) -> str:
    """What is kept of a recovery code: nobody can try all of them without the key of the site."""
    return hmac.new(key, f"recovery:{user_id}:{plain(code)}".encode(), hashlib.sha256).hexdigest()


def must_have_factor(asked: str, roles: frozenset[Role]) -> bool:
    """Whether a site that asks `asked` ("administrators", "all", "none") asks it of somebody with these roles."""
    return asked == "all" or (asked == "administrators" and bool(roles & ADMINISTRATORS))


def lacks_factor(asked: str, person: Viewer) -> bool:
    """Whether a site that asks `asked` asks a second factor of somebody who has none."""
    return not person.has_second_factor and must_have_factor(asked, person.roles)


def check_pending(since: datetime, *, now: datetime) -> None:
    """Raises RuleError("factor-late") when the password was given too long ago."""
    if not since <= now <= since + PENDING:
        raise RuleError("factor-late")
