"""Every SELECT of the quality of a bank: its questions with keys, how they were answered, the articles they test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Float, case, cast, func, select, true
from sqlalchemy.orm import Session

from portal.exams.models import (
    Attempt,
    Question,
    QuestionKey,
    QuestionLaw,
    QuestionState,
    QuestionVersion,
)
from portal.exams.queries.statistics import places
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.question import QuestionType


class Asked(NamedTuple):
    """A question in use, with its key."""

    id: int
    type: QuestionType
    stem: str
    options: Sequence[str]
    key: Sequence[Any]


def questions(session: Session, bank_id: int) -> list[Asked]:
    """The questions of a bank that are in use; one statement."""
    rows = session.execute(
        select(Question.id, Question.type, Question.stem, QuestionVersion.options, QuestionKey.key)
        .join(
            QuestionVersion, (QuestionVersion.question_id == Question.id) & (QuestionVersion.no == Question.version_no)
        )
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .where(Question.bank_id == bank_id, Question.state == QuestionState.ACTIVE)
        .order_by(Question.id)
    )
    return [Asked(*row) for row in rows]


def answered(session: Session, bank_id: int) -> dict[int, tuple[int, int]]:
    """{question id: (how often on a marked paper, how often answered wholly right)} over all rounds and versions; one
    grouped statement.
    """
    at = places(session)
    rows = session.execute(
        select(
            Question.id,
            func.count().label("n"),
            func.sum(case((at.mark >= cast(at.points, Float), 1), else_=0)).label("whole"),
        )
        .select_from(Attempt)
        .join(at.drawn, true())
        .join(QuestionVersion, QuestionVersion.id == at.version)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.bank_id == bank_id, Attempt.state == AttemptState.SUBMITTED, at.mark.is_not(None))
        .group_by(Question.id)
    )
    return {row.id: (row.n, row.whole) for row in rows}


def laws(session: Session, bank_id: int) -> list[tuple[str, int]]:
    """(title, how many questions in use) of the laws that a bank tests, the most tested first."""
    rows = session.execute(
        select(QuestionLaw.title, func.count(QuestionLaw.question_id.distinct()).label("n"))
        .join(Question, Question.id == QuestionLaw.question_id)
        .where(Question.bank_id == bank_id, Question.state == QuestionState.ACTIVE)
        .group_by(QuestionLaw.title)
        .order_by(func.count(QuestionLaw.question_id.distinct()).desc(), QuestionLaw.title)
    )
    return [(row.title, row.n) for row in rows]


def cited(session: Session, bank_id: int, title: str) -> list[tuple[str, QuestionType, int]]:
    """(article as written, type, question id) of all questions in use that test a law; one statement."""
    rows = session.execute(
        select(QuestionLaw.article, Question.type, Question.id)
        .join(Question, Question.id == QuestionLaw.question_id)
        .where(Question.bank_id == bank_id, Question.state == QuestionState.ACTIVE, QuestionLaw.title == title)
    )
    return [(row.article, row.type, row.id) for row in rows]


# A library of regulations, once there is one, says which articles a law has: (session, title) -> articles as written.
Articles = Callable[[Session, str], Sequence[str]]
_known: list[Articles] = []


def register_articles(source: Articles) -> None:
    """Make a source of articles known, when its feature is loaded."""
    _known.append(source)


def known_articles(session: Session, title: str) -> list[str]:
    """All articles that are known of a law, tested or not; none where no source knows it."""
    return [article for source in _known for article in source(session, title)]
