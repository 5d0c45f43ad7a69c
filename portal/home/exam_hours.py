"""What stands between exams and study: whoever has passed an exam has its length as hours of study.

Exams and study do not know each other, and a mark may change after an appeal. So the ledger is not told of an event
but brought into line with the results as they stand, once an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.core import clock
from portal.home import queries
from portal.study.services import ledger

# For so long after an exam its results may still change.
SETTLES = timedelta(days=90)


def lines(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Lines that bring the ledger into line with who has passed; two statements a round, none to write."""
    found: list[dict[str, Any]] = []
    for round_ in queries.rounds_settling(session, now, SETTLES):
        written = queries.exam_minutes(session, round_.id)
        for row in queries.passed(session, round_, now):
            more = round_.minutes - written.pop(row.user_id, 0)
            found += _line(round_, row.user_id, more, clock.to_local(row.ended_at).date(), now)
        for user_id, minutes in written.items():  # passed once, and not any more
            found += _line(round_, user_id, -minutes, clock.to_local(round_.closes_at).date(), now)
    return found


def _line(round_: Any, user_id: int, minutes: int, day: Any, now: datetime) -> list[dict[str, Any]]:
    return [ledger.exam_line(round_.id, round_.title, user_id, minutes, day, now)] if minutes else []
