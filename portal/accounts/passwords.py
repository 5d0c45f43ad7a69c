"""Argon2id at 19 MiB, two passes, one lane (OWASP's second recommended setting)."""

from __future__ import annotations

from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.rules import PASSWORD_MAX, first_password

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What an unknown name is checked against, so that it costs the same time as a known one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$XL1X48cWMo+z/8K1Bf8HTg$KqFG0y4x4Ql4vFDA0SxLjdZgrt6zdOwQuO/21Z6eXPM"


def hash_password(password: str) -> str:
    """The encoded hash to store."""
    return _hasher.hash(password)


class FirstPassword(NamedTuple):
    """A first password on its way to the paper, with the hash that the database will keep."""

    text: str
    hashed: str


def make_first() -> FirstPassword:
    """Make and hash one: some 70 ms, so never while a transaction waits for it (`between_transactions`)."""
    text = first_password()
    return FirstPassword(text, hash_password(text))


def verify(encoded: str | None, password: str) -> bool:
    """Whether the password fits; an unknown name (None) or one without a password takes just as long and never fits."""
    if len(password) > PASSWORD_MAX:
        return False
    try:
        fits = _hasher.verify(encoded or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and bool(encoded)
