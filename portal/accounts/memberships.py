"""Who was in which unit when: written down whenever a person comes or moves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.accounts.models import UnitMembership, User
from portal.accounts.move_rules import check_move
from portal.core import clock


def begin_many(session: Session, *, users: Iterable[User], now: datetime) -> None:
    """New people are in their units from today on."""
    day = clock.to_local(now).date()
    session.add_all(UnitMembership(user_id=user.id, unit_id=user.unit_id, from_day=day, noted_at=now) for user in users)
    session.flush()


def begin_all(session: Session, *, since: date, now: datetime) -> None:
    """The same for everybody of a database that was filled at once, from one day on."""
    known = select(UnitMembership.user_id)
    session.execute(
        insert(UnitMembership).from_select(
            ["user_id", "unit_id", "from_day", "noted_at"],
            select(
                User.id,
                User.unit_id,
                literal(since, UnitMembership.from_day.type),
                literal(now, UnitMembership.noted_at.type),
            )
            .where(User.id.not_in(known))
            .order_by(User.id),
        )
    )


def move(session: Session, *, user: User, unit_id: int, day: date | None, now: datetime) -> date:
    """Close the stay in the old unit the day before, and begin the new one; gives the day.

    A stay that began on that very day was a slip of the pen and is put right instead. Raises what check_move says.
    """
    today = clock.to_local(now).date()
    current = queries.current_membership(session, user.id)
    chosen = day or today
    if current is None:
        session.add(UnitMembership(user_id=user.id, unit_id=unit_id, from_day=chosen, noted_at=now))
    else:
        check_move(chosen, today=today, since=current.from_day)
        if chosen == current.from_day:
            current.unit_id, current.noted_at = unit_id, now
        else:
            current.to_day = chosen - timedelta(days=1)
            session.flush()  # one stay without an end at a time
            session.add(UnitMembership(user_id=user.id, unit_id=unit_id, from_day=chosen, noted_at=now))
    session.flush()
    return chosen
