"""An attempt from start to hand-in: its deadline, and which answer wins.

All times are aware datetimes of the server; the clock of a page plays no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import RuleError

GRACE = timedelta(seconds=60)
"""How long after the deadline answers already typed are still taken. Never shown as extra time."""

MAX_COUNTER = 2**31 - 1
"""Upper end of lease and counter: exact in JavaScript and in a 32-bit column, and far above any real page."""


class AttemptState(StrEnum):
    """What the attempt row says; `phase` is what readers go by."""

    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    VOIDED = "voided"


class Phase(StrEnum):
    """What an attempt is at a given moment. EXPIRED reads "已交卷，待出分": handed in, though no row says so yet."""

    IN_PROGRESS = "in_progress"
    GRACE = "grace"
    EXPIRED = "expired"
    SUBMITTED = "submitted"
    VOIDED = "voided"

    @property
    def writable(self) -> bool:
        """Answers are still taken."""
        return self in (Phase.IN_PROGRESS, Phase.GRACE)

    @property
    def handed_in(self) -> bool:
        """The attempt counts as sat."""
        return self in (Phase.EXPIRED, Phase.SUBMITTED)


class CloseReason(StrEnum):
    """Who ended an attempt: the person, the clock or an officer."""

    USER = "user"
    TIME = "time"
    ADMIN = "admin"


@dataclass(frozen=True)
class AttemptView:
    """What the rules need to know of an attempt row."""

    state: AttemptState
    lease: int
    due: datetime


@dataclass(frozen=True, order=True)
class Rev:
    """Age of an answer. The lease counts take-overs, the counter counts changes; compared in that order."""

    lease: int
    counter: int

    def __post_init__(self) -> None:
        if not (0 <= self.lease <= MAX_COUNTER and 0 <= self.counter <= MAX_COUNTER):
            raise RuleError("bad-revision")


@dataclass(frozen=True)
class Answer:
    """What stands (or shall stand) at one position: option positions as digits, or one text per blank."""

    rev: Rev
    value: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Nothing chosen and nothing but white space written."""
        return not any(part.strip() for part in self.value)


def due_at(started: datetime, minutes: int, closes: datetime, extra_minutes: int) -> datetime:
    """The deadline: `minutes` after the start or the closing of the round, whichever is first, plus the extra."""
    return min(started + timedelta(minutes=minutes), closes) + timedelta(minutes=extra_minutes)


def phase(attempt: AttemptView, now: datetime) -> Phase:
    """What the attempt is at `now`; needs no job to have run. Deadline and end of grace are inclusive."""
    if attempt.state is not AttemptState.IN_PROGRESS:
        return Phase(attempt.state.value)
    if now <= attempt.due:
        return Phase.IN_PROGRESS
    return Phase.GRACE if now <= attempt.due + GRACE else Phase.EXPIRED


def late_seconds(attempt: AttemptView, now: datetime) -> int:
    """Whole seconds past the deadline, rounded up; 0 before it."""
    return max(0, -((attempt.due - now) // timedelta(seconds=1)))


def extend(attempt: AttemptView, due: datetime, now: datetime) -> AttemptView:
    """The attempt with a later deadline.

    Raises RuleError "attempt-closed" once it is handed in or expired (extra time never reopens), and
    "deadline-moved-back" if `due` is earlier than the deadline that was promised.
    """
    _require_writable(attempt, now)
    if due < attempt.due:
        raise RuleError("deadline-moved-back")
    return replace(attempt, due=due)


def take_over(attempt: AttemptView, now: datetime) -> AttemptView:
    """The attempt with the next lease, for a page opened elsewhere. Raises RuleError "attempt-closed"."""
    _require_writable(attempt, now)
    return replace(attempt, lease=attempt.lease + 1)


def _require_writable(attempt: AttemptView, now: datetime) -> None:
    if not phase(attempt, now).writable:
        raise RuleError("attempt-closed")


@dataclass(frozen=True)
class Closing:
    """How an attempt ended: the moment to write down, by whom, and how late within the grace."""

    at: datetime
    reason: CloseReason
    late_seconds: int


def close_attempt(attempt: AttemptView, now: datetime, *, admin: bool = False) -> Closing:
    """The end of an attempt that still says in progress, whether handed in now or found expired later.

    One found after the grace ended at its deadline, whenever the sweeper came by.
    """
    if phase(attempt, now) is Phase.EXPIRED:
        return Closing(attempt.due, CloseReason.TIME, 0)
    late = late_seconds(attempt, now)
    if admin:
        return Closing(now, CloseReason.ADMIN, late)
    return Closing(now, CloseReason.TIME if late else CloseReason.USER, late)


# ---- saving ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """The answer is newer than what stands there: write it."""

    late_seconds: int
    status: int = field(default=200, init=False)


@dataclass(frozen=True)
class AlreadyStored:
    """This answer or a newer one of the same lease stands there: acknowledge, write nothing."""

    late_seconds: int
    status: int = field(default=200, init=False)


@dataclass(frozen=True)
class TakenOver:
    """Another page holds the lease. Keep the answer as evidence; write it only where `fills`."""

    fills: bool
    status: int = field(default=409, init=False)


@dataclass(frozen=True)
class Closed:
    """Handed in, voided, or past the grace."""

    phase: Phase
    status: int = field(default=410, init=False)


Verdict = Stored | AlreadyStored | TakenOver | Closed


def decide_save(attempt: AttemptView, *, owner: bool, stored: Answer | None, incoming: Rev, now: datetime) -> Verdict:
    """What becomes of one answer that arrives at `now` with the revision `incoming`.

    An answer of an earlier lease fills a blank at most: what the new page shows never changes behind its back, and
    an answer cleared there stays cleared. Raises RuleError "attempt-not-found" for anyone but the owner.
    """
    gate = _gate(attempt, owner=owner, lease=incoming.lease, now=now)
    newer = stored is None or incoming > stored.rev
    if isinstance(gate, TakenOver):
        return TakenOver(fills=gate.fills and newer and (stored is None or stored.blank))
    if isinstance(gate, Closed):
        return gate
    return gate if newer else AlreadyStored(gate.late_seconds)


def _gate(attempt: AttemptView, *, owner: bool, lease: int, now: datetime) -> Stored | TakenOver | Closed:
    """Whether a page with this lease may write at all; Stored stands for yes."""
    if not owner:
        raise RuleError("attempt-not-found")
    current = phase(attempt, now)
    if not current.writable:
        return Closed(current)
    if lease != attempt.lease:
        return TakenOver(fills=lease < attempt.lease)
    return Stored(late_seconds(attempt, now))


@dataclass(frozen=True)
class Merge:
    """What a batch of answers did.

    `answers` is the whole sheet afterwards, `changed` the part to write, `saved` position -> highest counter that the
    server now holds (the acknowledgement), `evidence` what a refused page sent, `status` the HTTP status to answer.
    """

    status: int
    answers: dict[int, Answer]
    changed: dict[int, Answer]
    saved: dict[int, int]
    evidence: dict[int, Answer]
    late_seconds: int


def merge(
    attempt: AttemptView,
    stored: Mapping[int, Answer],
    incoming: Mapping[int, Answer],
    *,
    owner: bool,
    now: datetime,
    lease: int | None = None,
) -> Merge:
    """Apply one request (position -> answer) to the stored sheet.

    Every answer of a request carries the lease of its page; `lease` says it for an empty request, which only asks
    for the time. Raises RuleError "attempt-not-found" for anyone but the owner.
    """
    page_lease = next((answer.rev.lease for answer in incoming.values()), attempt.lease if lease is None else lease)
    gate = _gate(attempt, owner=owner, lease=page_lease, now=now)
    answers, changed = dict(stored), {}
    for position, answer in incoming.items():
        verdict = decide_save(attempt, owner=owner, stored=stored.get(position), incoming=answer.rev, now=now)
        if isinstance(verdict, Stored) or (isinstance(verdict, TakenOver) and verdict.fills):
            answers[position] = changed[position] = answer
    if isinstance(gate, Stored):
        saved = {position: answers[position].rev.counter for position in incoming}
        return Merge(gate.status, answers, changed, saved, {}, gate.late_seconds)
    return Merge(gate.status, answers, changed, {}, dict(incoming), 0)


def highest_counter(stored: Mapping[int, Answer]) -> int:
    """The counter from which a page goes on: a new machine or a cleared browser then never loses to an older answer."""
    return max((answer.rev.counter for answer in stored.values()), default=0)
