"""Re-sits: a round of its own from the list of another, and what is set for many people of a list at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound, RosterEntry
from portal.exams.queries import resits as queries
from portal.exams.queries import rounds as round_queries
from portal.exams.queries.attempts import round_view
from portal.exams.rules.resit import OVER, kind_of_resit, require_resit
from portal.exams.rules.round import RosterStatus, round_phase
from portal.exams.services import rosters, rounds

COLUMNS = (
    "round_id", "user_id", "unit_id", "unit_name", "position", "status", "reason", "deferred_until", "extra_minutes",
)  # fmt: skip


def create(
    session: Session, *, actor: Viewer, now: datetime, main: ExamRound, title: str, opens_at: datetime,
    closes_at: datetime,
) -> ExamRound:  # fmt: skip
    """A draft with the settings and the paper of the main round, and on its list everybody who owes it a pass.

    The list is one INSERT ... SELECT. Raises RuleError "closes-before-opens", "nobody-resits" or what
    rules.resit.require_resit says.
    """
    check(session, main=main, now=now)
    if closes_at <= opens_at:
        raise RuleError("closes-before-opens")
    made = rounds.copy(session, actor=actor, now=now, round_=main, title=title)
    made.kind, made.main_round_id = kind_of_resit(main.kind), main.id
    made.opens_at, made.closes_at = opens_at, closes_at
    session.flush()
    last_day = clock.to_local(closes_at).date()
    lines = queries.roster_of(main, now, resit_id=made.id, last_day=last_day)
    added: int = session.execute(insert(RosterEntry).from_select(COLUMNS, lines)).rowcount  # type: ignore[attr-defined]
    if not added:
        raise RuleError("nobody-resits")
    record(
        session, actor=actor, at=now, action="resit.create", row=made, label=made.title, source=main.title, count=added
    )
    return made


def check(session: Session, *, main: ExamRound, now: datetime) -> None:
    """Raises what rules.resit.require_resit says of the round as it is."""
    others = queries.of_main(session, main.id)
    unfinished = next((each.title for each in others if round_phase(round_view(each), now) not in OVER), "")
    phase = round_phase(round_view(main), now)
    require_resit(main.kind, phase, is_resit=main.main_round_id is not None, unfinished=unfinished)


def set_one_of_many(
    session: Session, *, actor: Viewer, now: datetime, entry_id: int, status: RosterStatus, reason: str
) -> None:
    """Give one line of a list a status. Raises RuleError "entry-not-yours", "entry-unchanged" or what
    rosters.set_status says."""
    entry = session.get(RosterEntry, entry_id)
    round_ = round_queries.by_id(session, actor, entry.round_id, manage=True) if entry else None
    if entry is None or round_ is None:
        raise RuleError("entry-not-yours")
    if entry.status is status and entry.reason == reason:
        raise RuleError("entry-unchanged")
    rosters.set_status(
        session, actor=actor, now=now, round_=round_, entry=entry, status=status, reason=reason,
        extra_minutes=entry.extra_minutes, until=entry.deferred_until,
    )  # fmt: skip
