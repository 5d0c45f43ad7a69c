"""Who was there: the list of a session, marks, self check-in, hours of one person, make-up study."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import exists, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.audit.services import note, record
from portal.core.errors import RuleError
from portal.core.stamp import check_stamp, stamp
from portal.core.viewer import Viewer
from portal.org.models import Unit
from portal.org.queries import within
from portal.study.models import StudyAttendance, StudySession
from portal.study.queries import attendance as queries
from portal.study.rules import attendance as rules
from portal.study.rules import session as session_rules
from portal.study.rules.attendance import Attendance, MakeUp, Part
from portal.study.rules.session import SessionState
from portal.study.services import ledger

CHECK_IN_LENGTH = timedelta(hours=4)
# Without letters that look like digits: people read it off a screen.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_COLUMNS = ("session_id", "user_id", "unit_id", "unit_name", "position", "status", "parts", "note", "override_reason",
            "make_up", "make_up_note")  # fmt: skip


def _check(row: StudySession, today: date, reason: str) -> None:
    session_rules.check_change(row.state, row.entered_on, today, reason)


def _people_columns(session_id: int) -> list[object]:
    columns = StudyAttendance.__table__.c
    return [
        literal(session_id),
        User.id,
        User.unit_id,
        Unit.name,
        User.position,
        literal(Attendance.UNKNOWN, columns.status.type),
        literal([], columns.parts.type),
        literal(""),
        literal(""),
        literal(MakeUp.NONE, columns.make_up.type),
        literal(""),
    ]


def _add(session: Session, row: StudySession, condition: object) -> int:
    listed = exists().where(StudyAttendance.session_id == row.id, StudyAttendance.user_id == User.id)
    people = (
        select(*_people_columns(row.id))  # type: ignore[call-overload]
        .join(Unit, Unit.id == User.unit_id)
        .where(condition, User.state == UserState.ACTIVE, ~listed)
    )
    added = session.execute(insert(StudyAttendance).from_select(_COLUMNS, people))
    count: int = added.rowcount  # type: ignore[attr-defined]
    return count


def add_unit(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, unit_id: int,
    leaders: bool = False, reason: str = "",
) -> int:  # fmt: skip
    """Put everybody of a unit and below on the list, or its 领导干部 alone; one statement. How many were new.

    Raises RuleError unit-out-of-scope, nobody-added or what rules.session.check_change says.
    """
    _check(row, today, reason)
    unit = queries.unit_in_reach(session, actor, unit_id)
    if unit is None:
        raise RuleError("unit-out-of-scope")
    condition = within(User.unit_id, [unit_id])
    count = _add(session, row, condition & User.is_leader if leaders else condition)
    if not count:
        raise RuleError("nobody-added")
    _note(session, actor, now, "attendance.add", row, reason, unit=unit.name, count=count)
    return count


def add_people(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, user_ids: Collection[int],
    reason: str = "",
) -> int:  # fmt: skip
    """Put single people on the list; those outside the actor's units and those on it are passed over. How many came.

    Raises RuleError people-listed or what rules.session.check_change says.
    """
    _check(row, today, reason)
    reach = within(User.unit_id, queries.reach(actor))
    count = _add(session, row, User.id.in_(list(user_ids)) & reach)
    if not count:
        raise RuleError("people-listed")
    _note(session, actor, now, "attendance.add", row, reason, count=count)
    return count


def add_last_list(session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession) -> int:
    """Put on the list whoever stood on that of the unit's last session of this kind. How many came.

    Raises RuleError no-last-list, people-listed or what rules.session.check_change says.
    """
    _check(row, today, "")
    last = queries.last_with_list(session, row)
    if last is None:
        raise RuleError("no-last-list")
    stood = select(StudyAttendance.user_id).where(StudyAttendance.session_id == last)
    count = _add(session, row, User.id.in_(stood))
    if not count:
        raise RuleError("people-listed")
    _note(session, actor, now, "attendance.add", row, "", count=count)
    return count


def take_off(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, person: StudyAttendance,
    reason: str = "",
) -> None:  # fmt: skip
    """Take a person off the list. Raises what rules.session.check_change says."""
    _check(row, today, reason)
    name = queries.name_of(session, person.user_id)
    _note(session, actor, now, "attendance.remove", row, reason, person=name)
    session.delete(person)
    ledger.settle_session(session, now=now, row=row)


def mark(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, person: StudyAttendance,
    status: Attendance, note_text: str | None = None, reason: str = "",
) -> None:  # fmt: skip
    """Say whether one person was there. Raises what rules.session.check_change says."""
    _check(row, today, reason)
    _set(person, actor, now, status)
    if note_text is not None:
        person.note = note_text
    name = queries.name_of(session, person.user_id)
    record(
        session, actor=actor, at=now, action="attendance.mark", row=person, label=f"{row.title} / {name}",
        **({"reason": reason} if reason else {}),
    )  # fmt: skip
    ledger.settle_session(session, now=now, row=row)


def _set(person: StudyAttendance, actor: Viewer, now: datetime, status: Attendance) -> None:
    person.status = status
    person.marked_at, person.marked_by = now, actor.id
    person.make_up = rules.make_up_after(status, person.make_up)
    if person.make_up is MakeUp.NONE:
        person.make_up_due = None


def mark_rest(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, status: Attendance,
    absent_ids: Collection[int] = (), reason: str = "",
) -> int:  # fmt: skip
    """Mark everybody who is not marked yet, in one statement; those of `absent_ids` (attendance ids) as absent.

    How many were marked. Raises what rules.session.check_change says.
    """
    _check(row, today, reason)
    unmarked = (StudyAttendance.session_id == row.id) & (StudyAttendance.status == Attendance.UNKNOWN)
    seen = {"marked_at": now, "marked_by": actor.id}
    absent = session.execute(
        update(StudyAttendance)
        .where(unmarked, StudyAttendance.id.in_(list(absent_ids)))
        .values(status=Attendance.ABSENT, **seen)
    )
    rest = session.execute(update(StudyAttendance).where(unmarked).values(status=status, **seen))
    count: int = absent.rowcount + rest.rowcount  # type: ignore[attr-defined]
    if count:
        session.expire_all()
        _note(
            session, actor, now, "attendance.mark-rest", row, reason, status=status.value, count=count,
            absent=absent.rowcount,  # type: ignore[attr-defined]
        )  # fmt: skip
        ledger.settle_session(session, now=now, row=row)
    return count


def stamp_of(person: StudyAttendance) -> str:
    """The fingerprint of what the form of one person shows."""
    return stamp(person.parts, person.note, person.override_minutes, person.override_reason)


def set_parts(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, person: StudyAttendance,
    parts: Collection[Part], override: int | None, override_reason: str, note_text: str | None = None,
    reason: str = "", seen: str | None = None,
) -> None:  # fmt: skip
    """What a person did there, a remark, and hours that differ from the session's.

    `seen` is what the form was made from. Raises RuleError changed-meanwhile, override-reason, minutes-range or what
    rules.session.check_change says.
    """
    _check(row, today, reason)
    if seen is not None:
        check_stamp(seen, stamp_of(person))
    rules.check_override(override, override_reason)
    if override is not None:
        session_rules.check_minutes(override)
    person.parts = [part.value for part in Part if part in parts]
    if note_text is not None:
        person.note = note_text
    person.override_minutes = override
    person.override_reason = override_reason if override is not None else ""
    name = queries.name_of(session, person.user_id)
    record(
        session, actor=actor, at=now, action="attendance.update", row=person, label=f"{row.title} / {name}",
        **({"reason": reason} if reason else {}),
    )  # fmt: skip
    ledger.settle_session(session, now=now, row=row)


# ---- self check-in -------------------------------------------------------------------------------------------------


def open_check_in(session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession) -> str:
    """Let people check themselves in for a while; a second call gives the same code. Raises check-in-closed."""
    if row.state not in {SessionState.PLANNED, SessionState.HELD}:
        raise RuleError("check-in-closed")
    _check(row, today, "")
    if row.check_in_code is None or row.check_in_until is None or row.check_in_until <= now:
        row.check_in_code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(6))
    row.check_in_until = now + CHECK_IN_LENGTH
    _note(session, actor, now, "check-in.open", row, "")
    return row.check_in_code


def close_check_in(session: Session, *, actor: Viewer, now: datetime, row: StudySession) -> None:
    """Take no further check-ins."""
    if row.check_in_code is not None:
        row.check_in_code = row.check_in_until = None
        _note(session, actor, now, "check-in.close", row, "")


def check_in(session: Session, *, actor: Viewer, now: datetime, code: str) -> tuple[StudySession, bool]:
    """Somebody says that they are here: (session, whether it is news). The recorder confirms by marking.

    Whoever is not on the list is put on it, for the recorder to see. Raises RuleError check-in-unknown.
    """
    row = queries.by_code(session, code.strip().upper(), now)
    if row is None:
        raise RuleError("check-in-unknown")
    person = queries.of_person(session, row.id, actor.id or 0)
    if person is None:
        _add(session, row, User.id == actor.id)
        person = queries.of_person(session, row.id, actor.id or 0)
    if person is None:  # not in office any more
        raise RuleError("check-in-unknown")
    if person.checked_in_at is not None:
        return row, False
    person.checked_in_at = now
    record(session, actor=actor, at=now, action="check-in.self", row=person, label=f"{row.title} / {actor.name}")
    return row, True


def confirm_check_ins(session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession) -> int:
    """Mark everybody who checked in and is not marked yet as present. How many."""
    _check(row, today, "")
    confirmed = session.execute(
        update(StudyAttendance)
        .where(
            StudyAttendance.session_id == row.id,
            StudyAttendance.status == Attendance.UNKNOWN,
            StudyAttendance.checked_in_at.is_not(None),
        )
        .values(status=Attendance.PRESENT, marked_at=now, marked_by=actor.id)
    )
    count: int = confirmed.rowcount  # type: ignore[attr-defined]
    if count:
        session.expire_all()
        _note(session, actor, now, "check-in.confirm", row, "", count=count)
        ledger.settle_session(session, now=now, row=row)
    return count


# ---- make-up study -------------------------------------------------------------------------------------------------


def ask_make_up(
    session: Session, *, actor: Viewer, now: datetime, row: StudySession, due: date | None = None,
    people: Collection[StudyAttendance],
) -> int:  # fmt: skip
    """Give those who missed the session a make-up task; who has one or has done it is passed over. How many."""
    day = due or rules.make_up_due(row.last_day)
    count = 0
    for person in people:
        if person.status in rules.MISSED and person.make_up is MakeUp.NONE:
            person.make_up, person.make_up_due = MakeUp.DUE, day
            count += 1
    if count:
        session.flush()
        _note(session, actor, now, "make-up.ask", row, "", count=count, due=day.isoformat())
    return count


def report_make_up(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, person: StudyAttendance,
    note_text: str,
) -> None:  # fmt: skip
    """The person, or the recorder, says that it was made up, and how; the hours follow.

    Raises RuleError make-up-not-missed, make-up-done or note-missing.
    """
    rules.check_make_up(person.status, person.make_up)
    if not note_text:
        raise RuleError("note-missing")
    person.make_up, person.make_up_on, person.make_up_note = MakeUp.DONE, today, note_text
    name = queries.name_of(session, person.user_id)
    record(session, actor=actor, at=now, action="make-up.done", row=person, label=f"{row.title} / {name}")
    ledger.settle_session(session, now=now, row=row)


def _note(
    session: Session, actor: Viewer, now: datetime, action: str, row: StudySession, reason: str, **detail: object
) -> None:
    session.flush()
    told = {**detail, "reason": reason} if reason else detail
    note(session, actor=actor, at=now, action=action, subject=("study_sessions", str(row.id), row.title), **told)
