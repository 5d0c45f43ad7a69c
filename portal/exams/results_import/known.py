"""Who is on the list, who could be, and what is on record: all that rows of results are judged against."""

from __future__ import annotations

from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.permissions import Permission
from portal.exams.models import ExamRound, RosterEntry
from portal.exams.models_records import RecordedScore
from portal.exams.results_import.judging import Known, KnownPerson
from portal.exams.rules.recorded import folded
from portal.org.models import Unit
from portal.org.queries import within


def load(session: Session, *, round_id: int, user_id: int, today: date) -> Known:
    """Everybody on the list, and everybody of the units for which the officer manages rounds; two statements.

    People who have left are among them: they sat last year's exam.
    """
    round_ = session.get_one(ExamRound, round_id)
    tops = viewer_of(session, user_id).units_for(Permission.ROUND_MANAGE)
    of_round = and_(RosterEntry.user_id == User.id, RosterEntry.round_id == round_id)
    scored = and_(RecordedScore.user_id == User.id, RecordedScore.round_id == round_id)
    rows = session.execute(
        select(User.id, User.number, User.name, Unit.name.label("unit"), RosterEntry, RecordedScore)
        .join(Unit, Unit.id == User.unit_id)
        .outerjoin(RosterEntry, of_round)
        .outerjoin(RecordedScore, scored)
        .where(or_(RosterEntry.id.is_not(None), within(User.unit_id, tops)))
        .order_by(User.id)
    )
    found = [_person(*row) for row in rows]
    return Known(round_.full_marks or 0, clock.to_local(round_.opens_at).date(), today, found)


def _person(
    user_id: int, number: str, name: str, unit: str, entry: RosterEntry | None, score: RecordedScore | None
) -> KnownPerson:
    units = {folded(unit)} | ({folded(entry.unit_name)} if entry else set())
    return KnownPerson(
        user_id, number, name, frozenset(units), entry.status if entry else None,
        score.score if score else None, score.sat_on if score else None, score.certificate if score else "",
        score.updated_at.isoformat() if score else "",
    )  # fmt: skip
