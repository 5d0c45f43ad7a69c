"""The demo's practice: a public bank with some history, the same at every loading."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.demo import loader
from portal.demo.people import ACCOUNTS
from portal.exams.demo import load_bank
from portal.exams.demo_practice import load_practice
from portal.exams.models_practice import PracticeDay, PracticeMark
from portal.exams.practising import home_card, page_of
from portal.exams.queries import practice as queries
from portal.exams.rules.practice import MIN_PEOPLE
from portal.extensions import db, set_writing

NOW = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)


def _load(app: Flask) -> list[tuple[int, int, int, int]]:
    with app.app_context():
        db.create_all()
        set_writing(True)
        session = db.session()
        units = loader._load_units(session)
        loader._load_people(session, NOW, units)
        load_bank(session, NOW, min(units.values()))
        load_practice(session, NOW)
        _look(session)
        marks = select(PracticeMark).order_by(PracticeMark.user_id, PracticeMark.question_id)
        found = [(each.user_id, each.question_id, each.right, each.wrong) for each in session.scalars(marks)]
        session.rollback()
        set_writing(False)
        db.session.remove()
        db.engine.dispose()
    return found


def _look(session: Session) -> None:
    number = next(number for number, _chinese, english in ACCOUNTS if english == "Cadre")
    cadre = viewer_of(session, session.scalars(select(User.id).where(User.number == number)).one())
    assert cadre is not None
    overview = queries.overview(session, cadre, NOW)
    assert overview.count > 50
    assert overview.notebook > 0
    card = home_card(session, cadre, NOW, clock.to_local(NOW).date())
    assert card is not None
    assert card.daily is None
    assert card.streak > 1
    row = queries.sets_of(session, cadre)[0]
    page = page_of(session, cadre, NOW, row, None)
    assert (page.done, page.right, page.count, page.finished) == (4, 4, 10, False)
    assert queries.article_sums(session, 1)
    days = list(session.scalars(select(PracticeDay)))
    assert len({each.user_id for each in days}) > MIN_PEOPLE
    assert all(each.right <= each.done and each.day.weekday() < 5 for each in days)


def test_the_same_history_every_time(demo_app: Flask) -> None:
    assert _load(demo_app) == _load(demo_app)
