"""Every SELECT on results of exams that were sat elsewhere, in the shape of those that were sat here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, case, cast, null, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.exams.models import ExamRound, RosterEntry
from portal.exams.models_records import RecordedScore
from portal.exams.queries.rounds import lines_from
from portal.exams.rules.round import RosterStatus


def people(round_: Any, tops: frozenset[int] | None) -> tuple[Select[Any], Any]:
    """What results.people gives, for a round without attempts: the columns are the same, so all that builds on them is.

    `attempt_id` is the number of the recorded result: it says that there is one, and leads to no answer sheet.
    """
    outcome = case(
        (RecordedScore.score >= round_.pass_line, "passed"),
        (RecordedScore.id.is_not(None), "failed"),
        (RosterEntry.status == RosterStatus.DEFERRED, "deferred"),
        (RosterEntry.status == RosterStatus.EXEMPT, "exempt"),
        else_="not-sat",
    )
    statement: Select[Any] = (
        select(
            *RosterEntry.__table__.columns,
            User.number,
            User.name,
            RecordedScore.id.label("attempt_id"),
            RecordedScore.score,
            cast(null(), ExamRound.opens_at.type).label("started_at"),
            RecordedScore.sat_on.label("ended_at"),
            cast(null(), Integer).label("late_seconds"),
            case((RecordedScore.id.is_not(None), 1), else_=0).label("attempts"),
            outcome.label("outcome"),
            RecordedScore.certificate,
        )
        .join(User, User.id == RosterEntry.user_id)
        .outerjoin(
            RecordedScore,
            (RecordedScore.round_id == RosterEntry.round_id) & (RecordedScore.user_id == RosterEntry.user_id),
        )
        .where(RosterEntry.round_id == round_.id, lines_from(tops, round_))
    )
    return statement, outcome


def score_of(session: Session, round_id: int, user_id: int, *, lock: bool = False) -> RecordedScore | None:
    """A person's recorded result."""
    statement = select(RecordedScore).where(RecordedScore.round_id == round_id, RecordedScore.user_id == user_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def result(session: Session, round_id: int, score_id: int, *, lock: bool = False) -> RecordedScore | None:
    """A recorded result of this round."""
    statement = select(RecordedScore).where(RecordedScore.id == score_id, RecordedScore.round_id == round_id)
    return session.scalar(statement.with_for_update() if lock else statement)
