"""Contests: how one is held, who joins, whose name is shown, and the clock of each question.

Every function takes `now` from the server's clock and leaves the commit to its caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.plain import PlainConnection
from portal.core.viewer import Viewer
from portal.exams.contest_models import Contest, ContestClock, ContestConsent
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.queries import contest as queries
from portal.exams.queries.attempts import SheetToSave, round_view
from portal.exams.queries.contest import SECONDS, Seat
from portal.exams.rules import contest as rules
from portal.exams.rules.contest import Audience, NamesShown
from portal.exams.rules.round import RoundKind, RoundPhase, RoundState, round_phase


@dataclass(frozen=True)
class ContestSettings:
    """What the first page of the wizard says of a contest. `question_seconds` None: one clock for the whole."""

    question_seconds: int | None = None
    self_enrol: bool = False
    names: NamesShown = NamesShown.AGREED
    board_during: Audience = Audience.PARTICIPANTS
    board_after: Audience = Audience.EVERYBODY
    least_people: int = 3


def set_settings(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, settings: ContestSettings
) -> None:
    """Say how a contest is held; a round of another kind keeps nothing of it. Raises RuleError "round-not-draft"."""
    if round_.state is not RoundState.DRAFT:
        raise RuleError("round-not-draft")
    row = session.get(Contest, round_.id)
    if round_.kind is not RoundKind.CONTEST:
        if row is not None:
            session.delete(row)
            session.flush()
        return
    if row is None:
        row = Contest(round_id=round_.id)
        session.add(row)
    for column, value in asdict(settings).items():
        setattr(row, column, value)
    record(session, actor=actor, at=now, action="contest.update", row=row, label=round_.title)


def copy_settings(session: Session, *, actor: Viewer, now: datetime, source: ExamRound, made: ExamRound) -> None:
    """Hold a copy as its original was held."""
    if source.kind is RoundKind.CONTEST:
        row = queries.settings(session, source.id)
        values = {name: getattr(row, name) for name in ContestSettings.__dataclass_fields__}
        set_settings(session, actor=actor, now=now, round_=made, settings=ContestSettings(**values))


def join(session: Session, *, viewer: Viewer, now: datetime, seat: Seat, agreed: bool) -> None:
    """Put oneself on the list of an open contest; whoever stands on it already stays as they are.

    Raises RuleError "contest-not-open" before it opens and after it closes.
    """
    if seat.entry is None:
        if round_phase(round_view(seat.round), now) is not RoundPhase.OPEN:
            raise RuleError("contest-not-open")
        entry = RosterEntry(
            round_id=seat.round.id,
            user_id=viewer.id,
            unit_id=viewer.unit_id,
            unit_name=viewer.unit_name,
        )
        session.add(entry)
        label = f"{seat.round.title} / {viewer.name}"
        record(session, actor=viewer, at=now, action="contest.join", row=entry, label=label)
    set_consent(session, viewer=viewer, now=now, seat=seat, agreed=agreed)


def set_consent(session: Session, *, viewer: Viewer, now: datetime, seat: Seat, agreed: bool) -> None:
    """Have one's name shown on the leaderboard, or not any more; it can be changed at any time."""
    row = queries.consent(session, seat.round.id, viewer.id or 0)
    if row is None:
        row = ContestConsent(round_id=seat.round.id, user_id=viewer.id)
        session.add(row)
    row.agreed, row.at = agreed, now
    label = f"{seat.round.title} / {viewer.name}"
    record(session, actor=viewer, at=now, action="contest.consent", row=row, label=label)


# ---- the clock of each question ----------------------------------------------------------------------------------


def wind(session: Session, *, attempt: Attempt, round_: ExamRound, extra_minutes: int) -> None:
    """Set the clock of the first question going, where a contest has one; the deadline is at the end of the last.

    The seconds are stamped on the paper: what is changed on the list meanwhile moves no question that is over.
    """
    if round_.kind is not RoundKind.CONTEST:
        return
    seconds = queries.settings(session, round_.id).question_seconds
    if seconds is None:
        return
    each = rules.seconds_each(seconds, extra_minutes, len(attempt.paper))
    attempt.paper = [{**line, SECONDS: each} for line in attempt.paper]
    attempt.due_at = latest(attempt, attempt.due_at)
    session.add(ContestClock(attempt_id=attempt.id, position=1, opened_at=attempt.started_at))
    session.flush()


def latest(attempt: Attempt, due: datetime) -> datetime:
    """A deadline, no later than the end of the last question where each has its own clock."""
    if SECONDS not in attempt.paper[0]:
        return due
    return min(due, rules.last_moment(attempt.started_at, attempt.paper[0][SECONDS], len(attempt.paper)))


def require_one_clock(attempts: Iterable[Attempt]) -> None:
    """Raises RuleError "contest-no-minutes" where a clock goes from question to question: it cannot be held up."""
    if any(SECONDS in attempt.paper[0] for attempt in attempts):
        raise RuleError("contest-no-minutes")


def require_open(
    where: Session | PlainConnection, attempt: Attempt | SheetToSave, positions: Iterable[int], now: datetime
) -> None:
    """Raises RuleError "question-closed" if the time of one of the questions is over, or it was left, or not reached.

    Nothing is asked for a paper without clocks: this stands in the way of every save. One with clocks is for a session
    alone, which the short way (lane.py) does not have.
    """
    if not positions or SECONDS not in attempt.paper[0]:
        return
    if not isinstance(where, Session):
        raise TypeError(where)
    session = where
    clock = queries.clock_of(session, attempt)
    closed = [each for each in positions if clock is not None and not rules.takes(clock, each, now)]
    if closed:
        raise RuleError("question-closed", place=min(closed))


def move_on(session: Session, *, attempt: Attempt, position: int, now: datetime) -> None:
    """Leave a question by hand; nothing happens when it is not the open one. The attempt's row is locked."""
    clock, row = queries.clock_of(session, attempt), queries.clock_row(session, attempt.id)
    if clock is not None and row is not None:
        moved = rules.move_on(clock, position, now)
        row.position, row.opened_at = moved.position, moved.opened
        session.flush()
