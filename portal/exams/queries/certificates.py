"""Every SELECT on certificates. One's own, those of a round that one looks after, and the check by code and name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.models_records import Certificate
from portal.exams.queries import results
from portal.exams.queries.rounds import lines_of
from portal.web.tables import Column, Filter, Table, contains


def of_round(round_: ExamRound, viewer: Viewer) -> Select[Any]:
    """The certificates of a round, as far as the viewer reads its list."""
    line = (RosterEntry.round_id == Certificate.round_id) & (RosterEntry.user_id == Certificate.user_id)
    statement: Select[Any] = (
        select(*Certificate.__table__.columns, User.number.label("staff_number"))
        .join(User, User.id == Certificate.user_id)
        .join(RosterEntry, line)
        .where(Certificate.round_id == round_.id, lines_of(viewer, round_))
    )
    return statement


def one_of_round(session: Session, round_: ExamRound, viewer: Viewer, certificate_id: int) -> Certificate | None:
    """A certificate of a round that the viewer looks after."""
    line = (RosterEntry.round_id == Certificate.round_id) & (RosterEntry.user_id == Certificate.user_id)
    return session.scalar(
        select(Certificate)
        .join(RosterEntry, line)
        .where(Certificate.id == certificate_id, Certificate.round_id == round_.id, lines_of(viewer, round_))
    )


def own(session: Session, user_id: int, certificate_id: int) -> Certificate | None:
    """A certificate of the person."""
    return session.scalar(select(Certificate).where(Certificate.id == certificate_id, Certificate.user_id == user_id))


def by_code(session: Session, code: str, name: str) -> Certificate | None:
    """A certificate by its code, if it is that person's; a wrong name finds nothing, so that no code tells a name."""
    return session.scalar(select(Certificate).where(Certificate.code == code, Certificate.name == name))


def valid(session: Session, round_id: int, user_id: int) -> Certificate | None:
    """The person's certificate for the round that is not voided, locked until the commit."""
    return session.scalar(
        select(Certificate)
        .where(Certificate.round_id == round_id, Certificate.user_id == user_id, Certificate.voided_at.is_(None))
        .with_for_update()
    )


_AT_ONCE = 500


def certified(session: Session, attempt_ids: Sequence[int]) -> list[Attempt]:
    """Those of the attempts whose people hold a valid certificate for the round; a statement for every 500 ids."""
    held = and_(
        Certificate.round_id == Attempt.round_id,
        Certificate.user_id == Attempt.user_id,
        Certificate.voided_at.is_(None),
    )
    statement = select(Attempt).join(Certificate, held)
    return [
        attempt
        for first in range(0, len(attempt_ids), _AT_ONCE)
        for attempt in session.scalars(statement.where(Attempt.id.in_(attempt_ids[first : first + _AT_ONCE])))
    ]


def best_of(session: Session, round_: ExamRound, user_id: int, now: datetime) -> int | None:
    """The score that counts for a person, in hundredths; None without one."""
    statement = results.people(round_, now)[0].where(RosterEntry.user_id == user_id)
    row = session.execute(statement).one_or_none()
    return row.score if row is not None else None


def deserving(session: Session, round_: ExamRound, now: datetime) -> list[Any]:
    """Lines of those who passed and have no valid certificate, in the order of the list."""
    statement, outcome = results.people(round_, now)
    has_one = exists().where(
        and_(
            Certificate.round_id == RosterEntry.round_id,
            Certificate.user_id == RosterEntry.user_id,
            Certificate.voided_at.is_(None),
        )
    )
    return list(session.execute(statement.where(outcome == "passed", ~has_one).order_by(RosterEntry.id)))


def last_serial(session: Session, year: int) -> int:
    """The highest number given out in a year; 0 for none."""
    return session.scalar(select(func.max(Certificate.serial)).where(Certificate.year == year)) or 0


def _state(statement: Select[Any], value: str) -> Select[Any]:
    voided = Certificate.voided_at.is_not(None)
    return statement.where(voided if value == "voided" else ~voided)


STATES = {"valid": _l("有效"), "voided": _l("已作废")}

TABLE = Table(
    name="certificates",
    columns=(
        Column("number", _l("证书编号"), lambda row: row.number, sort=Certificate.number, css="lead", fixed=True),
        Column("name", _l("姓名"), lambda row: row.name, sort=Certificate.name, css="nowrap"),
        Column("staff", _l("工号"), lambda row: row.staff_number),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=Certificate.unit_name),
        Column("score", _l("成绩"), lambda row: row.score / 100, sort=Certificate.score, css="num half"),
        Column("issued", _l("发放时间"), lambda row: row.issued_at, sort=Certificate.issued_at, css="nowrap"),
        Column("state", _l("状态"), lambda row: str(STATES["voided" if row.voided_at else "valid"])),
    ),
    filters=(
        Filter(
            "q",
            _l("关键词"),
            contains(Certificate.name, Certificate.number, User.number),
            kind="text",
            placeholder=_l("姓名、证书编号、工号"),
        ),
        Filter("state", _l("状态"), _state, choices=list(STATES.items())),
    ),
    identity=Certificate.__table__.c.id,
    sort="number",
    page_size=50,
)
