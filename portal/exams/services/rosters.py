"""Who should sit: the list of a round, with everybody's unit as of the day they were put on it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import exists, insert, literal, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.audit.services import note, record
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.queries import recorded
from portal.exams.queries import rosters as queries
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.round import RosterStatus, RoundState
from portal.exams.services.contest import require_one_clock
from portal.exams.services.rounds import lengthen, require_draft, require_running
from portal.org import queries as units
from portal.org.models import Unit
from portal.org.queries import within

MOST_EXTRA = 240
_COLUMNS = ("round_id", "user_id", "unit_id", "unit_name", "position", "status", "reason", "extra_minutes")


def add_unit(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, unit_id: int, leaders: bool = False
) -> int:
    """Put everybody of a unit and of those below it on the list, or only its 领导干部; returns how many were new.

    One INSERT ... SELECT, however many there are. Raises RuleError "unit-out-of-scope", "nobody-added" or what
    `_require_open_list` says.
    """
    _require_open_list(round_, now)
    unit = units.by_id(session, actor, unit_id, Permission.ROUND_MANAGE)
    if unit is None:
        raise RuleError("unit-out-of-scope")
    listed = exists().where(RosterEntry.round_id == round_.id, RosterEntry.user_id == User.id)
    people = (
        select(
            literal(round_.id),
            User.id,
            User.unit_id,
            Unit.name,
            User.position,
            literal(RosterStatus.SHOULD, RosterEntry.status.type),
            literal(""),
            literal(0),
        )
        .join(Unit, Unit.id == User.unit_id)
        .where(within(User.unit_id, [unit.id]), User.state == UserState.ACTIVE, ~listed)
    )
    if leaders:
        people = people.where(User.is_leader)
    added = session.execute(insert(RosterEntry).from_select(_COLUMNS, people))
    count: int = added.rowcount  # type: ignore[attr-defined]
    if not count:
        raise RuleError("nobody-added")
    subject = ("exam_rounds", str(round_.id), round_.title)
    note(
        session, actor=actor, at=now, action="roster.add-unit", subject=subject,
        unit=unit.name, leaders=leaders, count=count,
    )  # fmt: skip
    return count


def add_person(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, number: str) -> RosterEntry:
    """Put one person on the list by number.

    Raises RuleError "person-not-found" (also for one outside the actor's units), "already-on-roster" or what
    `_require_open_list` says.
    """
    _require_open_list(round_, now)
    found = queries.person(session, actor, number)
    if found is None:
        raise RuleError("person-not-found", number=number)
    user, unit_name = found
    if queries.entry_of(session, round_.id, user.id) is not None:
        raise RuleError("already-on-roster", name=user.name)
    entry = RosterEntry(
        round_id=round_.id, user_id=user.id, unit_id=user.unit_id, unit_name=unit_name, position=user.position
    )
    session.add(entry)
    record(session, actor=actor, at=now, action="roster.create", row=entry, label=f"{round_.title} / {user.name}")
    return entry


def _require_open_list(round_: ExamRound, now: datetime) -> None:
    """People come onto the list of a draft, or of a round that they can still sit; elsewhere they may have sat it."""
    if round_.state is RoundState.ARCHIVED:
        raise RuleError("round-archived")
    if round_.state is not RoundState.DRAFT and round_.kind.online:
        require_running(round_, now)


def set_status(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, entry: RosterEntry,
    status: RosterStatus, reason: str, extra_minutes: int, until: date | None = None,
) -> None:  # fmt: skip
    """Say whether a person should sit, why not, and with how many extra minutes; a running attempt gets them at once.

    `until` is the last day of a 缓考, None where it has no fixed end. Raises RuleError "round-archived",
    "reason-missing", "extra-minutes-range", "has-attempt", "has-score" or "deadline-moved-back".
    """
    if round_.state is RoundState.ARCHIVED:
        raise RuleError("round-archived")
    if status is not RosterStatus.SHOULD and not reason:
        raise RuleError("reason-missing")
    if not 0 <= extra_minutes <= MOST_EXTRA:
        raise RuleError("extra-minutes-range", most=MOST_EXTRA)
    user = session.get_one(User, entry.user_id)
    attempts = queries.counted_attempts(session, round_.id, entry.user_id)
    if status is not RosterStatus.SHOULD and attempts:
        raise RuleError("has-attempt", name=user.name)
    if status is not RosterStatus.SHOULD and recorded.score_of(session, round_.id, entry.user_id) is not None:
        raise RuleError("has-score", name=user.name)
    entry.deferred_until = until if status is RosterStatus.DEFERRED else None
    entry.status, entry.reason, entry.extra_minutes = status, reason, extra_minutes
    record(session, actor=actor, at=now, action="roster.update", row=entry, label=f"{round_.title} / {user.name}")
    for attempt in _running(attempts):
        lengthen(session, actor=actor, now=now, round_=round_, attempt=attempt, extra=extra_minutes)


def add_minutes(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, entry: RosterEntry, minutes: int, reason: str
) -> None:
    """Give somebody who is at it so many minutes more; their page hears of it at its next save.

    Never reopens what is handed in. Raises RuleError "not-sitting", "reason-missing-minutes",
    "extra-minutes-range" or "contest-no-minutes".
    """
    if not reason:
        raise RuleError("reason-missing-minutes")
    extra = entry.extra_minutes + minutes
    if minutes < 1 or extra > MOST_EXTRA:
        raise RuleError("extra-minutes-range", most=MOST_EXTRA)
    user = session.get_one(User, entry.user_id)
    entry.extra_minutes = extra
    record(
        session, actor=actor, at=now, action="roster.minutes", row=entry, label=f"{round_.title} / {user.name}",
        reason=reason,
    )  # fmt: skip
    attempts = _running(queries.counted_attempts(session, round_.id, entry.user_id))
    require_one_clock(attempts)
    done = [
        lengthen(session, actor=actor, now=now, round_=round_, attempt=attempt, extra=extra) for attempt in attempts
    ]
    if not any(done):
        raise RuleError("not-sitting", name=user.name)


def _running(attempts: list[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.state is AttemptState.IN_PROGRESS]


def remove(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, entry: RosterEntry) -> None:
    """Take a person off the list of a draft. Raises RuleError "round-not-draft"; afterwards there is 免考."""
    require_draft(round_)
    user = session.get_one(User, entry.user_id)
    record(session, actor=actor, at=now, action="roster.delete", row=entry, label=f"{round_.title} / {user.name}")
    session.delete(entry)
    session.flush()
