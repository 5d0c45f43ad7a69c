"""A person's own exams: every round that listed them, what came of it, and the certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.models_records import Certificate, RecordedScore
from portal.exams.queries import attempts
from portal.exams.rules import attempt as rules
from portal.exams.rules import marking
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.round import (
    ReviewItem,
    ReviewPolicy,
    RosterStatus,
    RoundKind,
    RoundPhase,
    RoundState,
    review_opens,
    round_phase,
    shown,
)


@dataclass(frozen=True, slots=True)
class Sat:
    """One round of mine. `outcome` is a key of OUTCOME_LABELS, or "hidden" where the round does not show scores (yet),
    "upcoming" or "open" before it is over. `score` in hundredths, None where there is none to show.
    """

    round: ExamRound
    outcome: str
    score: int | None
    sat_on: date | None
    attempt_id: int | None
    certificates: tuple[Certificate, ...]
    foreign_certificate: str = ""


def of_person(session: Session, user_id: int, now: datetime) -> list[Sat]:
    """All rounds that listed the person, latest first; three statements whatever their number."""
    certificates: dict[int, list[Certificate]] = {}
    for each in session.scalars(
        select(Certificate).where(Certificate.user_id == user_id).order_by(Certificate.issued_at)
    ):
        certificates.setdefault(each.round_id, []).append(each)
    here = [_here(*line, now=now, certificates=certificates) for line in _sat_here(session, user_id)]
    elsewhere = [_elsewhere(*line, now=now, certificates=certificates) for line in _recorded(session, user_id)]
    return sorted([*here, *elsewhere], key=lambda sat: (sat.round.year, sat.round.opens_at, sat.round.id), reverse=True)


def _sat_here(session: Session, user_id: int) -> list[tuple[ExamRound, RosterEntry, list[Attempt]]]:
    kinds = [kind for kind in RoundKind if kind.online]
    mine = and_(Attempt.round_id == ExamRound.id, Attempt.user_id == user_id, Attempt.state != AttemptState.VOIDED)
    rows = session.execute(
        select(ExamRound, RosterEntry, Attempt)
        .join(RosterEntry, RosterEntry.round_id == ExamRound.id)
        .outerjoin(Attempt, mine)
        .where(RosterEntry.user_id == user_id, ExamRound.state != RoundState.DRAFT, ExamRound.kind.in_(kinds))
        .order_by(ExamRound.id, Attempt.no)
    )
    found: dict[int, tuple[ExamRound, RosterEntry, list[Attempt]]] = {}
    for round_, entry, attempt in rows:
        line = found.setdefault(round_.id, (round_, entry, []))
        if attempt is not None:
            line[2].append(attempt)
    return list(found.values())


def _recorded(session: Session, user_id: int) -> list[Any]:
    kinds = [kind for kind in RoundKind if not kind.online]
    mine = (RecordedScore.round_id == ExamRound.id) & (RecordedScore.user_id == user_id)
    return list(
        session.execute(
            select(ExamRound, RosterEntry, RecordedScore)
            .join(RosterEntry, RosterEntry.round_id == ExamRound.id)
            .outerjoin(RecordedScore, mine)
            .where(RosterEntry.user_id == user_id, ExamRound.state != RoundState.DRAFT, ExamRound.kind.in_(kinds))
        )
    )


def _elsewhere(
    round_: ExamRound, entry: RosterEntry, row: RecordedScore | None, *, now: datetime,
    certificates: dict[int, list[Certificate]],
) -> Sat:  # fmt: skip
    held = tuple(certificates.get(round_.id, ()))
    if row is None:
        return Sat(round_, _without(round_, entry, now), None, None, None, held)
    outcome = "passed" if marking.passed(row.score, round_.pass_line) else "failed"
    return Sat(round_, outcome, row.score, row.sat_on, None, held, row.certificate)


def _here(
    round_: ExamRound, entry: RosterEntry, sat: list[Attempt], *, now: datetime,
    certificates: dict[int, list[Certificate]],
) -> Sat:  # fmt: skip
    held = tuple(certificates.get(round_.id, ()))
    phases = [rules.phase(attempts.attempt_view(each), now) for each in sat]
    best = marking.best_attempt([each for each in sat if each.state is AttemptState.SUBMITTED])
    if best is None:
        writing = any(phase.writable for phase in phases)
        waiting = any(phase.handed_in for phase in phases)
        outcome = "sitting" if writing else "waiting" if waiting else _without(round_, entry, now)
        return Sat(round_, outcome, None, None, None, held)
    day = clock.to_local(best.submitted_at).date() if best.submitted_at else None
    policy = ReviewPolicy(round_.show_score, round_.show_answers, round_.show_key, round_.show_analysis)
    closed = now >= review_opens(round_.closes_at, [entry.extra_minutes])
    if ReviewItem.SCORE not in shown(policy, submitted=True, round_closed=closed):
        return Sat(round_, "hidden", None, day, best.id, held)
    return Sat(round_, "passed" if best.passed else "failed", best.score, day, best.id, held)


def _without(round_: ExamRound, entry: RosterEntry, now: datetime) -> str:
    if entry.status is not RosterStatus.SHOULD:
        return entry.status.value
    phase = round_phase(attempts.round_view(round_), now)
    return phase.value if phase in (RoundPhase.UPCOMING, RoundPhase.OPEN) else "not-sat"
