"""The one short transaction of an import: every session through the same services as the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts import queries as accounts
from portal.audit.services import note
from portal.core import clock
from portal.core.viewer import Viewer
from portal.imports.registry import Written
from portal.study.queries import sessions as queries
from portal.study.rules.attendance import Attendance, MakeUp
from portal.study.rules.session import Precision, SessionState
from portal.study.services import entering, linking, sessions

_TEXTS = (
    "begins",
    "ends",
    "minutes",
    "place",
    "chair",
    "lecturer",
    "lecturer_post",
    "organiser",
    "summary",
    "publicity",
)


def write(
    session: Session, prepared: list[dict[str, Any]], options: Mapping[str, Any], actor: Viewer, now: datetime
) -> Written:
    """Enter every session as recorded today; what another has entered since the preview is not entered twice.

    Raises what services.sessions.create says, and unit-out-of-scope; nothing is written then.
    """
    viewer = replace(accounts.viewer_of(session, options["by"]), address=actor.address)
    there = {(row.unit_id, row.kind_id, row.title, row.day, row.precision) for row in queries.keys_of(session, viewer)}
    done = 0
    for row in prepared:
        values = _values(row)
        if (values.unit_id, values.kind_id, values.title, values.day, values.precision) not in there:
            _enter(session, viewer, now, values, row)
            done += 1
    note(session, actor=viewer, at=now, action="study.import", subject=("study_sessions", "", ""), count=done)
    return Written(done, duplicates=len(prepared) - done)


def _values(row: Mapping[str, Any]) -> sessions.Values:
    return sessions.Values(
        kind_id=row["kind_id"],
        title=row["title"],
        unit_id=row["unit_id"],
        day=date.fromisoformat(row["day"]),
        precision=Precision(row["precision"]),
        own=not row["organiser"],
        **{name: row[name] for name in _TEXTS},
    )


def _enter(session: Session, viewer: Viewer, now: datetime, values: sessions.Values, row: Mapping[str, Any]) -> None:
    told: dict[str, Any] = {"actor": viewer, "now": now, "today": clock.to_local(now).date()}
    made = sessions.create(session, **told, values=values, state=SessionState.RECORDED)
    if row["topics"]:
        sessions.set_topics(session, **told, row=made, topics=[linking.Topic(title) for title in row["topics"]])
    if row["entries"]:
        entering.enter_list(session, **told, row=made, entries=[_entry(each) for each in row["entries"]])
    for speech in row["speeches"]:
        sessions.add_speech(
            session, **told, row=made, name=speech["name"], topic=speech["topic"], user_id=speech["user_id"],
            minutes=speech.get("minutes"), summary=speech.get("summary", ""),
        )  # fmt: skip
    if row["extra"]:
        sessions.set_headcount(session, **told, row=made, unit_id=made.unit_id, people=row["extra"])


def _entry(line: Mapping[str, Any]) -> entering.Entry:
    days = {name: date.fromisoformat(line[name]) for name in ("make_up_due", "make_up_on") if line.get(name)}
    return entering.Entry(
        user_id=line["user_id"],
        status=Attendance(line["status"]),
        parts=tuple(line.get("parts", ())),
        note=line.get("note", ""),
        override_minutes=line.get("override"),
        override_reason=line.get("override_reason", ""),
        make_up=MakeUp(line.get("make_up", MakeUp.NONE)),
        make_up_note=line.get("make_up_note", ""),
        **days,
    )
