"""The question bank of the demo."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.viewer import system_viewer
from portal.demo.questions import BANK_NAME, DemoQuestion, demo_questions
from portal.exams.models import QuestionBank
from portal.exams.rules.question import JUDGE_OPTIONS, Key, QuestionContent, QuestionType
from portal.exams.services import bank as services
from portal.exams.services import bank_rows


def load_bank(session: Session, now: datetime, unit_id: int) -> QuestionBank:
    """Write the demo's questions into a new bank kept by a unit; the caller commits.

    Raises RuleError("bank-name-taken") where the bank is there already.
    """
    bank = services.create_bank(session, actor=system_viewer(), now=now, name=BANK_NAME, unit_id=unit_id)
    contents, dialect = map(content_of, demo_questions()), session.get_bind().dialect
    prepared = bank_rows.prepare(contents, dialect=dialect, now=now, author_id=None, source=BANK_NAME)
    bank_rows.write(session, bank.id, prepared)
    return bank


def content_of(question: DemoQuestion) -> QuestionContent:
    """A demo question as the bank's content."""
    kind = QuestionType(question.type)
    key: Key = question.blanks if kind is QuestionType.FILL else question.right
    return QuestionContent(
        type=kind,
        stem=question.stem,
        options=JUDGE_OPTIONS if kind is QuestionType.JUDGE else question.options,
        key=key,
        analysis=question.analysis,
        difficulty=question.difficulty,
        points=question.points,
        articles=question.articles,
    )
