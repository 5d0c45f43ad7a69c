"""What a writer of many questions must know of a bank: which of them are the new ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.exams.models import Question, QuestionVersion


def last_question(session: Session, bank_id: int) -> int:
    """The highest id of a bank's questions; 0 for none. A later one is higher, on every engine."""
    return session.scalar(select(func.max(Question.id)).where(Question.bank_id == bank_id)) or 0


def questions_after(session: Session, bank_id: int, last: int) -> Sequence[int]:
    """The ids that came after one, in the order in which they came."""
    asked = select(Question.id).where(Question.bank_id == bank_id, Question.id > last).order_by(Question.id)
    return session.scalars(asked).all()


def versions_after(session: Session, bank_id: int, last: int) -> Sequence[int]:
    """The versions of those questions, in the same order."""
    asked = select(QuestionVersion.id).join(Question, Question.id == QuestionVersion.question_id)
    of_new = asked.where(Question.bank_id == bank_id, Question.id > last).order_by(Question.id)
    return session.scalars(of_new).all()
