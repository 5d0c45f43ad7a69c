"""The order in which a person's exams ask for attention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.exams.queries.attempts import MyAttempt, MyRound
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState, When
from portal.exams.sitting import mine_cards

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def line(title: str, kind: RoundKind, *, opens: int, closes: int) -> tuple[MyRound, RosterStatus, list[MyAttempt]]:
    """A published round of that many days before and after today that lists the person, without an attempt."""
    begin, end = NOW + timedelta(days=opens), NOW + timedelta(days=closes)
    shown = MyRound(1, title, kind, RoundState.PUBLISHED, begin, end, 60, 8000, 1, When.AT_ONCE)
    return shown, RosterStatus.SHOULD, []


def titles(*lines: tuple[MyRound, RosterStatus, list[MyAttempt]]) -> list[str]:
    return [card.round.title for card in mine_cards(lines, NOW)]


def test_what_one_must_sit_stands_before_what_one_may_try() -> None:
    mock = line("mock", RoundKind.MOCK, opens=-1, closes=1)
    contest = line("contest", RoundKind.CONTEST, opens=-1, closes=2)
    resit = line("resit", RoundKind.RESIT, opens=-1, closes=9)
    main = line("main", RoundKind.MAIN, opens=-1, closes=5)
    assert titles(mock, contest, resit, main) == ["main", "resit", "mock", "contest"]


def test_an_open_mock_stands_before_a_main_exam_to_come() -> None:
    assert titles(
        line("main", RoundKind.MAIN, opens=1, closes=5), line("mock", RoundKind.MOCK, opens=-1, closes=9)
    ) == ["mock", "main"]


def test_past_rounds_follow_by_date_whatever_their_kind() -> None:
    old = line("old", RoundKind.MAIN, opens=-400, closes=-365)
    late = line("late", RoundKind.CONTEST, opens=-40, closes=-30)
    assert titles(old, late) == ["late", "old"]
