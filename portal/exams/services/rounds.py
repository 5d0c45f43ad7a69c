"""Rounds from draft to archive. Every function leaves the commit to its caller."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, ExamRound, PaperItem, PaperSection, RosterEntry
from portal.exams.queries import rounds as queries
from portal.exams.queries.attempts import attempt_view, round_view, section_rules
from portal.exams.rules import attempt as rules
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.publishing import check_round, require_publishable
from portal.exams.rules.round import RoundKind, RoundPhase, RoundState, When, move_round, round_phase
from portal.exams.services import contest
from portal.org import queries as units

# What a copy takes over from a section.
_SECTION_COLUMNS = (
    "position", "title", "type", "bank_id", "law_title", "difficulty", "count", "points", "partial", "shuffle",
)  # fmt: skip


@dataclass(frozen=True)
class Basics:
    """The first page of the wizard. Lines are hundredths of a point; `attempts_allowed` None is any number."""

    title: str
    kind: RoundKind
    year: int
    unit_id: int
    opens_at: datetime
    closes_at: datetime
    minutes: int
    pass_line: int
    excellent_line: int | None = None
    attempts_allowed: int | None = 1
    show_score: When = When.AT_ONCE
    show_answers: When = When.AFTER_CLOSING
    show_key: When = When.AFTER_CLOSING
    show_analysis: When = When.AFTER_CLOSING
    notes: str = ""
    full_marks: int | None = None


def require_draft(round_: ExamRound) -> None:
    """Raises RuleError "round-not-draft" for a round that people may have seen."""
    if round_.state is not RoundState.DRAFT:
        raise RuleError("round-not-draft")


def require_shown(round_: ExamRound) -> None:
    """Raises RuleError "round-not-published" for a draft."""
    if round_.state is RoundState.DRAFT:
        raise RuleError("round-not-published")


def create(session: Session, *, actor: Viewer, now: datetime, basics: Basics) -> ExamRound:
    """Begin a draft. Raises RuleError "unit-out-of-scope"."""
    _require_unit(session, actor, basics.unit_id)
    round_ = ExamRound(**asdict(basics), created_at=now)
    session.add(round_)
    record(session, actor=actor, at=now, action="round.create", row=round_, label=round_.title)
    # An INSERT takes the column's default for None, so "any number" is written after it.
    round_.attempts_allowed = basics.attempts_allowed
    session.flush()
    return round_


def update(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, basics: Basics) -> None:
    """Change a draft. Raises RuleError "round-not-draft" or "unit-out-of-scope"."""
    require_draft(round_)
    _require_unit(session, actor, basics.unit_id)
    for column, value in asdict(basics).items():
        setattr(round_, column, value)
    record(session, actor=actor, at=now, action="round.update", row=round_, label=round_.title)


def _require_unit(session: Session, actor: Viewer, unit_id: int) -> None:
    if units.by_id(session, actor, unit_id, Permission.ROUND_MANAGE) is None:
        raise RuleError("unit-out-of-scope")


def discard(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound) -> None:
    """Throw a draft away with its paper and list. Raises RuleError "round-not-draft"."""
    require_draft(round_)
    record(session, actor=actor, at=now, action="round.delete", row=round_, label=round_.title)
    sections = select(PaperSection.id).where(PaperSection.round_id == round_.id)
    session.execute(delete(PaperItem).where(PaperItem.section_id.in_(sections)))
    session.execute(delete(PaperSection).where(PaperSection.round_id == round_.id))
    session.execute(delete(RosterEntry).where(RosterEntry.round_id == round_.id))
    session.delete(round_)
    session.flush()


def publish(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound) -> None:
    """Show the round to those on its list.

    Raises RuleError "round-transition", "round-closed" or "check-list-stops".
    """
    if round_.state is not RoundState.DRAFT:
        raise RuleError("round-transition")
    require_publishable(check_round(queries.facts(session, round_), now))
    round_.state = move_round(round_view(round_), RoundState.PUBLISHED, now)
    round_.published_at = now
    record(session, actor=actor, at=now, action="round.publish", row=round_, label=round_.title)


def archive(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound) -> None:
    """Put a closed round away. Raises RuleError "round-transition" or "round-still-open"."""
    round_.state = move_round(round_view(round_), RoundState.ARCHIVED, now)
    record(session, actor=actor, at=now, action="round.archive", row=round_, label=round_.title)


def require_running(round_: ExamRound, now: datetime) -> None:
    """Raises RuleError "round-not-published", "round-closed" or "round-archived" unless it is upcoming or open."""
    refusals = {
        RoundPhase.DRAFT: "round-not-published",
        RoundPhase.CLOSED: "round-closed",
        RoundPhase.ARCHIVED: "round-archived",
    }
    code = refusals.get(round_phase(round_view(round_), now))
    if code:
        raise RuleError(code)


def extend(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, closes_at: datetime) -> int:
    """Close later, and give those who are sitting the time that the old closing would have cut off.

    Returns the number of attempts whose deadline moved. Keys may have been shown once a round is closed, so it is not
    opened again. Raises RuleError "closes-not-later" or what `require_running` says.
    """
    require_running(round_, now)
    if closes_at <= round_.closes_at:
        raise RuleError("closes-not-later")
    round_.closes_at = closes_at
    record(session, actor=actor, at=now, action="round.extend", row=round_, label=round_.title)
    running = session.execute(
        select(Attempt, RosterEntry.extra_minutes)
        .join(RosterEntry, (RosterEntry.round_id == Attempt.round_id) & (RosterEntry.user_id == Attempt.user_id))
        .where(Attempt.round_id == round_.id, Attempt.state == AttemptState.IN_PROGRESS)
        .with_for_update(of=Attempt)
    )
    return sum(
        lengthen(session, actor=actor, now=now, round_=round_, attempt=attempt, extra=extra)
        for attempt, extra in running
    )


def lengthen(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, attempt: Attempt, extra: int
) -> bool:
    """Bring a running attempt's deadline up to what round and extra minutes now allow; False if it stays as it was.

    Raises RuleError "deadline-moved-back" where they now allow less than was promised.
    """
    view = attempt_view(attempt)
    due = contest.latest(attempt, rules.due_at(attempt.started_at, round_.minutes, round_.closes_at, extra))
    if due == attempt.due_at or not rules.phase(view, now).writable:
        return False
    attempt.due_at = rules.extend(view, due, now).due
    record(session, actor=actor, at=now, action="attempt.extend", row=attempt, label=round_.title)
    return True


def copy(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, title: str) -> ExamRound:
    """A new draft with the settings and the paper of a round, and an empty list.

    The window is taken over as well, to be changed: the check list stops at one that is past.
    """
    made = create(session, actor=actor, now=now, basics=replace(_basics_of(round_), title=title))
    made.paper_kind = round_.paper_kind
    contest.copy_settings(session, actor=actor, now=now, source=round_, made=made)
    for section in section_rules(session, round_.id):
        twin = PaperSection(round_id=made.id, **{name: getattr(section, name) for name in _SECTION_COLUMNS})
        session.add(twin)
        session.flush()
        for item in session.scalars(select(PaperItem).where(PaperItem.section_id == section.id)):
            session.add(PaperItem(section_id=twin.id, position=item.position, version_id=item.version_id))
    record(session, actor=actor, at=now, action="round.copy", row=made, label=made.title, source=round_.title)
    return made


def _basics_of(round_: ExamRound) -> Basics:
    values: dict[str, Any] = {name: getattr(round_, name) for name in Basics.__dataclass_fields__}
    return Basics(**values)
