"""The helpers that other tests stand on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tests.support.exams import build_round, sit
from tests.support.people import Office


def test_a_perfect_and_an_empty_sheet(session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    assert sit(session, round_, office.people["cadre"]).score == 10_000
    assert sit(session, round_, office.people["leader"], right=0).score == 0
    half = sit(session, round_, office.people["liaison"], right=4)
    assert (half.score, half.passed) == (5_000, False)
