"""The demo's rounds: the numbers that the tour of the demo speaks of, the same at every loading."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.demo import loader
from portal.exams.demo import load_bank
from portal.exams.demo_rounds import load_rounds
from portal.exams.models import Attempt, ExamRound
from portal.exams.queries import results
from portal.exams.queries.attempts import answers, round_view
from portal.exams.rules.round import RoundKind, RoundPhase, round_phase
from portal.exams.rules.seal import verify
from portal.extensions import db, set_writing
from tests.support.exams import SECRET

NOW = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)


def _load(app: Flask) -> list[tuple[int, int | None]]:
    with app.app_context():
        db.create_all()
        set_writing(True)
        session = db.session()
        units = loader._load_units(session)
        loader._load_people(session, NOW, units)
        load_bank(session, NOW, min(units.values()))
        load_rounds(session, NOW, SECRET)
        _look(session)
        scores = [(row.user_id, row.score) for row in session.scalars(select(Attempt).order_by(Attempt.user_id))]
        session.rollback()
        set_writing(False)
        db.session.remove()
        db.engine.dispose()
    return scores


def _look(session: Session) -> None:
    old, this, mock, essays = session.scalars(select(ExamRound).order_by(ExamRound.id))
    phases = [round_phase(round_view(each), NOW) for each in (old, this, mock)]
    assert phases == [RoundPhase.CLOSED, RoundPhase.OPEN, RoundPhase.OPEN]
    assert (old.kind, this.kind, mock.kind) == (RoundKind.MAIN, RoundKind.MAIN, RoundKind.MOCK)
    assert mock.attempts_allowed is None
    assert results.full_marks(session, this.id) == 10_000
    total = results.overall(results.by_unit(session, old, NOW))
    assert (total.should, total.taken, total.deferred, total.exempt, total.marked) == (115, 100, 2, 3, 100)
    assert 70 <= total.passed < 100
    assert total.excellent >= 10
    assert results.overall(results.by_unit(session, this, NOW)).should == 120
    waiting = results.overall(results.by_unit(session, essays, NOW))
    assert (waiting.taken, waiting.waiting, waiting.pass_rate) == (3, 3, None)
    attempts = list(session.scalars(select(Attempt).where(Attempt.round_id == old.id)))
    assert all(old.opens_at <= each.started_at < (each.submitted_at or NOW) <= each.due_at for each in attempts)
    assert verify(SECRET, attempts[0].id, answers(session, attempts[0].id), attempts[0].seal)


def test_the_rounds_of_the_demo(demo_app: Flask) -> None:
    first = _load(demo_app)
    assert len(first) == 103
    again = _load(demo_app)
    assert again == first
