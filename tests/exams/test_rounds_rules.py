"""The check list before publishing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.errors import RuleError
from portal.exams.rules.drawing import Candidate, SectionRule
from portal.exams.rules.publishing import STOP, WARN, RoundFacts, check_round, require_publishable
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RoundKind, When

NOW = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
POOL = tuple(Candidate(number, QuestionType.SINGLE, 4) for number in range(1, 31))
SOUND = RoundFacts(
    kind=RoundKind.MAIN,
    opens=NOW + timedelta(days=1),
    closes=NOW + timedelta(days=2),
    minutes=60,
    pass_line=6000,
    excellent_line=9000,
    show_key=When.AFTER_CLOSING,
    sections=(SectionRule("单选题", POOL, 20, 500),),
    should=3,
)


def codes(facts: RoundFacts, state: str) -> set[str]:
    return {line.code for line in check_round(facts, NOW) if line.state == state}


def test_a_sound_round_may_be_published() -> None:
    lines = check_round(SOUND, NOW)
    assert {line.state for line in lines} == {"ok"}
    require_publishable(lines)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"closes": SOUND.opens}, "closes-before-opens"),
        ({"opens": NOW - timedelta(days=2), "closes": NOW}, "closes-past"),
        ({"closes": SOUND.opens + timedelta(minutes=59)}, "window-short"),
        ({"sections": ()}, "no-sections"),
        ({"sections": (SectionRule("单选题", POOL[:19], 20, 500),)}, "questions-short"),
        ({"sections": (SectionRule("甲", POOL[:5], 3, 500), SectionRule("乙", POOL[:5], 3, 500))}, "questions-short"),
        ({"pass_line": 10_001, "excellent_line": None}, "pass-line-high"),
        ({"excellent_line": 5_999}, "excellent-line-low"),
        ({"excellent_line": 10_001}, "excellent-line-high"),
        ({"should": 0}, "nobody-listed"),
    ],
)
def test_what_stops_a_round(changes: dict[str, object], code: str) -> None:
    facts = replace(SOUND, **changes)  # type: ignore[arg-type]
    assert code in codes(facts, STOP)
    with pytest.raises(RuleError, match="check-list-stops"):
        require_publishable(check_round(facts, NOW))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"opens": NOW - timedelta(minutes=1)}, "opens-past"),
        ({"sections": (SectionRule("单选题", POOL, 20, 450),), "excellent_line": None}, "total-unusual"),
        ({"show_key": When.AT_ONCE}, "key-at-once"),
        ({"public": True}, "bank-public"),
        ({"sections": (SectionRule("简答题", (Candidate(1, QuestionType.SHORT, 0),), 1, 10_000),)}, "by-hand"),
    ],
)
def test_what_is_only_said(changes: dict[str, object], code: str) -> None:
    facts = replace(SOUND, **changes)  # type: ignore[arg-type]
    assert codes(facts, WARN) == {code}
    require_publishable(check_round(facts, NOW))


def test_the_edges_are_inside() -> None:
    exact = replace(SOUND, closes=SOUND.opens + timedelta(minutes=60), pass_line=10_000, excellent_line=10_000)
    assert not codes(exact, STOP)
