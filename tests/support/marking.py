"""A round with short answers, for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.exams.models import Attempt, ExamRound, PaperSection, Question, QuestionBank
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.services import attempts as services
from tests.support.exams import SECRET, add_question, begin, build_bank, build_round, right_answers
from tests.support.people import Office

MODEL = "属地管理、分级负责（200分之秘）\n谁主管、谁负责"
STEM = "简述信访工作的原则。"
POINTS = 1000


def short_round(session: Session, office: Office, **more: Any) -> ExamRound:
    """A round of 100 points by machine and one 简答 of ten; every paper holds the same questions."""
    bank = short_bank(session, office)
    round_ = build_round(session, office, **{"title": "含简答的考试", "bank": bank, **more})
    session.add(
        PaperSection(
            round_id=round_.id, position=4, title="简答题", type=QuestionType.SHORT, bank_id=bank.id, count=1,
            points=POINTS,
        )
    )  # fmt: skip
    session.flush()
    return round_


def short_bank(session: Session, office: Office) -> QuestionBank:
    """A bank of two questions of each type and one 简答."""
    bank = build_bank(session, office, name="简答题库", each=2)
    there = select(Question.id).where(Question.bank_id == bank.id, Question.type == QuestionType.SHORT)
    if session.scalar(there) is None:
        add_question(session, bank, QuestionContent(QuestionType.SHORT, STEM, (), (MODEL,)), clock.now())
    return bank


def sit_short(session: Session, round_: ExamRound, user: User, text: str, *, right: int = 8) -> Attempt:
    """Answer the first `right` questions rightly, write `text` for the 简答, and hand in."""
    attempt = begin(session, round_, user, at=clock.now() - timedelta(minutes=20))
    sheet = {place: value for place, value in right_answers(session, attempt).items() if place <= right}
    sheet[len(attempt.paper)] = [text]
    viewer = viewer_of(session, user.id)
    services.save(
        session, viewer=viewer, now=clock.now(), attempt=attempt, lease=attempt.lease,
        sent=[{"pos": place, "value": value, "counter": place} for place, value in sheet.items()],
    )  # fmt: skip
    services.submit(session, viewer=viewer, now=clock.now(), attempt=attempt, round_=round_, secret=SECRET)
    return attempt
