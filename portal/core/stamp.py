"""A short fingerprint of values that a form was opened with, so that two people do not overwrite each other."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from portal.core.errors import RuleError


def stamp(*values: Any) -> str:
    """The fingerprint of the values, in their order."""
    return hashlib.sha256(json.dumps([str(value) for value in values]).encode()).hexdigest()[:16]


def check_stamp(seen: str | None, now: str) -> None:
    """Raises RuleError("changed-meanwhile") when the row is no longer as the form showed it."""
    if seen != now:
        raise RuleError("changed-meanwhile")
