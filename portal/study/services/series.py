"""例会: a session that comes back, planned in one go, and the end of its rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.study.models import StudySeries, StudySession
from portal.study.queries import attendance as people
from portal.study.queries import series as queries
from portal.study.rules import recurrence as rules
from portal.study.rules.recurrence import Recurrence
from portal.study.rules.session import Precision, SessionState
from portal.study.services import attendance, sessions
from portal.study.services.linking import Topic
from portal.study.services.sessions import Values


def create(
    session: Session, *, actor: Viewer, now: datetime, today: date, values: Values, rule: Recurrence,
    days: Sequence[date], topics: Sequence[Topic] = (), last_list: bool = False,
) -> StudySeries:  # fmt: skip
    """Plan a recurring session: one planned session for each of `days`, which somebody chose from those of the rule.

    Each stands alone from then on, with its topics and, where it is asked for, last time's list. Raises RuleError
    recurrence-empty, recurrence-range or what sessions.create says.
    """
    chosen = sorted(set(days))
    if not chosen:
        raise RuleError("recurrence-empty")
    if len(chosen) > rules.MOST_TIMES or chosen[-1] - chosen[0] > rules.LONGEST:
        raise RuleError("recurrence-range")
    series = StudySeries(
        title=values.title, unit_id=values.unit_id, kind_id=values.kind_id, weekday=rule.weekday, nth=rule.nth,
        month_day=rule.month_day, first_on=chosen[0], last_on=chosen[-1], created_at=now,
    )  # fmt: skip
    session.add(series)
    record(session, actor=actor, at=now, action="study.series", row=series, label=values.title, count=len(chosen))
    told: dict[str, Any] = {"actor": actor, "now": now, "today": today}
    for day in chosen:
        one = replace(values, day=day, precision=Precision.DAY)
        row = sessions.create(session, **told, values=one, state=SessionState.PLANNED, series_id=series.id)
        if topics:
            sessions.set_topics(session, **told, row=row, topics=topics)
        if last_list and people.last_with_list(session, row) is not None:
            attendance.add_last_list(session, **told, row=row)
    return series


def end(
    session: Session, *, actor: Viewer, now: datetime, today: date, series: StudySeries, reason: str
) -> list[StudySession]:
    """Cancel what is still planned of a series from today on, each with its entry; what was held stays.

    Raises RuleError note-missing, or series-over where nothing is left.
    """
    if not reason:
        raise RuleError("note-missing")
    rest = queries.rest_of(session, actor, series.id, today)
    if not rest:
        raise RuleError("series-over")
    series.ended_at, series.end_reason = now, reason
    record(session, actor=actor, at=now, action="study.series-end", row=series, label=series.title, count=len(rest))
    for row in rest:
        sessions.set_state(
            session, actor=actor, now=now, today=today, row=row, state=SessionState.CANCELLED, reason=reason
        )
    return rest


def resume(session: Session, *, actor: Viewer, now: datetime, today: date, series: StudySeries) -> list[StudySession]:
    """Plan again what was cancelled with the rest of a series. Raises RuleError series-not-ended."""
    if series.ended_at is None:
        raise RuleError("series-not-ended")
    rows = queries.cancelled_with(session, actor, series)
    series.ended_at, series.end_reason = None, ""
    record(session, actor=actor, at=now, action="study.series-resume", row=series, label=series.title, count=len(rows))
    for row in rows:
        sessions.set_state(session, actor=actor, now=now, today=today, row=row, state=SessionState.PLANNED)
    return rows
