"""Which questions may be practised, by whom and when (docs/decisions/0019-what-may-be-practised.md)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.db import UtcDateTime
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import (
    Attempt,
    ExamRound,
    PaperItem,
    PaperKind,
    PaperSection,
    Question,
    QuestionBank,
    QuestionState,
    QuestionVersion,
)
from portal.exams.queries.rounds import going_on, over_since
from portal.exams.rules.practice import PRACTISED, PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RoundKind, When

# Nobody writes longer than this after a round has closed: extra minutes of a person and the grace end far earlier.
_LONGEST_AFTER = timedelta(days=1)


def secret_rounds(now: datetime) -> ColumnElement[bool]:
    """The condition that a round's questions are still secret: drafts, coming and open rounds, and closed ones in which
    somebody with extra time still writes. A mock that shows its keys at once keeps none.
    """
    writing = exists().where(Attempt.round_id == ExamRound.id, going_on(Attempt, over_since(now)))
    over_late = and_(ExamRound.closes_at > now - _LONGEST_AFTER, writing)
    telling = and_(ExamRound.kind == RoundKind.MOCK, ExamRound.show_key == When.AT_ONCE)
    return and_(or_(ExamRound.closes_at > now, over_late), not_(telling))


def _held(session: Session, now: datetime) -> ColumnElement[bool]:
    """The condition that a secret round draws or may draw a question, or one that is the same in whatever bank.

    A rule paper may draw what has, or in any version had, the type of a section: what was drawn may be an older
    version, with another difficulty or law than the question has today. Which banks and types these are is asked first
    and written into the condition, bank by bank: each question then costs a look into the index of the bank.
    """
    twin = aliased(Question)
    columns: list[Any] = [PaperSection.bank_id, PaperSection.type]
    rule_papers = (
        select(*columns)
        .join(ExamRound, ExamRound.id == PaperSection.round_id)
        .where(ExamRound.paper_kind == PaperKind.RULE, PaperSection.bank_id.is_not(None), secret_rounds(now))
        .distinct()
    )
    drawn: dict[int, list[QuestionType]] = {}
    for bank_id, type_ in session.execute(rule_papers):
        drawn.setdefault(bank_id, []).append(type_)
    by_rule = [
        exists().where(
            twin.bank_id == bank_id,
            twin.identity_key == Question.identity_key,
            QuestionVersion.question_id == twin.id,
            QuestionVersion.type.in_(sorted(types)),
        )
        for bank_id, types in sorted(drawn.items())
    ]
    fixed = (
        select(twin.identity_key)
        .join(QuestionVersion, QuestionVersion.question_id == twin.id)
        .join(PaperItem, PaperItem.version_id == QuestionVersion.id)
        .join(PaperSection, PaperSection.id == PaperItem.section_id)
        .join(ExamRound, ExamRound.id == PaperSection.round_id)
        .where(secret_rounds(now))
    )
    return or_(*by_rule, Question.identity_key.in_(fixed))


def open_to_all(session: Session, now: datetime) -> ColumnElement[bool]:
    """The condition that a question may be practised; for statements that join QuestionBank.
    Costs a statement of its own.

    In use, of a type that a machine can mark, and its bank released: all of it, or as far as no secret round needs it.
    A release is for everybody of the site, as a round's list is: the bureau keeps the bank, the whole district sits.
    """
    free = and_(QuestionBank.practice == PracticeRelease.AFTER, not_(_held(session, now)))
    released = or_(QuestionBank.practice == PracticeRelease.OPEN, free)
    return and_(Question.state == QuestionState.ACTIVE, Question.type.in_(PRACTISED), released)


def sitting(session: Session, viewer: Viewer, now: datetime) -> int | None:
    """The attempt that the viewer is writing now. Whoever sits an exam practises nothing meanwhile."""
    found = _SITTING.first(session, user=viewer.id, over=over_since(now))
    return found and int(found.id)


def anything(session: Session) -> bool:
    """Whether a bank is released at all; cheap, for the home page."""
    return _RELEASED.first(session) is not None


# Built once: they stand on everybody's home page.
_SITTING = Statement(
    select(Attempt.id)
    .where(Attempt.user_id == bindparam("user"), going_on(Attempt, bindparam("over", type_=UtcDateTime())))
    .limit(1)
)
_RELEASED = Statement(select(QuestionBank.id).where(QuestionBank.practice != PracticeRelease.OFF).limit(1))


def drawing_rounds(session: Session, bank_id: int, now: datetime) -> int:
    """How many secret rounds draw from a bank."""
    statement = (
        select(func.count(ExamRound.id.distinct()))
        .join(PaperSection, PaperSection.round_id == ExamRound.id)
        .where(PaperSection.bank_id == bank_id, secret_rounds(now))
    )
    return session.execute(statement).scalar_one()


def held_count(session: Session, bank_id: int, now: datetime) -> int:
    """How many questions in use of a bank are held back while secret rounds need them."""
    mine = and_(Question.bank_id == bank_id, Question.state == QuestionState.ACTIVE, Question.type.in_(PRACTISED))
    statement = select(func.count()).select_from(Question).where(mine, _held(session, now))
    return session.execute(statement).scalar_one()
