"""Every SELECT about marking short answers: the queue, the next answer, what was given.

Nothing here tells a marker whose answer it is: tasks come by their random number, with neither name nor unit nor time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.exams.models import AnswerRow, Attempt, ExamRound, PaperSection, QuestionKey, QuestionVersion
from portal.exams.models_marking import GivenMark, MarkingSetting, MarkingTask, Regrade, Rubric
from portal.exams.queries.regrades import IN_FORCE
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.hand_marking import NUMBERS, Criterion, Given, TaskState, criteria_of
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import Mode

_SPREAD = 379_721
"""Markers begin at different places of the queue, so that two of them seldom open the same answer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a round is marked: one marker or two, and how far two may be apart, in hundredths."""

    markers: int = 1
    limit: int = 200


def settings(session: Session, round_id: int) -> Settings:
    """The settings of a round."""
    found = session.get(MarkingSetting, round_id)
    return Settings() if found is None else Settings(found.markers, found.limit)


def _counts() -> ColumnElement[bool]:
    """A task counts while its attempt does, and while no regrade has settled its question."""
    settled = exists().where(
        Regrade.round_id == MarkingTask.round_id,
        Regrade.version_id == MarkingTask.version_id,
        Regrade.state.in_(IN_FORCE),
        Regrade.mode.in_([Mode.FULL, Mode.VOID]),
    )
    return and_(Attempt.state == AttemptState.SUBMITTED, ~settled)


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """The progress of one question; `left` is what this marker may still mark."""

    version_id: int
    stem: str
    points: int
    all: int
    done: int
    differing: int
    left: int
    given: int

    @property
    def waiting(self) -> int:
        """Not done yet."""
        return self.all - self.done


def progress(session: Session, round_id: int, marker: int | None) -> list[QuestionLine]:
    """Every short question of a round with its progress; one statement."""
    mine = exists().where(GivenMark.task_id == MarkingTask.id, GivenMark.marker_id == marker)

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    open_ = MarkingTask.state != TaskState.DONE
    rows = session.execute(
        select(
            MarkingTask.version_id,
            QuestionVersion.stem,
            func.max(MarkingTask.points),
            func.count(),
            count(MarkingTask.state == TaskState.DONE),
            count(MarkingTask.state == TaskState.DIFFERING),
            count(and_(open_, Attempt.user_id != marker, ~mine)),
            count(mine),
        )
        .join(Attempt, Attempt.id == MarkingTask.attempt_id)
        .join(QuestionVersion, QuestionVersion.id == MarkingTask.version_id)
        .where(MarkingTask.round_id == round_id, _counts())
        .group_by(MarkingTask.version_id, QuestionVersion.stem)
        .order_by(MarkingTask.version_id)
    )
    return [QuestionLine(*row) for row in rows]


def has_short(session: Session, round_id: int) -> bool:
    """Whether the paper of a round has short answers."""
    statement = select(exists().where(PaperSection.round_id == round_id, PaperSection.type == QuestionType.SHORT))
    return bool(session.execute(statement).scalar_one())


def waiting_attempts(session: Session, round_id: int) -> int:
    """How many attempts of a round wait for a marker."""
    statement = select(func.count()).where(
        Attempt.round_id == round_id, Attempt.state == AttemptState.SUBMITTED, Attempt.score.is_(None)
    )
    return session.execute(statement).scalar_one()


def next_task(
    session: Session, round_id: int, version_id: int, marker: int, *, skip: Iterable[int] = ()
) -> MarkingTask | None:
    """The next answer to this question that the marker may mark, those of the third marker first."""
    mine = exists().where(GivenMark.task_id == MarkingTask.id, GivenMark.marker_id == marker)
    place = (MarkingTask.number + marker * _SPREAD % NUMBERS) % NUMBERS
    found: MarkingTask | None = session.scalar(
        select(MarkingTask)
        .join(Attempt, Attempt.id == MarkingTask.attempt_id)
        .where(
            MarkingTask.round_id == round_id,
            MarkingTask.version_id == version_id,
            MarkingTask.state != TaskState.DONE,
            MarkingTask.id.not_in(list(skip)),
            Attempt.user_id != marker,
            ~mine,
            _counts(),
        )
        .order_by((MarkingTask.state == TaskState.DIFFERING).desc(), place, MarkingTask.id)
        .limit(1)
    )
    return found


def task(
    session: Session, round_id: int, task_id: int, *, lock: bool = False
) -> tuple[MarkingTask, Attempt, ExamRound] | None:
    """A task of this round with its attempt; `lock` holds the task, so that two markers go one after the other."""
    statement = (
        select(MarkingTask, Attempt, ExamRound)
        .join(Attempt, Attempt.id == MarkingTask.attempt_id)
        .join(ExamRound, ExamRound.id == MarkingTask.round_id)
        .where(MarkingTask.id == task_id, MarkingTask.round_id == round_id, Attempt.state == AttemptState.SUBMITTED)
    )
    if lock:
        statement = statement.with_for_update(of=(MarkingTask, Attempt))
    found = session.execute(statement).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def answer_text(session: Session, task_: MarkingTask) -> str:
    """What was written."""
    value = session.scalar(
        select(AnswerRow.value).where(AnswerRow.attempt_id == task_.attempt_id, AnswerRow.position == task_.position)
    )
    return "\n".join(str(part) for part in value or [])


def given(session: Session, task_id: int) -> list[Given]:
    """The marks given for an answer, in their order."""
    rows = session.scalars(select(GivenMark).where(GivenMark.task_id == task_id).order_by(GivenMark.id))
    return [Given(row.marker_id, tuple(row.points)) for row in rows]


def given_by(session: Session, task_id: int, marker: int) -> GivenMark | None:
    """What one marker gave for an answer."""
    found: GivenMark | None = session.scalar(
        select(GivenMark).where(GivenMark.task_id == task_id, GivenMark.marker_id == marker)
    )
    return found


def tasks_of(session: Session, attempt_id: int) -> list[MarkingTask]:
    """All short answers of an attempt."""
    return list(
        session.scalars(select(MarkingTask).where(MarkingTask.attempt_id == attempt_id).order_by(MarkingTask.position))
    )


def marks_of(session: Session, attempt_id: int) -> dict[int, list[Any]]:
    """{position: (name of the marker, points, note, moment)} of an attempt, for those who manage its round."""
    rows = session.execute(
        select(MarkingTask.position, User.name, GivenMark.points, GivenMark.note, GivenMark.given_at)
        .join(GivenMark, GivenMark.task_id == MarkingTask.id)
        .join(User, User.id == GivenMark.marker_id)
        .where(MarkingTask.attempt_id == attempt_id)
        .order_by(MarkingTask.position, GivenMark.id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.position, []).append(row)
    return found


def recent(session: Session, round_id: int, version_id: int, marker: int, limit: int = 10) -> list[Any]:
    """What the marker marked last: (task, given mark), to look at again."""
    return list(
        session.execute(
            select(MarkingTask, GivenMark)
            .join(GivenMark, GivenMark.task_id == MarkingTask.id)
            .where(
                MarkingTask.round_id == round_id,
                MarkingTask.version_id == version_id,
                GivenMark.marker_id == marker,
            )
            .order_by(GivenMark.id.desc())
            .limit(limit)
        )
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A short question as markers have it before them."""

    version_id: int
    stem: str
    model: str
    analysis: str
    points: int
    criteria: tuple[Criterion, ...]


def asked(session: Session, round_id: int, version_id: int) -> Asked | None:
    """A short question of this round with model answer and rubric; None where nobody answered it."""
    points = session.scalar(
        select(func.max(MarkingTask.points)).where(
            MarkingTask.round_id == round_id, MarkingTask.version_id == version_id
        )
    )
    if points is None:
        return None
    version = session.get_one(QuestionVersion, version_id)
    key = session.scalar(select(QuestionKey.key).where(QuestionKey.version_id == version_id)) or []
    model = "\n".join(str(part) for part in key)
    kept = session.get(Rubric, (round_id, version_id))
    criteria = criteria_of(model, points) if kept is None else tuple(Criterion(*each) for each in kept.criteria)
    return Asked(version_id, version.stem, model, version.analysis, points, criteria)


def criteria(session: Session, task_: MarkingTask) -> tuple[Criterion, ...]:
    """What the points of a task are given for."""
    found = asked(session, task_.round_id, task_.version_id)
    return found.criteria if found is not None else (Criterion("", task_.points),)


def anything_given(session: Session, round_id: int, version_id: int | None = None) -> bool:
    """Whether a mark was given in a round, or for one question of it."""
    condition = MarkingTask.round_id == round_id
    if version_id is not None:
        condition = and_(condition, MarkingTask.version_id == version_id)
    found = select(GivenMark.id).join(MarkingTask, MarkingTask.id == GivenMark.task_id).where(condition).limit(1)
    return session.execute(found).first() is not None
