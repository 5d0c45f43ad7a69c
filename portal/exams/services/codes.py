"""Exam codes: printed on slips, shown once, kept as a keyed digest; a new one voids the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound
from portal.exams.models_records import ExamCode
from portal.exams.queries import codes as queries
from portal.exams.queries.attempts import round_view
from portal.exams.rules.certificate import shown_code
from portal.exams.rules.exam_code import digest_of, new_exam_code, opens
from portal.exams.rules.round import RoundPhase, round_phase
from portal.exams.services.attempts import HOLD_AFTER

BATCH = 60
"""Slips of one page: somebody has to cut them apart."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a slip."""

    number: str
    name: str
    unit_name: str
    code: str


def issue(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, people: Sequence[Any], secret: bytes
) -> list[Slip]:
    """A code for each of the people (lines of queries.codes.to_print); what they had before opens nothing any more.

    Raises RuleError "codes-too-late" or "nobody-gets-code".
    """
    phase = round_phase(round_view(round_), now)
    if not round_.kind.online or phase not in (RoundPhase.UPCOMING, RoundPhase.OPEN):
        raise RuleError("codes-too-late")
    if not people:
        raise RuleError("nobody-gets-code")
    _void(session, round_.id, [each.user_id for each in people], now)
    slips = []
    for each in people:
        code = new_exam_code()
        session.add(ExamCode(round_id=round_.id, user_id=each.user_id, digest=digest_of(code, secret), made_at=now))
        slips.append(Slip(each.number, each.name, each.unit_name, shown_code(code)))
    session.flush()
    subject = ("exam_rounds", str(round_.id), round_.title)
    numbers = [each.number for each in people]
    note(session, actor=actor, at=now, action="code.issue", subject=subject, count=len(slips), numbers=numbers)
    return slips


def void(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, people: Sequence[Any]) -> int:
    """Make the codes of the people worthless; returns how many people were named."""
    _void(session, round_.id, [each.user_id for each in people], now)
    subject = ("exam_rounds", str(round_.id), round_.title)
    note(session, actor=actor, at=now, action="code.void", subject=subject, count=len(people))
    return len(people)


def _void(session: Session, round_id: int, user_ids: Sequence[int], now: datetime) -> None:
    session.execute(
        update(ExamCode)
        .where(ExamCode.round_id == round_id, ExamCode.user_id.in_(user_ids), ExamCode.voided_at.is_(None))
        .values(voided_at=now)
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """Whom a code lets in, to which round, for how long at most."""

    user_id: int
    round_id: int
    lifetime: timedelta


def redeem(session: Session, *, now: datetime, code: str, secret: bytes) -> Entry:
    """Let the person of a code in. Raises RuleError "code-refused", the same for every reason."""
    found = queries.opening(session, digest_of(code, secret), now)
    if found is None or not opens(
        round_phase(round_view(found.round), now),
        found.entry.status,
        handed_in=found.handed_in,
        writing=found.writing,
    ):
        raise RuleError("code-refused")
    found.code.used_at = found.code.used_at or now
    session.flush()
    until = found.round.closes_at + timedelta(minutes=found.entry.extra_minutes) + HOLD_AFTER
    return Entry(found.entry.user_id, found.round.id, max(until - now, HOLD_AFTER))
