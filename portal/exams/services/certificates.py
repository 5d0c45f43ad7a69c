"""Certificates: issued to those who passed, voided as soon as the result they name no longer stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.audit.services import note, record
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer, system_viewer
from portal.exams import after_regrade
from portal.exams.models import Attempt, ExamRound
from portal.exams.models_records import Certificate
from portal.exams.queries import certificates as queries
from portal.exams.rules.certificate import holds, new_code, number_of
from portal.exams.rules.round import RoundKind, RoundState

RESULT_CHANGED = "成绩变更"
_WITHOUT = (RoundKind.MOCK,)


def issue(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound) -> int:
    """Certify everybody who passed and has no valid certificate; returns how many. A second time finds nobody.

    Raises RuleError "round-not-published", "no-certificates" (a mock) or "nobody-deserves".
    """
    if round_.state is RoundState.DRAFT:
        raise RuleError("round-not-published")
    if round_.kind in _WITHOUT:
        raise RuleError("no-certificates")
    lines = queries.deserving(session, round_, now)
    if not lines:
        raise RuleError("nobody-deserves")
    serial = queries.last_serial(session, round_.year)
    for serial, line in enumerate(lines, start=serial + 1):  # noqa: B020  goes on from the last one
        session.add(_certificate(round_, line, serial, now))
    session.flush()
    subject = ("exam_rounds", str(round_.id), round_.title)
    note(session, actor=actor, at=now, action="certificate.issue", subject=subject, count=len(lines))
    return len(lines)


def _certificate(round_: ExamRound, line: Any, serial: int, now: datetime) -> Certificate:
    ended = line.ended_at
    return Certificate(
        round_id=round_.id,
        user_id=line.user_id,
        year=round_.year,
        serial=serial,
        number=number_of(round_.year, serial),
        code=new_code(),
        name=line.name,
        unit_name=line.unit_name,
        title=round_.title,
        score=line.score,
        sat_on=clock.to_local(ended).date() if isinstance(ended, datetime) else ended,
        issued_at=now,
    )


def void(session: Session, *, actor: Viewer, now: datetime, certificate: Certificate, reason: str) -> None:
    """Say that a certificate no longer holds. Raises RuleError "reason-missing-void" or "certificate-voided"."""
    if not reason:
        raise RuleError("reason-missing-void")
    if certificate.voided_at is not None:
        raise RuleError("certificate-voided")
    certificate.voided_at, certificate.void_reason = now, reason
    label = f"{certificate.number} {certificate.name}"
    record(session, actor=actor, at=now, action="certificate.void", row=certificate, label=label, reason=reason)


def follow(session: Session, attempt: Attempt, *, actor: Viewer | None = None, now: datetime | None = None) -> bool:
    """Void the certificate that rests on an attempt whose score, pass or state has just changed.

    To be called after the change, in its transaction. Returns whether one was voided.
    """
    round_ = session.get_one(ExamRound, attempt.round_id)
    return follow_person(
        session, actor=actor or system_viewer(), now=now or clock.now(), round_=round_, user_id=attempt.user_id
    )


@after_regrade.follow
def follow_many(session: Session, actor: Viewer, now: datetime, attempt_ids: Sequence[int]) -> None:
    """Void the certificates that rest on attempts whose scores a regrade has just changed."""
    for attempt in queries.certified(session, attempt_ids):
        follow(session, attempt, actor=actor, now=now)


def follow_person(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, user_id: int) -> bool:
    """Void a person's certificate for a round if it no longer says what is so; returns whether it did."""
    certificate = queries.valid(session, round_.id, user_id)
    if certificate is None:
        return False
    session.flush()
    if holds(certificate.score, queries.best_of(session, round_, user_id, now), round_.pass_line):
        return False
    void(session, actor=actor, now=now, certificate=certificate, reason=RESULT_CHANGED)
    return True
