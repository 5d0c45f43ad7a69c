"""考试码: a code for one person and one round, for people who sign in once a year.

Twelve signs of an alphabet of 32 are 60 bits; with the throttle of passwords in front nobody guesses one. It is kept as
a keyed digest, so that a copy of the database opens no exam.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from portal.exams.rules.certificate import ALPHABET
from portal.exams.rules.round import RosterStatus, RoundPhase

_LENGTH = 12


def new_exam_code() -> str:
    """A fresh one, without hyphens."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def digest_of(code: str, secret: bytes) -> str:
    """What the database keeps of a code."""
    return hmac.new(secret, f"exam-code:{code}".encode(), hashlib.sha256).hexdigest()


def opens(phase: RoundPhase, status: RosterStatus, *, handed_in: bool, writing: bool) -> bool:
    """Whether a code that was not voided lets its person in: while the round is open, or an attempt of theirs can still
    be written, and until they have handed in."""
    if status is not RosterStatus.SHOULD:
        return False
    return writing or (phase is RoundPhase.OPEN and not handed_in)
