"""Every SELECT on re-sits: who sits again, which re-sits a round has, how they ended, and 缓考 and 免考."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import User, UserState
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.models_records import RecordedScore
from portal.exams.queries import results
from portal.exams.queries.rounds import handed_in, lines_of, over_since
from portal.exams.rules.deferral import DeferralState, deferral_state
from portal.exams.rules.round import RosterStatus, RoundState
from portal.exams.words_after import DEFERRAL_LABELS
from portal.exams.words_rounds import OUTCOME_LABELS, STATUS_LABELS
from portal.org.models import Unit
from portal.web.tables import Column, Filter, Table, contains, equals

OWING = ("not-sat", "sitting", "deferred", "failed")


def _passed_again(round_: ExamRound, user_id: Any) -> ColumnElement[bool]:
    """The person passed an earlier re-sit of the round."""
    again = aliased(ExamRound)
    here = exists().where(
        again.main_round_id == round_.id,
        Attempt.round_id == again.id,
        Attempt.user_id == user_id,
        Attempt.passed.is_(True),
    )
    elsewhere = exists().where(
        again.main_round_id == round_.id,
        RecordedScore.round_id == again.id,
        RecordedScore.user_id == user_id,
        RecordedScore.score >= again.pass_line,
    )
    return or_(here, elsewhere)


def candidates(round_: ExamRound, now: datetime) -> Select[Any]:
    """未考 + 不及格 - 免考, without those who passed a re-sit and those who have left; the lines of results.people.

    One query; rules.roster.resit_candidates says the same of the lines of a list.
    """
    statement, outcome = results.people(round_, now)
    return statement.where(
        outcome.in_(OWING),
        RosterEntry.status != RosterStatus.EXEMPT,
        User.state == UserState.ACTIVE,
        ~_passed_again(round_, User.id),
    )


def counts(session: Session, round_: ExamRound, now: datetime) -> dict[str, int]:
    """How many candidates by what they owe it to: "not-sat", "deferred" and "failed"; and those still waiting."""
    line = candidates(round_, now).subquery()
    found = {"not-sat": 0, "deferred": 0, "failed": 0}
    for outcome, count in session.execute(select(line.c.outcome, func.count()).group_by(line.c.outcome)):
        found["not-sat" if outcome == "sitting" else outcome] += count
    return found


def roster_of(round_: ExamRound, now: datetime, *, resit_id: int, last_day: date) -> Select[Any]:
    """The lines to put on a re-sit's list, in the columns of services.resits.COLUMNS: the unit is that of today, a
    deferral beyond the last day of the re-sit goes on."""
    line = candidates(round_, now).subquery()
    longer = and_(line.c.status == RosterStatus.DEFERRED, line.c.deferred_until >= last_day)
    kinds = RosterEntry.status.type
    return (
        select(
            literal(resit_id),
            User.id,
            User.unit_id,
            Unit.name,
            User.position,
            case((longer, literal(RosterStatus.DEFERRED, kinds)), else_=literal(RosterStatus.SHOULD, kinds)),
            case((longer, line.c.reason), else_=""),
            case((longer, line.c.deferred_until)),
            literal(0),
        )
        .select_from(line)
        .join(User, User.id == line.c.user_id)
        .join(Unit, Unit.id == User.unit_id)
    )


def of_main(session: Session, main_id: int) -> list[ExamRound]:
    """The re-sits of a round, oldest first; drafts too."""
    return list(
        session.scalars(
            select(ExamRound).where(ExamRound.main_round_id == main_id).order_by(ExamRound.opens_at, ExamRound.id)
        )
    )


def main_of(session: Session, round_: ExamRound) -> ExamRound | None:
    """The round of which this one is the re-sit."""
    return session.get(ExamRound, round_.main_round_id) if round_.main_round_id else None


# ---- how the re-sits of a round ended ----------------------------------------------------------------------------


def _again(now: datetime) -> tuple[Any, Any, Any, Any]:
    """Aliases of the re-sit and of its list, the best score at it, and whether one was handed in."""
    round_, entry = aliased(ExamRound), aliased(RosterEntry)
    mine = and_(Attempt.round_id == round_.id, Attempt.user_id == entry.user_id, handed_in(over_since(now)))
    here = select(func.max(Attempt.score)).where(mine).correlate(round_, entry).scalar_subquery()
    elsewhere = (
        select(RecordedScore.score)
        .where(RecordedScore.round_id == round_.id, RecordedScore.user_id == entry.user_id)
        .correlate(round_, entry)
        .scalar_subquery()
    )
    score = func.coalesce(here, elsewhere)
    return round_, entry, score, or_(exists().where(mine).correlate(round_, entry), score.is_not(None))


def outcomes(round_: ExamRound, now: datetime, viewer: Viewer | None) -> tuple[Select[Any], Any]:
    """A line for everybody on a published re-sit of the round, with what they did in both; and how the re-sit ended.

    `again` is passed, failed, waiting, deferred, exempt or not-sat. The viewer reads the lines of their units.
    """
    line = results.people(round_, now, viewer)[0].subquery()
    resit, entry, score, sat = _again(now)
    again = case(
        (score >= resit.pass_line, "passed"),
        (score.is_not(None), "failed"),
        (sat, "waiting"),
        (entry.status == RosterStatus.DEFERRED, "deferred"),
        (entry.status == RosterStatus.EXEMPT, "exempt"),
        else_="not-sat",
    )
    statement: Select[Any] = (
        select(
            entry.id,
            line.c.user_id,
            line.c.number,
            line.c.name,
            line.c.unit_name,
            line.c.outcome,
            line.c.score,
            resit.title.label("resit_title"),
            resit.id.label("resit_id"),
            score.label("resit_score"),
            again.label("again"),
        )
        .select_from(line)
        .join(entry, entry.user_id == line.c.user_id)
        .join(resit, and_(resit.id == entry.round_id, resit.main_round_id == round_.id))
        .where(resit.state != RoundState.DRAFT)
    )
    return statement, again


def outcomes_table(round_: ExamRound, now: datetime, viewer: Viewer | None) -> tuple[Table, Select[Any]]:
    """The list of those who sat again, with its filters, and the statement to read it with."""
    statement, again = outcomes(round_, now, viewer)
    of = statement.selected_columns
    table = Table(
        name="resits",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=of.number),
            Column("name", _l("姓名"), lambda row: row.name, sort=of.name, css="nowrap", fixed=True),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=of.unit_name),
            Column("main", _l("正考结果"), lambda row: str(OUTCOME_LABELS[row.outcome]), css="half"),
            Column("score", _l("正考成绩"), lambda row: _points(row.score), css="num half"),
            Column("resit", _l("补考"), lambda row: row.resit_title),
            Column("again_score", _l("补考成绩"), lambda row: _points(row.resit_score), css="num half"),
            Column("again", _l("补考结果"), lambda row: str(OUTCOME_LABELS[row.again]), css="half"),
        ),
        filters=(
            Filter("q", _l("关键词"), contains(of.name, of.number, of.unit_name), kind="text"),
            Filter(
                "again",
                _l("补考结果"),
                lambda narrowed, value: narrowed.where(again == value),
                choices=[(code, OUTCOME_LABELS[code]) for code in ("passed", "failed", "not-sat", "waiting")],
            ),
        ),
        identity=of.id,
        sort="unit",
        page_size=50,
        views=False,
    )
    return table, statement


def _points(value: int | None) -> float | int | None:
    return None if value is None else value // 100 if value % 100 == 0 else value / 100


def passed_again(session: Session, round_: ExamRound, now: datetime, viewer: Viewer | None) -> int:
    """How many people of the list who should have sat passed at a re-sit."""
    statement, again = outcomes(round_, now, viewer)
    line = statement.where(again == "passed").subquery()
    return session.execute(select(func.count(line.c.user_id.distinct()))).scalar_one()


# ---- 缓考 and 免考 -----------------------------------------------------------------------------------------------


def excused(round_: ExamRound, now: datetime, viewer: Viewer | None) -> Select[Any]:
    """Those on the list who are deferred or exempt, and whether a re-sit lists them and they sat it."""
    resit, entry, _score, sat = _again(now)
    joined = and_(entry.user_id == RosterEntry.user_id, resit.id == entry.round_id)
    of_main = and_(resit.main_round_id == round_.id, resit.state != RoundState.DRAFT)
    listed = exists().where(joined, of_main).correlate(RosterEntry)
    done = exists().where(joined, of_main, sat).correlate(RosterEntry)
    return (
        select(
            *RosterEntry.__table__.columns,
            User.number,
            User.name,
            listed.label("resit_listed"),
            done.label("resit_sat"),
        )
        .join(User, User.id == RosterEntry.user_id)
        .where(
            RosterEntry.round_id == round_.id,
            RosterEntry.status != RosterStatus.SHOULD,
            lines_of(viewer, round_),
        )
    )


def state_of(row: Any, today: date) -> DeferralState | None:
    """What has become of a line of `excused`; None for 免考."""
    if row.status is not RosterStatus.DEFERRED:
        return None
    return deferral_state(row.deferred_until, today, resit_listed=row.resit_listed, resit_sat=row.resit_sat)


def excused_table(today: date) -> Table:
    """The list of 缓考 and 免考."""

    def state(row: Any) -> str:
        found = state_of(row, today)
        return str(DEFERRAL_LABELS[found.value]) if found else ""

    return Table(
        name="excused",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=User.number),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name, css="nowrap", fixed=True),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
            Column("status", _l("状态"), lambda row: str(STATUS_LABELS[row.status.value]), css="half"),
            Column("reason", _l("原因"), lambda row: row.reason),
            Column(
                "until", _l("缓考至"), lambda row: row.deferred_until, sort=RosterEntry.deferred_until, css="nowrap"
            ),
            Column("state", _l("补考情况"), state),
        ),
        filters=(
            Filter("q", _l("关键词"), contains(User.name, User.number, RosterEntry.reason), kind="text"),
            Filter(
                "status",
                _l("状态"),
                equals(RosterEntry.status, RosterStatus),
                choices=[(code, label) for code, label in STATUS_LABELS.items() if code != "should"],
            ),
        ),
        identity=RosterEntry.__table__.c.id,
        sort="unit",
        views=False,
    )


def deferred(session: Session, round_: ExamRound, now: datetime, viewer: Viewer | None) -> list[Any]:
    """缓考 who have not sat a re-sit, in the order of units, for reminders."""
    statement = excused(round_, now, viewer).where(RosterEntry.status == RosterStatus.DEFERRED)
    rows = session.execute(statement.join(Unit, Unit.id == RosterEntry.unit_id).order_by(Unit.code, User.name, User.id))
    return [row for row in rows if not row.resit_sat]
