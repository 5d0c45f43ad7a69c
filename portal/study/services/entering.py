"""A whole list at once, with every answer on it, as a paper list or a ledger has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core.viewer import Viewer
from portal.study.models import StudyAttendance, StudySession
from portal.study.queries import attendance as queries
from portal.study.rules import attendance as rules
from portal.study.rules import session as session_rules
from portal.study.rules.attendance import Attendance, MakeUp
from portal.study.services import ledger


@dataclass(frozen=True, slots=True)
class Entry:
    """A person's line of a list. `parts` are codes of rules.attendance.Part."""

    user_id: int
    status: Attendance
    parts: tuple[str, ...] = ()
    note: str = ""
    override_minutes: int | None = None
    override_reason: str = ""
    make_up: MakeUp = MakeUp.NONE
    make_up_due: date | None = None
    make_up_on: date | None = None
    make_up_note: str = ""


def enter_list(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, entries: Sequence[Entry]
) -> int:
    """Put people on the list with their answers, in one statement; those out of reach are passed over. How many came.

    Unlike attendance.add_people it takes people who have left the office: the list may be years old. Raises
    override-reason, minutes-range or what rules.session.check_change says.
    """
    session_rules.check_change(row.state, row.entered_on, today, "")
    people = {each.id: each for each in queries.people_in_reach(session, actor, [entry.user_id for entry in entries])}
    lines = []
    for entry in entries:
        rules.check_override(entry.override_minutes, entry.override_reason)
        session_rules.check_minutes(entry.override_minutes or 0)
        if (person := people.get(entry.user_id)) is not None:
            marked = entry.status is not Attendance.UNKNOWN
            lines.append(
                {
                    **asdict(entry),
                    "parts": list(entry.parts),
                    "session_id": row.id,
                    "unit_id": person.unit_id,
                    "unit_name": person.unit_name,
                    "position": person.position,
                    "marked_at": now if marked else None,
                    "marked_by": actor.id if marked else None,
                }
            )
    if not lines:
        return 0
    session.execute(insert(StudyAttendance), lines)
    subject = ("study_sessions", str(row.id), row.title)
    note(session, actor=actor, at=now, action="attendance.add", subject=subject, count=len(lines))
    ledger.settle_session(session, now=now, row=row)
    return len(lines)
