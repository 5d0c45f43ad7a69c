"""From which day a person may be said to have moved."""

from __future__ import annotations

from datetime import date, timedelta

from portal.core.errors import RuleError

BACKDATE = timedelta(days=366)
"""How far back a move may lie that is written down today: a year, so that a forgotten one can still be put right."""


def check_move(day: date, *, today: date, since: date) -> None:
    """Refuse a day on which nobody can have moved. `since` is when the person came to where they are.

    Raises RuleError move-ahead (a day to come), move-long-ago or move-before.
    """
    if day > today:
        raise RuleError("move-ahead")
    if day < today - BACKDATE:
        raise RuleError("move-long-ago", days=BACKDATE.days)
    if day < since:
        raise RuleError("move-before", day=since.isoformat())
