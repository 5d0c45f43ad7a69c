"""A bank released for practice, and people who practise with it, for tests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.viewer import Viewer
from portal.exams.models import QuestionBank
from portal.exams.models_practice import PracticeSet
from portal.exams.queries import attempts, practice
from portal.exams.rules.practice import PracticeRelease, Scope
from portal.exams.rules.question import QuestionType
from portal.exams.services import practice as services
from tests.support.exams import build_bank
from tests.support.people import Office


def released_bank(
    session: Session, office: Office, practice: PracticeRelease = PracticeRelease.OPEN, **more: object
) -> QuestionBank:
    """A bank that may be practised."""
    bank = build_bank(session, office, **more)  # type: ignore[arg-type]
    bank.practice = practice
    session.flush()
    return bank


def say(session: Session, version_id: int, *, right: bool) -> list[str]:
    """An answer to a version, in the order of the bank."""
    text = practice.texts(session, [version_id])[version_id]
    key = attempts.keys(session, [{"v": version_id}])[version_id]
    if text.type is QuestionType.FILL:
        return [spellings[0] if right else "不对" for spellings in key]
    places = key if right else [place for place in range(len(text.options)) if place not in key][:1]
    return [str(place) for place in places]


def work(session: Session, viewer: Viewer, row: PracticeSet, answers: list[bool], at: datetime | None = None) -> None:
    """Answer the questions of a set from the first open one on, rightly or wrongly."""
    now = at or clock.now()
    for right in answers:
        place = next(place for place, item in enumerate(row.items) if "r" not in item)
        number = row.items[place]["q"]
        version_id = practice.available(session, now, [number])[number]
        value = say(session, version_id, right=right)
        services.answer(session, actor=viewer, now=now, row=row, place=place, version_id=version_id, value=value)


def practise(
    session: Session, viewer: Viewer, scope: Scope, answers: list[bool], at: datetime | None = None
) -> PracticeSet:
    """Start a set and answer some of it."""
    row = services.start(session, actor=viewer, now=at or clock.now(), scope=scope)
    work(session, viewer, row, answers, at)
    return row
