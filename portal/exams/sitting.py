"""What the pages of a sitting show: cards of my exams, the answer sheet, the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.exams.models import Attempt, ExamRound
from portal.exams.queries import attempts as queries
from portal.exams.queries import regrades
from portal.exams.queries.attempts import MyAttempt, MyRound, PaperQuestion
from portal.exams.rules import attempt as rules
from portal.exams.rules import marking, regrade
from portal.exams.rules.attempt import Answer, AttemptState
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import Correction, Mode
from portal.exams.rules.round import (
    ReviewItem,
    ReviewPolicy,
    RosterStatus,
    RoundKind,
    RoundPhase,
    review_opens,
    round_phase,
    shown,
)
from portal.exams.words_marking import MODE_LABELS

LETTERS = "ABCDEFGHIJKL"
# Behind every urgency that a card can have.
OVER = 5


@dataclass(frozen=True, slots=True)
class Card:
    """One of my exams. `status` is what I have to do: see templates/exams/mine.html for the words of each."""

    round: ExamRound | MyRound
    phase: RoundPhase
    status: str
    open_attempt: Attempt | MyAttempt | None
    best: Attempt | MyAttempt | None
    used: int

    @property
    def can_start(self) -> bool:
        """Whether there is a button to press now."""
        return self.status in {"ready", "going-on", "again"}

    @property
    def left(self) -> int | None:
        """Attempts left; None for any number."""
        allowed = self.round.attempts_allowed
        return None if allowed is None else max(0, allowed - self.used)


Line = tuple[ExamRound | MyRound, RosterStatus, Sequence[Attempt | MyAttempt]]


def mine_cards(lines: Iterable[Line], now: datetime) -> list[Card]:
    """The cards in the order in which they ask for attention: open ones first, then coming, then over.

    Among those that are not over, what one must sit stands before what one may try.
    """
    cards = [_card(*line, now) for line in lines]
    return sorted(cards, key=_pressing)


def _pressing(card: Card) -> tuple[int, bool, float]:
    """Smaller is sooner: how urgent, then what counts, then open and coming by nearest deadline, past by latest."""
    urgency = {"going-on": 0, "ready": 1, "again": 2, "waiting": 3, "marking": 3, "upcoming": 4}.get(card.status, OVER)
    optional = urgency != OVER and card.round.kind in {RoundKind.MOCK, RoundKind.CONTEST}
    soon = card.phase in {RoundPhase.OPEN, RoundPhase.UPCOMING}
    return urgency, optional, card.round.closes_at.timestamp() * (1 if soon else -1)


def _card(
    round_: ExamRound | MyRound, listed: RosterStatus, attempts: Sequence[Attempt | MyAttempt], now: datetime
) -> Card:
    counted = [attempt for attempt in attempts if attempt.state is not AttemptState.VOIDED]
    phases = {attempt.id: rules.phase(queries.attempt_view(attempt), now) for attempt in counted}
    going_on = next((attempt for attempt in counted if phases[attempt.id].writable), None)
    best = marking.best_attempt(counted)
    phase = round_phase(queries.round_view(round_), now)
    used = len(counted)
    unmarked = any(phases[each.id] is rules.Phase.EXPIRED for each in counted)
    by_hand = any(phases[each.id] is rules.Phase.SUBMITTED and each.score is None for each in counted)
    status = _status(round_, listed, phase, going_on, best, used, unmarked=unmarked, by_hand=by_hand)
    return Card(round_, phase, status, going_on, best, used)


def _status(
    round_: ExamRound | MyRound,
    listed: RosterStatus,
    phase: RoundPhase,
    going_on: Attempt | MyAttempt | None,
    best: Attempt | MyAttempt | None,
    used: int,
    *,
    unmarked: bool,
    by_hand: bool,
) -> str:
    if going_on is not None:
        return "going-on"
    if listed is not RosterStatus.SHOULD:
        return listed.value
    if phase is RoundPhase.UPCOMING:
        return "upcoming"
    tries_left = round_.attempts_allowed is None or used < round_.attempts_allowed
    if phase is RoundPhase.OPEN and tries_left and not (best and best.passed):
        return "again" if used else "ready"
    if by_hand and not (best and best.passed):
        return "marking"
    return "waiting" if unmarked and best is None else "done" if best else "missed"


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question with what stands on the sheet: `value` as stored, `counter` of the stored answer (0 for none)."""

    question: PaperQuestion
    value: tuple[str, ...]
    counter: int

    @property
    def answered(self) -> bool:
        """Something is chosen or written."""
        return any(part.strip() for part in self.value)

    @property
    def letters(self) -> str:
        """The options picked, as the paper letters them."""
        return "".join(LETTERS[int(place)] for place in self.value)

    @property
    def text(self) -> str:
        """The answer as one reads it: letters, or what is written."""
        if self.question.type is QuestionType.SHORT:
            return "\n".join(self.value)
        return "；".join(self.value) if self.question.type is QuestionType.FILL else self.letters

    def blank(self, index: int) -> str:
        """What is written in a blank."""
        return self.value[index] if index < len(self.value) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All questions of an attempt with the stored answers, and grouped by section."""

    questions: list[SheetQuestion]

    @property
    def answered(self) -> int:
        """How many are answered."""
        return sum(each.answered for each in self.questions)

    @property
    def blank(self) -> list[SheetQuestion]:
        """Those not answered yet."""
        return [each for each in self.questions if not each.answered]

    @property
    def sections(self) -> list[tuple[str, list[SheetQuestion]]]:
        """(title, questions) in the order of the paper."""
        grouped = groupby(self.questions, key=lambda each: (each.question.section, each.question.section_title))
        return [(title, list(group)) for (_section, title), group in grouped]


def sheet_of(paper: list[PaperQuestion], stored: dict[int, Answer]) -> Sheet:
    """The sheet of an attempt."""
    return Sheet(
        [
            SheetQuestion(
                question,
                stored[question.place].value if question.place in stored else (),
                stored[question.place].rev.counter if question.place in stored else 0,
            )
            for question in paper
        ]
    )


@dataclass(frozen=True, slots=True)
class ResultLine:
    """A question on the result page; what may not be shown is None."""

    sheet: SheetQuestion
    mark: int | None
    void: bool
    right: bool | None
    key: str | None
    analysis: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What may be shown of an attempt handed in. `marked` is False while the score is still to be written, `by_hand`
    says that a person has to read a short answer first.
    """

    marked: bool
    by_hand: bool
    items: frozenset[ReviewItem]
    lines: list[ResultLine]
    shown_from: datetime

    def shows(self, item: str) -> bool:
        """Whether "score", "answers", "key" or "analysis" is open."""
        return item in self.items


def result_of(session: Session, attempt: Attempt, round_: ExamRound, now: datetime) -> Result:
    """The result, reading keys and analyses only when the round's policy opens them."""
    opens = review_opens(round_.closes_at, queries.longest_extra(session, round_.id))
    policy = ReviewPolicy(round_.show_score, round_.show_answers, round_.show_key, round_.show_analysis)
    items = shown(policy, True, now >= opens)
    marked = attempt.state is AttemptState.SUBMITTED and attempt.score is not None
    by_hand = attempt.state is AttemptState.SUBMITTED and attempt.score is None
    lines = _lines(session, attempt, items) if marked and ReviewItem.ANSWERS in items else []
    return Result(marked, by_hand, items, lines, opens)


def _lines(session: Session, attempt: Attempt, items: frozenset[ReviewItem]) -> list[ResultLine]:
    sheet = sheet_of(queries.paper(session, attempt), queries.answers(session, attempt.id))
    keys = queries.keys(session, attempt.paper) if ReviewItem.KEY in items else {}
    corrections = regrades.corrections(session, attempt.round_id)
    analyses = queries.analyses(session, attempt.paper) if ReviewItem.ANALYSIS in items else {}
    marks = regrade.read(attempt.marks or []) if ReviewItem.SCORE in items else ()
    lines = []
    for each, drawn in zip(sheet.questions, attempt.paper, strict=True):
        exact = marks[each.question.place - 1] if marks else None
        mark = None if exact is None else marking.round_half_up(exact)
        lines.append(
            ResultLine(
                sheet=each,
                mark=mark,
                void=bool(marks) and exact is None,
                right=None if mark is None else mark == each.question.points,
                key=said_key(each.question, drawn["o"], keys[drawn["v"]], corrections.get(drawn["v"]))
                if keys
                else None,
                analysis=analyses.get(drawn["v"]) if analyses else None,
            )
        )
    return lines


def said_key(question: PaperQuestion, order: list[int], key: list[Any], correction: Correction | None) -> str:
    """The right answer as it is marked by now, with a regrade in force."""
    if correction is None:
        return key_text(question, order, key)
    if correction.mode in {Mode.FULL, Mode.VOID}:
        return str(MODE_LABELS[correction.mode.value])
    return str(_(" 或 ")).join(key_text(question, order, list(each)) for each in correction.keys)


def key_text(question: PaperQuestion, order: list[int], key: list[Any]) -> str:
    """The right answer in the letters of this paper, the accepted spellings, or the model answer."""
    if question.type is QuestionType.SHORT:
        return "\n".join(str(part) for part in key)
    if question.type is QuestionType.FILL:
        return "；".join(" / ".join(spellings) for spellings in key)
    return "".join(LETTERS[place] for place, position in enumerate(order) if position in key)
