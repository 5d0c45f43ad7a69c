"""When somebody may sign in, how long a session lasts, what a password must be."""

from __future__ import annotations

import itertools
import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.common_rules import is_common
from portal.core.errors import RuleError
from portal.core.permissions import ROLE_GRANTS, Role

NUMBER_MAX = 32
NUMBER = re.compile(rf"[A-Za-z0-9_-]{{1,{NUMBER_MAX}}}\Z")
"""What a 工号 may look like: it is typed to sign in, on any keyboard."""
PASSWORD_MIN = 10
PASSWORD_MAX = 128
# Refused sign-ins within WINDOW: so many for one name, so many from one address.
WINDOW = timedelta(minutes=15)
FAILURES_BY_NAME = 5
FAILURES_BY_ADDRESS = 50
# Nobody holds two of these: who keeps accounts, who gives rights and who reads the log are three people.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
# Password and second factor of an administrator are not taken by one person within this time.
TWO_HANDS = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
# Address and device of a session that is over are kept so long (docs/operations.md).
KEEP_SESSIONS = timedelta(days=180)
# Letters and digits that nobody mistakes for one another on a printed slip.
_SLIP_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """The moments that decide whether a session is alive."""

    last_seen_at: datetime
    ends_at: datetime
    hold_until: datetime | None
    ended_at: datetime | None


def session_alive(times: SessionTimes, *, now: datetime, idle: timedelta) -> bool:
    """Not ended, and neither idle nor past its absolute limit, unless it is held open for an exam under way."""
    if times.ended_at is not None:
        return False
    if times.hold_until is not None and now < times.hold_until:
        return True
    return now < times.ends_at and now - times.last_seen_at < idle


def check_failures(by_name: int, by_address: int) -> None:
    """Refuse a further try. Raises RuleError("login-throttled"), the same for a known and an unknown name."""
    if by_name >= FAILURES_BY_NAME or by_address >= FAILURES_BY_ADDRESS:
        raise RuleError("login-throttled", minutes=int(WINDOW.total_seconds() // 60))


def check_password(password: str, *, number: str, name: str, avoid: Collection[str] = ()) -> None:
    """Refuse a weak password. Length is what counts (NIST SP 800-63B 5.1.1.2); no rule about kinds of character.

    `avoid` are names of the place. Raises RuleError password-short, password-long, password-personal, password-plain
    or password-common.
    """
    if len(password) < PASSWORD_MIN:
        raise RuleError("password-short", least=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        raise RuleError("password-long", most=PASSWORD_MAX)
    folded = unicodedata.normalize("NFKC", password).casefold()
    if any(part and part.casefold() in folded for part in (number, name)):
        raise RuleError("password-personal")
    if len(set(folded)) < 4 or _is_run(folded):  # noqa: PLR2004
        raise RuleError("password-plain")
    if is_common(password, avoid):
        raise RuleError("password-common")


def _is_run(text: str) -> bool:
    """Whether the text only counts up or down, as 1234567890 does."""
    steps = {(ord(after) - ord(before)) for before, after in itertools.pairwise(text)}
    return len(steps - {1, -9}) == 0 or len(steps - {-1, 9}) == 0


def first_password() -> str:
    """A random first password for a printed slip: three groups of four, about 59 bits."""
    return "-".join("".join(secrets.choice(_SLIP_ALPHABET) for _ in range(4)) for _ in range(3))


def check_grant(held: frozenset[tuple[Role, int]], role: Role, unit_id: int) -> None:
    """Whether somebody who holds (role, unit id) pairs may get one more. Raises RuleError role-held or admins-apart."""
    if (role, unit_id) in held:
        raise RuleError("role-held")
    others = {other for other, _ in held} & ADMINISTRATORS - {role}
    if role in ADMINISTRATORS and others:
        raise RuleError("admins-apart")


def ends_password(role: Role, *, own: bool) -> bool:
    """Whether granting the role makes the password worthless. `own` says that the person has set it.

    GB/T 22239-2019 8.1.4.2 d keeps the privileges of administrators apart: who makes accounts must not come by another
    office through a password that he has printed.
    """
    return role in ADMINISTRATORS or (not own and bool(ROLE_GRANTS[role]))
