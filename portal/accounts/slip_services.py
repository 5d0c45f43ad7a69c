"""First passwords for many: printed on slips, shown once, kept nowhere.

A new person of an import has no password at all. One is made when the slip is printed, so nothing is lost with a page
that never arrived: the same people get new slips, and the old passwords are worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import slip_queries as queries
from portal.accounts.models import User
from portal.accounts.passwords import FirstPassword, make_first
from portal.audit.services import record
from portal.core.viewer import Viewer

BATCH = 60
"""Slips of one page: hashing them takes some seconds, and somebody has to cut them apart."""


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """What stands on a slip."""

    number: str
    name: str
    unit_name: str
    password: str


def prepare(user_ids: Sequence[int]) -> dict[int, FirstPassword]:
    """Make and hash a password for each person, by their id; like `make_first`, never inside a transaction."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(user_ids, pool.map(lambda _id: make_first(), user_ids), strict=True))


def issue(session: Session, *, actor: Viewer, now: datetime, ready: Mapping[int, FirstPassword]) -> list[PrintedSlip]:
    """Write the hashes of those who still wait for a slip, and give the slips. One entry in the log for each person."""
    slips = []
    for user, unit_name in queries.still_waiting(session, actor, list(ready)):
        user.password_hash = ready[user.id].hashed
        _note(session, actor, now, user)
        slips.append(PrintedSlip(user.number, user.name, unit_name, ready[user.id].text))
    return slips


def void_unused(session: Session, *, actor: Viewer, now: datetime, unit_id: int) -> int:
    """Make printed first passwords that nobody has signed in with worthless, so that new slips can be printed."""
    users = queries.unused(session, actor, unit_id)
    for user in users:
        user.password_hash = ""
        _note(session, actor, now, user)
    return len(users)


def _note(session: Session, actor: Viewer, now: datetime, user: User) -> None:
    record(session, actor=actor, at=now, action="user.slip", row=user, label=f"{user.name}（{user.number}）")
