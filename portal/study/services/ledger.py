"""The hours ledger follows what is recorded: lines are added until each source sums to what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.study.models import HoursEntry, StudyAttendance, StudySession
from portal.study.queries import hours as queries
from portal.study.rules.attendance import MakeUp, Part, credited
from portal.study.rules.hours import Source
from portal.study.rules.session import SessionState

_COUNTS = frozenset({SessionState.HELD, SessionState.RECORDED})


def settle_session(session: Session, *, now: datetime, row: StudySession) -> int:
    """Bring everybody's hours of one session up to date; two statements to read, one to write. How many lines came."""
    session.flush()
    people = queries.attendances(session, row.id)
    written = queries.sums(session, row.id)
    lines = []
    for person in people:
        wanted = _wanted(row, person)
        for source in (Source.SESSION, Source.MAKE_UP, Source.LECTURE):
            more = wanted.get(source, 0) - written.pop((person.user_id, source), 0)
            if more:
                lines.append(_line(row, person.user_id, source, more, now, person.make_up_on))
    # Whoever was taken off the list keeps nothing of it.
    lines += [
        _line(row, user_id, source, -minutes, now, None) for (user_id, source), minutes in written.items() if minutes
    ]
    if lines:
        session.execute(insert(HoursEntry), lines)
    return len(lines)


def reverse_session(session: Session, *, now: datetime, row: StudySession) -> None:
    """Take back all hours of a session on the day that it had: it goes to another year, and its hours with it."""
    session.flush()
    written = queries.sums(session, row.id)
    add_lines(
        session,
        [_line(row, user_id, source, -minutes, now, None) for (user_id, source), minutes in written.items() if minutes],
    )


def _wanted(row: StudySession, person: StudyAttendance) -> dict[Source, int]:
    """Minutes that a person has from this session now, by source: made up later and given oneself are told apart."""
    if row.state not in _COUNTS:
        return {}
    minutes = credited(person.status, person.make_up, session=row.minutes, override=person.override_minutes)
    if person.make_up is MakeUp.DONE:
        return {Source.MAKE_UP: minutes}
    return {Source.LECTURE if Part.LECTURE in person.parts else Source.SESSION: minutes}


def _line(
    row: StudySession, user_id: int, source: Source, minutes: int, now: datetime, made_up_on: date | None
) -> dict[str, object]:
    day = (made_up_on if source is Source.MAKE_UP else None) or row.first_day
    return {
        "user_id": user_id,
        "year": day.year,
        "day": day,
        "source": source,
        "source_id": row.id,
        "minutes": minutes,
        "title": row.title,
        "at": now,
    }


def exam_line(round_id: int, title: str, user_id: int, minutes: int, day: date, now: datetime) -> dict[str, object]:
    """A line for an exam that was passed, or one that takes it back."""
    return {
        "user_id": user_id,
        "year": day.year,
        "day": day,
        "source": Source.EXAM,
        "source_id": round_id,
        "minutes": minutes,
        "title": title,
        "at": now,
    }


def add_lines(session: Session, lines: Sequence[dict[str, object]]) -> None:
    """Write lines in one statement."""
    if lines:
        session.execute(insert(HoursEntry), list(lines))


def settle_one(
    session: Session, *, now: datetime, user_id: int, source: Source, source_id: int, day: date, title: str, wanted: int
) -> None:
    """Bring one person's hours of a single source (self-study, an exam, a lecture given) up to date."""
    session.flush()
    more = wanted - queries.sum_of(session, user_id, source, source_id)
    if more:
        session.add(
            HoursEntry(
                user_id=user_id,
                year=day.year,
                day=day,
                source=source,
                source_id=source_id,
                minutes=more,
                title=title,
                at=now,
            )
        )
        session.flush()
