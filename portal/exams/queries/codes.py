"""Every SELECT on exam codes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, exists, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.models_records import ExamCode
from portal.exams.queries.rounds import going_on, handed_in, lines_of, over_since
from portal.exams.rules.round import RosterStatus
from portal.org.models import Unit


class Waiting(NamedTuple):
    """People of a unit who have not handed in: in all, and those of them with a valid code."""

    unit_id: int
    unit_name: str
    people: int
    coded: int


def _due(columns: list[Any], round_: ExamRound, viewer: Viewer, now: datetime, unit_id: int | None) -> Select[Any]:
    """Columns of those who should sit and have not handed in, of one unit or of all that the viewer looks after."""
    done = exists().where(
        Attempt.round_id == RosterEntry.round_id, Attempt.user_id == RosterEntry.user_id, handed_in(over_since(now))
    )
    found = (
        select(*columns)
        .select_from(RosterEntry)
        .join(User, User.id == RosterEntry.user_id)
        .join(Unit, Unit.id == RosterEntry.unit_id)
        .outerjoin(
            ExamCode,
            and_(
                ExamCode.round_id == RosterEntry.round_id,
                ExamCode.user_id == RosterEntry.user_id,
                ExamCode.voided_at.is_(None),
            ),
        )
        .where(
            RosterEntry.round_id == round_.id,
            RosterEntry.status == RosterStatus.SHOULD,
            User.state == UserState.ACTIVE,
            lines_of(viewer, round_),
            ~done,
        )
    )
    return found.where(RosterEntry.unit_id == unit_id) if unit_id else found


def by_unit(session: Session, round_: ExamRound, viewer: Viewer, now: datetime) -> list[Waiting]:
    """Who could get a code, by unit; one statement."""
    columns = [
        RosterEntry.unit_id,
        func.max(RosterEntry.unit_name),
        func.count(),
        func.sum(case((ExamCode.id.is_not(None), 1), else_=0)),
    ]
    rows = session.execute(
        _due(columns, round_, viewer, now, None).group_by(RosterEntry.unit_id, Unit.code).order_by(Unit.code)
    )
    return [Waiting(*row) for row in rows]


def to_print(
    session: Session, round_: ExamRound, viewer: Viewer, now: datetime, *, unit_id: int | None, again: bool, limit: int
) -> list[Any]:
    """(user_id, number, name, unit_name) of those without a code, or with `again` of all, by unit and number."""
    columns = [RosterEntry.user_id, User.number, User.name, RosterEntry.unit_name]
    found = _due(columns, round_, viewer, now, unit_id)
    if not again:
        found = found.where(ExamCode.id.is_(None))
    return list(session.execute(found.order_by(Unit.code, User.number).limit(limit)))


class Opening(NamedTuple):
    """What a code leads to, and whether its person is at it or has handed in."""

    code: ExamCode
    round: ExamRound
    entry: RosterEntry
    handed_in: bool
    writing: bool


def opening(session: Session, digest: str, now: datetime) -> Opening | None:
    """The round and the person of a code that was not voided."""
    mine = and_(Attempt.round_id == ExamCode.round_id, Attempt.user_id == ExamCode.user_id)
    found = session.execute(
        select(
            ExamCode,
            ExamRound,
            RosterEntry,
            exists().where(mine, handed_in(over_since(now))).correlate(ExamCode),
            exists().where(mine, going_on(Attempt, over_since(now))).correlate(ExamCode),
        )
        .join(ExamRound, ExamRound.id == ExamCode.round_id)
        .join(
            RosterEntry,
            and_(RosterEntry.round_id == ExamCode.round_id, RosterEntry.user_id == ExamCode.user_id),
        )
        .join(User, User.id == ExamCode.user_id)
        .where(ExamCode.digest == digest, ExamCode.voided_at.is_(None), User.state == UserState.ACTIVE)
    ).one_or_none()
    return Opening(*found) if found else None


def round_of_attempt(session: Session, attempt_id: int, user_id: int) -> int | None:
    """The round of one's own attempt."""
    return session.scalar(select(Attempt.round_id).where(Attempt.id == attempt_id, Attempt.user_id == user_id))
