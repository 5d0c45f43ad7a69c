"""A round's paper as contents and parts, ready to be written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from portal.exams.exports.paper import Part
from portal.exams.models import ExamRound
from portal.exams.queries.bank import version_contents
from portal.exams.queries.rounds import sections_of
from portal.exams.rules.drawing import draw
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.web.forms import points_text


def parts_of(session: Session, round_: ExamRound, seed: int) -> list[Part]:
    """The sections of a round's paper with their questions in the order drawn; the same seed gives the same paper.

    Raises RuleError "not-enough-questions" where it cannot be drawn.
    """
    sections = sections_of(session, round_)
    drawn = draw(sections, seed)
    contents = version_contents(session, [question.version_id for question in drawn])
    return [
        Part(
            section.title,
            tuple(
                ordered(contents[question.version_id], question.order, section.points)
                for question in drawn
                if question.section == index
            ),
            section.points,
        )
        for index, section in enumerate(sections)
    ]


def ordered(content: QuestionContent, order: Sequence[int], points: int) -> QuestionContent:
    """A question with its options as the paper shows them and the points it brings there."""
    if content.type in {QuestionType.SINGLE, QuestionType.MULTIPLE}:
        key = tuple(sorted(place for place, option in enumerate(order) if option in content.key))
        content = replace(content, options=tuple(content.options[option] for option in order), key=key)
    return replace(content, points=points)


def about(round_: ExamRound, parts: Sequence[Part]) -> list[str]:
    """The line below a paper's title. The paper is Chinese in every language."""
    full = sum(len(part.questions) * (part.points or 0) for part in parts)
    return [f"时间：{round_.minutes} 分钟　满分：{points_text(full)} 分"]
