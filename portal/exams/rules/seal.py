"""The seal of a handed-in attempt: a keyed hash that shows any later change of an answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from portal.exams.rules.attempt import Answer

_PURPOSE = "exam-attempt-answers-1"
"""Names what is sealed and in which layout, so that a seal made for something else can never pass for this one."""


def canonical(attempt_id: int, answers: Mapping[int, Answer]) -> bytes:
    """The one byte string of an answer set: ASCII JSON without spaces, a row [position, lease, counter, value] each.

    The order of picked options is part of the value and is kept as stored.
    """
    rows = [
        [position, answer.rev.lease, answer.rev.counter, list(answer.value)]
        for position, answer in sorted(answers.items())
    ]
    return json.dumps([_PURPOSE, attempt_id, rows], ensure_ascii=True, separators=(",", ":")).encode("ascii")


def seal(secret: bytes, attempt_id: int, answers: Mapping[int, Answer]) -> str:
    """HMAC-SHA256 (FIPS 198-1) of the canonical bytes, as 64 hexadecimal digits. `secret` must not be empty."""
    if not secret:
        raise ValueError("a seal needs a secret")
    return hmac.new(secret, canonical(attempt_id, answers), hashlib.sha256).hexdigest()


def verify(secret: bytes, attempt_id: int, answers: Mapping[int, Answer], expected: str) -> bool:
    """Whether the answers are those that were sealed; compared in constant time."""
    return hmac.compare_digest(seal(secret, attempt_id, answers).encode(), expected.encode("utf-8", "replace"))
