"""Changes to study sessions: planned, entered, moved, held, cancelled; their topics, speeches and headcounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.audit.services import note, record
from portal.core.errors import RuleError
from portal.core.stamp import check_stamp, stamp
from portal.core.viewer import Viewer
from portal.desk import removed
from portal.study.models import StudyHeadcount, StudySession, StudySpeech, StudyTopic
from portal.study.queries import sessions as queries
from portal.study.rules import session as rules
from portal.study.rules.session import Precision, SessionState
from portal.study.services import ledger
from portal.study.services.linking import Topic, linked

LABEL = "study_sessions"


@dataclass(frozen=True, slots=True)
class Values:
    """What a form says of a session. `minutes` None: as long as it lasted, or 0 where that is not said."""

    kind_id: int
    title: str
    unit_id: int
    day: date
    precision: Precision = Precision.DAY
    own: bool = True
    organiser: str = ""
    begins: str = ""
    ends: str = ""
    minutes: int | None = None
    place: str = ""
    chair: str = ""
    lecturer: str = ""
    lecturer_post: str = ""
    summary: str = ""
    publicity: bool = False
    agenda_item_id: int | None = None


def create(
    session: Session, *, actor: Viewer, now: datetime, today: date, values: Values, state: SessionState,
    series_id: int | None = None,
) -> StudySession:  # fmt: skip
    """A session that is planned, or one that was held.

    Raises RuleError session-not-yet, times-order, minutes-range, kind-closed or item-out-of-sight.
    """
    _check(session, actor, values)
    rules.check_date(values.day, values.precision, state, today)
    values = replace(values, publicity=values.publicity or queries.kind(session, values.kind_id).publicity)
    row = StudySession(
        **_columns(values), state=state, series_id=series_id, entered_on=today, created_by=actor.id, created_at=now
    )
    session.add(row)
    record(session, actor=actor, at=now, action="study.create", row=row, label=values.title)
    return row


def stamp_of(row: StudySession, topics: Sequence[StudyTopic]) -> str:
    """The fingerprint of what a form shows of a session, and of what it was on."""
    return stamp(*(getattr(row, name) for name in Values.__dataclass_fields__), *(topic.title for topic in topics))


def update(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, values: Values, seen: str,
    reason: str = "",
) -> None:  # fmt: skip
    """Change a session; everybody's hours follow.

    Raises RuleError changed-meanwhile, session-cancelled, session-locked and session-moved (give a reason), or what
    `create` says.
    """
    rules.check_change(row.state, row.entered_on, today, reason)
    check_stamp(seen, stamp_of(row, queries.topics_of(session, row.id)))
    _check(session, actor, values)
    rules.check_date(values.day, values.precision, row.state, today)
    columns = _columns(values)
    moved = (columns["first_day"], columns["last_day"])
    rules.check_move(row.state, (row.first_day, row.last_day), moved, reason)
    if moved[0].year != row.first_day.year:
        ledger.reverse_session(session, now=now, row=row)
    for name, value in columns.items():
        setattr(row, name, value)
    _record(session, actor, now, "study.update", row, reason)
    ledger.settle_session(session, now=now, row=row)


def set_state(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, state: SessionState,
    reason: str = "",
) -> None:  # fmt: skip
    """Hold, record, cancel (with a reason) or plan again.

    Raises RuleError session-step, session-not-yet or note-missing.
    """
    rules.check_step(row.state, state)
    rules.check_date(row.day, row.precision, state, today)
    if state is SessionState.CANCELLED and not reason:
        raise RuleError("note-missing")
    row.state = state
    row.cancel_reason = reason if state is SessionState.CANCELLED else ""
    row.cancelled_at = now if state is SessionState.CANCELLED else None
    if state is SessionState.RECORDED:
        row.entered_on = today
        row.check_in_code = row.check_in_until = None
    _record(session, actor, now, "study.state", row, "" if state is SessionState.CANCELLED else reason)
    ledger.settle_session(session, now=now, row=row)


def set_topics(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, topics: Sequence[Topic],
    reason: str = "",
) -> None:  # fmt: skip
    """Say what a session was on, in this order, in place of what was said; a line finds the regulation that it names.

    Raises what rules.check_change says.
    """
    rules.check_change(row.state, row.entered_on, today, reason)
    before = [
        Topic(each.title, each.material_id, each.regulation_id, tuple(each.articles))
        for each in queries.topics_of(session, row.id)
    ]
    after = linked(session, topics)
    session.execute(delete(StudyTopic).where(StudyTopic.session_id == row.id))
    for position, topic in enumerate(after, start=1):
        said = {**asdict(topic), "articles": list(topic.articles)}
        session.add(StudyTopic(session_id=row.id, position=position, **said))
    session.flush()
    if before == after:
        return
    told: dict[str, Any] = {"reason": reason} if reason else {}
    titles = [[each.title for each in each_side] for each_side in (before, after)]
    if titles[0] != titles[1]:
        told["changes"] = {"topics": ["；".join(side) or None for side in titles]}
    else:  # the same words, and the library has by now what they name
        told["linked"] = "；".join(new.title for old, new in zip(before, after, strict=True) if old != new)
    note(session, actor=actor, at=now, action="study.topics", subject=(LABEL, str(row.id), row.title), **told)


def add_speech(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, name: str, topic: str,
    minutes: int | None, summary: str = "", user_id: int | None = None, reason: str = "",
) -> StudySpeech:  # fmt: skip
    """Note who spoke, on what. Raises minutes-range or what rules.check_change says."""
    rules.check_change(row.state, row.entered_on, today, reason)
    if minutes is not None:
        rules.check_minutes(minutes)
    speech = StudySpeech(
        session_id=row.id, position=len(queries.speeches_of(session, row.id)) + 1, user_id=user_id, name=name,
        topic=topic, minutes=minutes, summary=summary,
    )  # fmt: skip
    session.add(speech)
    record(
        session, actor=actor, at=now, action="speech.create", row=speech, label=f"{row.title} / {name}",
        **({"reason": reason} if reason else {}),
    )  # fmt: skip
    return speech


def remove_speech(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, speech: StudySpeech,
    reason: str = "",
) -> None:  # fmt: skip
    """Take a speech out again; it can be taken back for a day. Raises what rules.check_change says."""
    rules.check_change(row.state, row.entered_on, today, reason)
    record(
        session, actor=actor, at=now, action="speech.delete", row=speech, label=f"{row.title} / {speech.name}",
        topic=speech.topic, **({"reason": reason} if reason else {}),
    )  # fmt: skip
    removed.remove(session, now=now, row=speech, parent_id=row.id)


def restore_speech(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, speech_id: int, reason: str = ""
) -> StudySpeech:
    """Put a speech back. Raises RuleError undo-gone or what rules.check_change says."""
    rules.check_change(row.state, row.entered_on, today, reason)
    speech = removed.take_back(session, now=now, model=StudySpeech, row_id=speech_id, parent_id=row.id)
    record(session, actor=actor, at=now, action="speech.restore", row=speech, label=f"{row.title} / {speech.name}")
    return speech


def set_headcount(
    session: Session, *, actor: Viewer, now: datetime, today: date, row: StudySession, unit_id: int, people: int,
    reason: str = "",
) -> None:  # fmt: skip
    """How many people without accounts came from a unit; 0 takes the line away. Raises what rules.check_change says."""
    rules.check_change(row.state, row.entered_on, today, reason)
    found = queries.headcount(session, row.id, unit_id)
    if found is None and people:
        found = StudyHeadcount(session_id=row.id, unit_id=unit_id, people=people)
        session.add(found)
    if found is None:
        return
    found.people = people
    record(
        session, actor=actor, at=now, action="headcount.set", row=found, label=row.title,
        **({"reason": reason} if reason else {}),
    )  # fmt: skip
    if not people:
        session.delete(found)
        session.flush()


def _columns(values: Values) -> dict[str, Any]:
    columns = asdict(values)
    lasted = rules.minutes_between(values.begins, values.ends) or 0
    columns["minutes"] = lasted if values.minutes is None else values.minutes
    columns["first_day"], columns["last_day"] = rules.span(values.day, values.precision)
    return columns


def _check(session: Session, actor: Viewer, values: Values) -> None:
    rules.minutes_between(values.begins, values.ends)
    rules.check_minutes(values.minutes or 0)
    if not queries.kind_in_use(session, values.kind_id):
        raise RuleError("kind-closed")
    if values.agenda_item_id is not None and not queries.agenda_item_in_sight(session, actor, values.agenda_item_id):
        raise RuleError("item-out-of-sight")


def _record(session: Session, actor: Viewer, now: datetime, action: str, row: StudySession, reason: str) -> None:
    row.revision += 1
    record(
        session, actor=actor, at=now, action=action, row=row, label=row.title, **({"reason": reason} if reason else {})
    )
