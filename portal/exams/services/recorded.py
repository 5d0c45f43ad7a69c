"""Results of exams that were sat elsewhere: put on record, corrected with a reason, taken in from a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.services import record
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound
from portal.exams.models_records import RecordedScore
from portal.exams.queries import recorded as queries
from portal.exams.queries import rosters
from portal.exams.rules.recorded import check_score
from portal.exams.rules.round import RosterStatus, RoundState
from portal.exams.services import certificates


@dataclass(frozen=True)
class Result:
    """What is put on record. `score` in hundredths; `certificate` is the number of somebody else's certificate."""

    score: int
    sat_on: date
    certificate: str = ""


def require_open_record(round_: ExamRound) -> None:
    """Raises RuleError "round-online" for a round that is sat here, "round-archived" once it is put away."""
    if round_.kind.online:
        raise RuleError("round-online")
    if round_.state is RoundState.ARCHIVED:
        raise RuleError("round-archived")


def put(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, user: User, result: Result
) -> RecordedScore:
    """Write a result down for somebody on the list of a published round who has none.

    Raises RuleError "score-range", "day-ahead", "not-listed", "not-due", "score-there", "round-not-published" or what
    `require_open_record` says.
    """
    _check(round_, result, now)
    if round_.state is RoundState.DRAFT:
        raise RuleError("round-not-published")
    entry = rosters.entry_of(session, round_.id, user.id)
    if entry is None:
        raise RuleError("not-listed", name=user.name)
    if entry.status is not RosterStatus.SHOULD:
        raise RuleError("not-due", name=user.name)
    if queries.score_of(session, round_.id, user.id, lock=True) is not None:
        raise RuleError("score-there", name=user.name)
    row = RecordedScore(
        round_id=round_.id, user_id=user.id, score=result.score, sat_on=result.sat_on,
        certificate=result.certificate, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(row)
    record(session, actor=actor, at=now, action="score.record", row=row, label=f"{round_.title} / {user.name}")
    return row


def correct(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, row: RecordedScore, result: Result,
    reason: str,
) -> None:  # fmt: skip
    """Put a result right, for a reason; a certificate that says otherwise is voided.

    Raises RuleError "score-range", "day-ahead", "reason-missing-score" or what `require_open_record` says.
    """
    _check(round_, result, now)
    if not reason:
        raise RuleError("reason-missing-score")
    user = session.get_one(User, row.user_id)
    row.score, row.sat_on, row.certificate, row.updated_at = result.score, result.sat_on, result.certificate, now
    label = f"{round_.title} / {user.name}"
    record(session, actor=actor, at=now, action="score.correct", row=row, label=label, reason=reason)
    certificates.follow_person(session, actor=actor, now=now, round_=round_, user_id=row.user_id)


def strike(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, row: RecordedScore, reason: str
) -> None:
    """Take a result off the record, for a reason: the person has then not sat. Raises as `correct`."""
    require_open_record(round_)
    if not reason:
        raise RuleError("reason-missing-score")
    user, user_id = session.get_one(User, row.user_id), row.user_id
    label = f"{round_.title} / {user.name}"
    record(
        session, actor=actor, at=now, action="score.strike", row=row, label=label, reason=reason, score=row.score,
        sat_on=row.sat_on.isoformat(),
    )  # fmt: skip
    session.delete(row)
    session.flush()
    certificates.follow_person(session, actor=actor, now=now, round_=round_, user_id=user_id)


def _check(round_: ExamRound, result: Result, now: datetime) -> None:
    require_open_record(round_)
    check_score(result.score, round_.full_marks or 0)
    if result.sat_on > clock.to_local(now).date():
        raise RuleError("day-ahead", day=result.sat_on.isoformat())
