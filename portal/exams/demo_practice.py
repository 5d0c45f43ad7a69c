"""The demo's practice: the bank is public, and some people have practised with it for two weeks.

The same each time; only the dates follow the day of loading.
"""

from __future__ import annotations

import random
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.demo.people import ACCOUNTS
from portal.demo.questions import BANK_NAME
from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionVersion
from portal.exams.models_practice import PracticeDay, PracticeMark, PracticeSet
from portal.exams.rules import practice as rules
from portal.exams.rules.practice import PRACTISED, PracticeRelease, Standing
from portal.exams.rules.question import QuestionType
from portal.exams.services.practice import release

SEED = 2027
PEOPLE, DAYS, EVENING = 24, 14, 11
_SATURDAY = 5
_BEGUN = 4


def load_practice(session: Session, now: datetime) -> None:
    """Release the bank named `BANK_NAME` and write what people practised. The caller commits."""
    rng = random.Random(SEED)
    bank = session.execute(select(QuestionBank).where(QuestionBank.name == BANK_NAME)).scalar_one()
    release(session, actor=system_viewer("演示数据"), now=now, bank=bank, practice=PracticeRelease.OPEN)
    usable = select(Question.id).where(Question.bank_id == bank.id, Question.type.in_(PRACTISED)).order_by(Question.id)
    questions = list(session.scalars(usable))
    number = next(number for number, _chinese, english in ACCOUNTS if english == "Cadre")
    cadre = session.execute(select(User.id).where(User.number == number)).scalar_one()
    others = session.scalars(select(User.id).where(User.id != cadre).order_by(User.number).limit(PEOPLE)).all()
    marks: list[dict[str, Any]] = []
    days: list[dict[str, Any]] = []
    for user_id in (cadre, *others):
        _practise(rng, now, user_id, questions, marks, days)
    session.execute(insert(PracticeMark), marks)
    session.execute(insert(PracticeDay), days)
    _begin(session, now, cadre, bank.id)


def _practise(
    rng: random.Random, now: datetime, user_id: int, questions: list[int],
    marks: list[dict[str, Any]], days: list[dict[str, Any]],
) -> None:  # fmt: skip
    """Ten a day on most working days; some questions come again."""
    skill, known = rng.uniform(0.6, 0.9), rng.sample(questions, 60)
    standings: dict[int, tuple[Standing, datetime]] = {}
    for back in range(DAYS, 0, -1):
        at = now - timedelta(days=back)
        day = clock.to_local(at).date()
        if day.weekday() >= _SATURDAY or (back > 5 and rng.random() < 0.4):  # noqa: PLR2004  the last days are kept up
            continue
        right = 0
        for number in rng.sample(known, rules.SET_SIZE):
            hit = rng.random() < skill
            before = standings.get(number, (Standing(), at))[0]
            standings[number] = rules.answered(before, right=hit, needed=rules.USUAL_NEEDED), at
            right += hit
        days.append({"user_id": user_id, "day": day, "done": rules.SET_SIZE, "right": right})
    marks += [
        {"user_id": user_id, "question_id": number, "last_at": at, **asdict(standing)}
        for number, (standing, at) in standings.items()
    ]


def _begin(session: Session, now: datetime, user_id: int, bank_id: int) -> None:
    """A set that the cadre stopped in yesterday."""
    rows = session.execute(
        select(Question.id, QuestionVersion.id.label("version"), QuestionKey.key)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .where(Question.bank_id == bank_id, Question.type == QuestionType.JUDGE)
        .order_by(Question.id)
        .limit(rules.SET_SIZE)
    ).all()
    items = [
        {"q": row.id, "v": row.version, "a": [str(place) for place in row.key], "r": True}
        if place < _BEGUN
        else {"q": row.id}
        for place, row in enumerate(rows)
    ]
    yesterday = now - timedelta(days=1)
    scope = rules.of_type(QuestionType.JUDGE).key
    session.add(
        PracticeSet(
            user_id=user_id, scope=scope, day=clock.to_local(yesterday).date(), items=items, changed_at=yesterday
        )
    )
    session.flush()
