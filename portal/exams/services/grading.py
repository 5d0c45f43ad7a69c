"""What a sheet is worth: by the keys, by the regrades in force, and by those who mark short answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from portal.exams.models import Attempt, ExamRound
from portal.exams.queries import attempts as queries
from portal.exams.queries import regrades
from portal.exams.rules import marking, regrade
from portal.exams.rules.attempt import Answer
from portal.exams.rules.drawing import to_key_space
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import CHOICE_TYPES, QuestionType
from portal.exams.rules.regrade import Correction


@dataclass(frozen=True, slots=True)
class Graded:
    """Marks by place, the score (None while a mark is missing), and the places (from 1) that a person has to read."""

    marks: tuple[Fraction | None, ...]
    score: int | None
    by_hand: tuple[int, ...]


def grade(session: Session, attempt: Attempt, round_: ExamRound, answers: Mapping[int, Answer]) -> Graded:
    """The exact mark of each place on the paper, in hundredths of a point, as far as a machine can tell."""
    keys, shapes = queries.keys(session, attempt.paper), queries.shapes(session, attempt.paper)
    partial = [section.partial for section in queries.section_rules(session, round_.id)]
    weights = queries.weights(session, attempt.paper) if PartialRule.WEIGHTED in partial else {}
    corrections = regrades.corrections(session, round_.id, lock=True)
    marks, by_hand = [], []
    for place, drawn in enumerate(attempt.paper, start=1):
        version = drawn["v"]
        given = answers[place].value if place in answers else ()
        if shapes[version].type is QuestionType.SHORT and not_blank(given):
            by_hand.append(place)
        marks.append(
            mark_of(
                shapes[version].type, keys[version], given, drawn, partial[drawn["s"]], corrections.get(version),
                weights.get(version),
            )
        )  # fmt: skip
    void = regrade.void_places([drawn["v"] for drawn in attempt.paper], corrections)
    score = regrade.total(marks, [drawn["p"] for drawn in attempt.paper], void)
    return Graded(tuple(marks), score, tuple(by_hand))


def not_blank(given: Sequence[str]) -> bool:
    """Something is written."""
    return any(part.strip() for part in given)


def mark_of(
    type_: QuestionType,
    key: Any,
    given: Sequence[str],
    drawn: Mapping[str, Any],
    partial: PartialRule,
    correction: Correction | None = None,
    weights: Mapping[int, Fraction] | None = None,
) -> Fraction | None:
    """The mark of one answer: None for a short answer that a person has to read, and for a question that is void."""
    answer: Any = given
    if type_ in CHOICE_TYPES:
        answer = to_key_space(drawn["o"], [int(part) for part in given])
    if correction is not None:
        return regrade.mark(correction, type_, answer, drawn["p"], partial, weights)
    if type_ is QuestionType.SHORT:
        return None if not_blank(given) else Fraction(0)
    return marking.mark(type_, key, answer, drawn["p"], partial, weights)
