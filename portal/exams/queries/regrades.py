"""Every SELECT about regrades: what applies to a round, who is touched, the trial by person and by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.exams.models import AnswerRow, Attempt, ExamRound, Question, QuestionKey, QuestionVersion, RosterEntry
from portal.exams.models_marking import MarkingTask, Regrade, RegradeScore, RegradeState
from portal.exams.queries.statistics import places
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.regrade import Correction
from portal.org.models import Unit
from portal.web.tables import Column, Filter, Table, contains

# A regrade counts from the moment at which the attempts took it over until the one at which they gave it back.
IN_FORCE = (RegradeState.APPLIED, RegradeState.UNDOING)


def corrections(
    session: Session, round_id: int, *, without: int | None = None, lock: bool = False
) -> dict[int, Correction]:
    """How questions of a round are marked otherwise than their key says, by version id; the latest of each counts.

    `lock` holds the round's row: on PostgreSQL an attempt that is being graded and a regrade that takes effect must not
    pass each other unseen.
    """
    statement = (
        select(ExamRound.id, Regrade.version_id, Regrade.mode, Regrade.keys)
        .outerjoin(
            Regrade,
            and_(Regrade.round_id == ExamRound.id, Regrade.state.in_(IN_FORCE), Regrade.id != (without or 0)),
        )
        .where(ExamRound.id == round_id)
        .order_by(Regrade.no)
    )
    rows = session.execute(statement.with_for_update(read=True, of=ExamRound) if lock else statement)
    return {row.version_id: Correction(row.mode, _keys(row.keys)) for row in rows if row.version_id is not None}


def _keys(kept: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(tuple(tuple(part) if isinstance(part, list) else part for part in each) for each in kept)


def correction_of(regrade: Regrade) -> Correction:
    """The correction that a regrade makes."""
    return Correction(regrade.mode, _keys(regrade.keys))


def by_id(session: Session, round_id: int, regrade_id: int, *, lock: bool = False) -> Regrade | None:
    """A regrade of this round."""
    statement = select(Regrade).where(Regrade.id == regrade_id, Regrade.round_id == round_id)
    found: Regrade | None = session.scalar(statement.with_for_update() if lock else statement)
    return found


def get(session: Session, regrade_id: int) -> tuple[Regrade, ExamRound] | None:
    """A regrade with its round, whoever asks (the worker)."""
    found = session.execute(
        select(Regrade, ExamRound).join(ExamRound, ExamRound.id == Regrade.round_id).where(Regrade.id == regrade_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def hold_round(session: Session, round_id: int) -> None:
    """Keep a round's row until the commit, so that no attempt of it is graded meanwhile."""
    session.execute(select(ExamRound.id).where(ExamRound.id == round_id).with_for_update())


def of_round(session: Session, round_id: int) -> list[Any]:
    """(regrade, stem, who made it, how many scores changed) of a round, the latest first."""
    changed = (
        select(func.count())
        .where(RegradeScore.regrade_id == Regrade.id, RegradeScore.undo.is_(False), _differs())
        .scalar_subquery()
    )
    return list(
        session.execute(
            select(Regrade, QuestionVersion.stem, User.name.label("maker"), changed.label("changed"))
            .join(QuestionVersion, QuestionVersion.id == Regrade.version_id)
            .outerjoin(User, User.id == Regrade.made_by)
            .where(Regrade.round_id == round_id)
            .order_by(Regrade.id.desc())
        )
    )


def last_no(session: Session, round_id: int, *, in_force: bool = False) -> int:
    """The number of the latest regrade of a round, of all that there were or of those in force; 0 for none."""
    statement = select(func.max(Regrade.no)).where(Regrade.round_id == round_id)
    if in_force:
        statement = statement.where(Regrade.state.in_(IN_FORCE))
    return session.execute(statement).scalar_one() or 0


# ---- who is touched ----------------------------------------------------------------------------------------------


def _has_version(session: Session, version_id: int) -> ColumnElement[bool]:
    at = places(session)
    return exists(select(literal_column("1")).select_from(at.drawn).where(at.version == version_id)).correlate(Attempt)


def _out_of_date(regrade: Regrade, *, undo: bool) -> ColumnElement[bool]:
    """Nothing was worked out for the attempt as its marks stand now."""
    return ~exists().where(
        RegradeScore.regrade_id == regrade.id,
        RegradeScore.undo.is_(undo),
        RegradeScore.attempt_id == Attempt.id,
        RegradeScore.revision == Attempt.marks_revision,
    )


def to_work_out(session: Session, regrade: Regrade, *, undo: bool) -> list[int]:
    """Ids of attempts handed in that have the question and are not worked out yet, in order."""
    return list(
        session.scalars(
            select(Attempt.id)
            .where(
                Attempt.round_id == regrade.round_id,
                Attempt.state == AttemptState.SUBMITTED,
                _out_of_date(regrade, undo=undo),
                _has_version(session, regrade.version_id),
            )
            .order_by(Attempt.id)
        )
    )


def batch(session: Session, attempt_ids: Sequence[int]) -> list[Any]:
    """What is needed of attempts to mark one question anew."""
    return list(
        session.execute(
            select(
                Attempt.id,
                Attempt.paper,
                Attempt.marks,
                Attempt.score,
                Attempt.passed,
                Attempt.regrade_no,
                Attempt.marks_revision,
            )
            .where(Attempt.id.in_(attempt_ids))
            .order_by(Attempt.id)
        )
    )


def answers_at(session: Session, wanted: Sequence[tuple[int, int]]) -> dict[int, list[str]]:
    """{attempt id: value} of the answers at (attempt id, position from 1); blanks are left out."""
    if not wanted:
        return {}
    rows = session.execute(
        select(AnswerRow.attempt_id, AnswerRow.value).where(
            tuple_(AnswerRow.attempt_id, AnswerRow.position).in_(list(wanted))
        )
    )
    return {row.attempt_id: row.value for row in rows}


def finals_at(session: Session, wanted: Sequence[tuple[int, int]]) -> dict[int, str | None]:
    """{attempt id: the mark by hand} at (attempt id, position); None while it waits."""
    if not wanted:
        return {}
    rows = session.execute(
        select(MarkingTask.attempt_id, MarkingTask.final).where(
            tuple_(MarkingTask.attempt_id, MarkingTask.position).in_(list(wanted))
        )
    )
    return {row.attempt_id: row.final for row in rows}


def applied_before(session: Session, regrade: Regrade, attempt_ids: Sequence[int]) -> dict[int, RegradeScore]:
    """What a regrade in force changed, by attempt id."""
    rows = session.scalars(
        select(RegradeScore).where(
            RegradeScore.regrade_id == regrade.id,
            RegradeScore.undo.is_(False),
            RegradeScore.attempt_id.in_(attempt_ids),
        )
    )
    return {row.attempt_id: row for row in rows}


def changed(session: Session, regrade: Regrade, *, undo: bool) -> list[int]:
    """Ids of the attempts whose score or pass the rows change."""
    return list(
        session.scalars(
            select(RegradeScore.attempt_id)
            .where(RegradeScore.regrade_id == regrade.id, RegradeScore.undo.is_(undo), _differs())
            .order_by(RegradeScore.attempt_id)
        )
    )


def _differs() -> ColumnElement[bool]:
    return or_(
        RegradeScore.old_score.is_distinct_from(RegradeScore.new_score),
        RegradeScore.old_passed.is_distinct_from(RegradeScore.new_passed),
    )


# ---- the question ------------------------------------------------------------------------------------------------


def version_in(session: Session, round_id: int, version_id: int) -> tuple[QuestionVersion, list[Any], Question] | None:
    """A version with its key, if it stands on a paper of the round."""
    at = places(session)
    drawn = exists(
        select(literal_column("1"))
        .select_from(Attempt)
        .join(at.drawn, literal_column("1=1"))
        .where(Attempt.round_id == round_id, at.version == version_id)
    )
    found = session.execute(
        select(QuestionVersion, QuestionKey.key, Question)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionVersion.id == version_id, drawn)
    ).one_or_none()
    return (found[0], found[1], found[2]) if found else None


# ---- the trial ---------------------------------------------------------------------------------------------------

_OLD, _NEW = RegradeScore.old_score, RegradeScore.new_score
_GAINED = and_(RegradeScore.new_passed.is_(True), RegradeScore.old_passed.is_not(True))
_LOST = and_(RegradeScore.old_passed.is_(True), RegradeScore.new_passed.is_not(True))


def _change(statement: Select[Any], value: str) -> Select[Any]:
    conditions = {"up": _NEW > _OLD, "down": _NEW < _OLD, "gained": _GAINED, "lost": _LOST}
    return statement.where(conditions[value])


TABLE = Table(
    name="regrade",
    columns=(
        Column("number", _l("工号"), lambda row: row.number, sort=User.number),
        Column("name", _l("姓名"), lambda row: row.name, sort=User.name, css="nowrap", fixed=True),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
        Column("before", _l("原成绩"), lambda row: row.old_score, sort=_OLD, css="num half"),
        Column("after", _l("新成绩"), lambda row: row.new_score, sort=_NEW, css="num half"),
        Column("change", _l("增减"), lambda row: row.change, sort=_NEW - _OLD, css="num half"),
        Column("pass", _l("及格变化"), lambda row: "gained" if row.gained else "lost" if row.lost else "", css="half"),
    ),
    filters=(
        Filter("q", _l("关键词"), contains(User.name, User.number, RosterEntry.unit_name), kind="text"),
        Filter(
            "change",
            _l("变化"),
            _change,
            choices=[("up", _l("加分")), ("down", _l("减分")), ("gained", _l("变为及格")), ("lost", _l("变为不及格"))],
        ),
    ),
    identity=RegradeScore.__table__.c.attempt_id,
    sort="unit",
    page_size=50,
    views=False,
)


def people(regrade: Regrade) -> Select[Any]:
    """Everybody whose score or pass changes, with both."""
    return (
        select(
            RegradeScore.attempt_id,
            User.number,
            User.name,
            RosterEntry.unit_name,
            _OLD.label("old_score"),
            _NEW.label("new_score"),
            (_NEW - _OLD).label("change"),
            case((_GAINED, True), else_=False).label("gained"),
            case((_LOST, True), else_=False).label("lost"),
        )
        .join(Attempt, Attempt.id == RegradeScore.attempt_id)
        .join(User, User.id == Attempt.user_id)
        .join(RosterEntry, and_(RosterEntry.round_id == Attempt.round_id, RosterEntry.user_id == Attempt.user_id))
        .where(RegradeScore.regrade_id == regrade.id, RegradeScore.undo.is_(False), _differs())
    )


def by_unit(session: Session, regrade: Regrade) -> list[Any]:
    """By unit: attempts with the question, those that change, sums of old and new points, passes won and lost."""

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return list(
        session.execute(
            select(
                func.max(RosterEntry.unit_name).label("name"),
                func.count().label("attempts"),
                count(_differs()).label("changed"),
                func.coalesce(func.sum(_OLD), 0).label("old_sum"),
                func.coalesce(func.sum(_NEW), 0).label("new_sum"),
                count(_GAINED).label("gained"),
                count(_LOST).label("lost"),
            )
            .join(Attempt, Attempt.id == RegradeScore.attempt_id)
            .join(RosterEntry, and_(RosterEntry.round_id == Attempt.round_id, RosterEntry.user_id == Attempt.user_id))
            .join(Unit, Unit.id == RosterEntry.unit_id)
            .where(RegradeScore.regrade_id == regrade.id, RegradeScore.undo.is_(False))
            .group_by(RosterEntry.unit_id, Unit.code)
            .order_by(Unit.code)
        )
    )


def of_attempt(session: Session, attempt_id: int) -> list[Any]:
    """The regrades that touched an attempt, in their order: number, mode, reason, state, moments, old and new score."""
    return list(
        session.execute(
            select(
                Regrade.no,
                Regrade.mode,
                Regrade.reason,
                Regrade.state,
                Regrade.applied_at,
                Regrade.undone_at,
                Regrade.undo_reason,
                RegradeScore.old_score,
                RegradeScore.new_score,
            )
            .join(RegradeScore, and_(RegradeScore.regrade_id == Regrade.id, RegradeScore.undo.is_(False)))
            .where(RegradeScore.attempt_id == attempt_id, Regrade.no.is_not(None))
            .order_by(Regrade.no)
        )
    )
