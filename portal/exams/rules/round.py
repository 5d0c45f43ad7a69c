"""A round of an exam: its window, who may start, and what is shown afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import RuleError
from portal.exams.rules.attempt import GRACE


class RoundKind(StrEnum):
    """正考、补考、模拟、竞赛、上级统考、纸笔考试."""

    MAIN = "main"
    RESIT = "resit"
    MOCK = "mock"
    CONTEST = "contest"
    SUPERIOR = "superior"
    PAPER = "paper"

    @property
    def online(self) -> bool:
        """Sat here. The two others have a roster and imported results, and no attempt."""
        return self not in (RoundKind.SUPERIOR, RoundKind.PAPER)


class RoundState(StrEnum):
    """What the round row says; opening and closing follow from the clock."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class RoundPhase(StrEnum):
    """What a round is at a given moment."""

    DRAFT = "draft"
    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


class RosterStatus(StrEnum):
    """应考、缓考、免考."""

    SHOULD = "should"
    DEFERRED = "deferred"
    EXEMPT = "exempt"


@dataclass(frozen=True)
class RoundView:
    """What the rules need to know of a round row. Open from `opens` (inclusive) to `closes` (exclusive)."""

    kind: RoundKind
    state: RoundState
    opens: datetime
    closes: datetime


def round_phase(round_: RoundView, now: datetime) -> RoundPhase:
    """What the round is at `now`."""
    if round_.state is not RoundState.PUBLISHED:
        return RoundPhase(round_.state.value)
    if now < round_.opens:
        return RoundPhase.UPCOMING
    return RoundPhase.OPEN if now < round_.closes else RoundPhase.CLOSED


def move_round(round_: RoundView, to: RoundState, now: datetime) -> RoundState:
    """The next state: draft -> published -> (closed by the clock) -> archived.

    One that is sat elsewhere may be entered when it is over, years later too.
    Raises RuleError "round-transition", "round-still-open" (archived too early) or "round-closed" (published too late).
    """
    current = round_phase(round_, now)
    if (round_.state, to) == (RoundState.DRAFT, RoundState.PUBLISHED):
        if round_.kind.online and now >= round_.closes:
            raise RuleError("round-closed")
        return to
    if (round_.state, to) == (RoundState.PUBLISHED, RoundState.ARCHIVED):
        if current is not RoundPhase.CLOSED:
            raise RuleError("round-still-open")
        return to
    raise RuleError("round-transition", source=round_.state.value, to=to.value)


_ROSTER_REFUSALS = {None: "not-on-roster", RosterStatus.EXEMPT: "exempt", RosterStatus.DEFERRED: "deferred"}


def may_start(
    round_: RoundView, status: RosterStatus | None, used: int, allowed: int | None, passed: bool, now: datetime
) -> None:
    """Return if one more attempt may begin; `used` counts attempts not voided, `allowed` None means any number.

    The best attempt counts, so one who has passed may try to do better, except in a re-sit, whose purpose is met.
    Raises RuleError with "round-not-online", "round-not-open", "round-closed", "not-on-roster", "exempt", "deferred",
    "already-passed" or "no-attempts-left".
    """
    if not round_.kind.online:
        raise RuleError("round-not-online")
    current = round_phase(round_, now)
    if current in (RoundPhase.DRAFT, RoundPhase.UPCOMING):
        raise RuleError("round-not-open", opens=round_.opens)
    if current is not RoundPhase.OPEN:
        raise RuleError("round-closed", closes=round_.closes)
    if status is not RosterStatus.SHOULD:
        raise RuleError(_ROSTER_REFUSALS[status])
    if passed and round_.kind is RoundKind.RESIT:
        raise RuleError("already-passed")
    if allowed is not None and used >= allowed:
        raise RuleError("no-attempts-left", allowed=allowed)


# ---- what is shown afterwards ------------------------------------------------------------------------------------


class ReviewItem(StrEnum):
    """What a person may see of an attempt handed in."""

    SCORE = "score"
    ANSWERS = "answers"
    KEY = "key"
    ANALYSIS = "analysis"


class When(StrEnum):
    """From when on something is shown."""

    AT_ONCE = "at_once"
    AFTER_CLOSING = "after_closing"
    NEVER = "never"


@dataclass(frozen=True)
class ReviewPolicy:
    """From when on each item is shown to the person who sat."""

    score: When
    answers: When
    key: When
    analysis: When


def shown(policy: ReviewPolicy, submitted: bool, round_closed: bool) -> frozenset[ReviewItem]:
    """What may be shown now; nothing before the attempt is handed in. `round_closed`: see `review_opens`."""
    if not submitted:
        return frozenset()
    open_now = {When.AT_ONCE, When.AFTER_CLOSING} if round_closed else {When.AT_ONCE}
    return frozenset(item for item in ReviewItem if getattr(policy, item.value) in open_now)


def review_opens(closes: datetime, extra_minutes: Iterable[int]) -> datetime:
    """When "after closing" begins: once the last person with extra time can no longer write."""
    return closes + timedelta(minutes=max(extra_minutes, default=0)) + GRACE
