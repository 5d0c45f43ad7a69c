"""What is looked at before a round is published, and again by whoever asks why it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal.core.errors import RuleError
from portal.exams.rules.drawing import SectionRule, shortages
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RoundKind, When

OK, WARN, STOP = "ok", "warn", "stop"
BASICS, PAPER, ROSTER = "basics", "paper", "roster"
USUAL_TOTAL = 10_000
"""A hundred points: another total is allowed, and said."""


@dataclass(frozen=True)
class RoundFacts:
    """All that the list looks at. Points and lines are hundredths; `should` counts the people of status 应考.

    `self_enrol` and `question_seconds` are of a contest: people join by themselves, and each question has its clock.
    """

    kind: RoundKind
    opens: datetime
    closes: datetime
    minutes: int
    pass_line: int
    excellent_line: int | None
    show_key: When
    sections: Sequence[SectionRule]
    should: int
    public: bool = False
    """Some questions stand in a bank whose answers everybody may see in practice meanwhile."""
    full_marks: int | None = None
    self_enrol: bool = False
    question_seconds: int | None = None

    @property
    def total(self) -> int:
        """Full marks: as given where the exam is sat elsewhere, else those of the paper."""
        if self.full_marks is not None:
            return self.full_marks
        return sum(section.count * section.points for section in self.sections)


@dataclass(frozen=True)
class CheckLine:
    """One line: its state, what is said (a code and what fills it), and the page on which it is put right."""

    state: str
    code: str
    page: str
    params: Mapping[str, Any] = field(default_factory=dict)


def check_round(facts: RoundFacts, now: datetime) -> list[CheckLine]:
    """The lines, in the order of the pages; a round with a STOP among them is not published.

    One that is sat elsewhere has no paper and may be over already.
    """
    if not facts.kind.online:
        return [*_points(facts), *_people(facts)]
    return [*_times(facts, now), *_questions(facts), *_points(facts), *_people(facts), *_review(facts)]


def require_publishable(lines: Iterable[CheckLine]) -> None:
    """Raises RuleError "check-list-stops" with the number of lines that stand in the way."""
    stops = sum(line.state == STOP for line in lines)
    if stops:
        raise RuleError("check-list-stops", count=stops)


def _times(facts: RoundFacts, now: datetime) -> list[CheckLine]:
    found = []
    if facts.closes <= facts.opens:
        return [CheckLine(STOP, "closes-before-opens", BASICS)]
    if facts.closes <= now:
        found.append(CheckLine(STOP, "closes-past", BASICS))
    elif facts.opens < now:
        found.append(CheckLine(WARN, "opens-past", BASICS))
    window = (facts.closes - facts.opens) // timedelta(minutes=1)
    if window < facts.minutes:
        found.append(CheckLine(STOP, "window-short", BASICS, {"window": window, "minutes": facts.minutes}))
    found += _question_clocks(facts)
    return found or [CheckLine(OK, "times-sound", BASICS)]


def _question_clocks(facts: RoundFacts) -> list[CheckLine]:
    """The clocks of all questions together end before that of the whole, or the last questions would be cut off."""
    count = sum(section.count for section in facts.sections)
    if facts.question_seconds is None or count * facts.question_seconds <= facts.minutes * 60:
        return []
    params = {"seconds": facts.question_seconds, "count": count, "minutes": facts.minutes}
    return [CheckLine(STOP, "question-clocks-long", BASICS, params)]


def _questions(facts: RoundFacts) -> list[CheckLine]:
    if not any(section.count > 0 for section in facts.sections):
        return [CheckLine(STOP, "no-sections", PAPER)]
    by_hand = [
        CheckLine(WARN, "by-hand", PAPER, {"section": section.title})
        for section in facts.sections
        if any(candidate.type is QuestionType.SHORT for candidate in section.candidates)
    ]
    found = [
        CheckLine(STOP, "questions-short", PAPER, {"section": each.title, "missing": each.missing})
        for each in shortages(facts.sections)
    ]
    count = sum(section.count for section in facts.sections)
    return [*(found or [CheckLine(OK, "questions-enough", PAPER, {"count": count})]), *by_hand]


def _points(facts: RoundFacts) -> list[CheckLine]:
    state = OK if facts.total == USUAL_TOTAL else WARN
    found = [
        CheckLine(
            state,
            "total" if state == OK else "total-unusual",
            PAPER if facts.kind.online else BASICS,
            {"total": facts.total},
        )
    ]
    if facts.pass_line > facts.total:
        found.append(CheckLine(STOP, "pass-line-high", BASICS, {"line": facts.pass_line, "total": facts.total}))
    if facts.excellent_line is not None and facts.excellent_line < facts.pass_line:
        found.append(CheckLine(STOP, "excellent-line-low", BASICS))
    elif facts.excellent_line is not None and facts.excellent_line > facts.total:
        found.append(CheckLine(STOP, "excellent-line-high", BASICS))
    if len(found) == 1:
        found.append(CheckLine(OK, "lines-sound", BASICS, {"line": facts.pass_line}))
    return found


def _people(facts: RoundFacts) -> list[CheckLine]:
    if facts.should:
        return [CheckLine(OK, "people-listed", ROSTER, {"count": facts.should})]
    if facts.self_enrol:
        return [CheckLine(OK, "people-join", ROSTER)]
    return [CheckLine(STOP, "nobody-listed", ROSTER)]


def _review(facts: RoundFacts) -> list[CheckLine]:
    """Keys shown while others still sit are passed on; those of a public bank are known before."""
    if facts.kind is RoundKind.MOCK:
        return []
    found = [CheckLine(WARN, "key-at-once", BASICS)] if facts.show_key is When.AT_ONCE else []
    return [*found, CheckLine(WARN, "bank-public", PAPER)] if facts.public else found
