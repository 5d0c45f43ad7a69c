"""Every SELECT about rounds and their papers."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from portal.exams.models import (
    ExamRound,
    PaperItem,
    PaperKind,
    PaperSection,
    Question,
    QuestionLaw,
    QuestionState,
    QuestionVersion,
)
from portal.exams.rules.drawing import Candidate, SectionRule

# An option that speaks of the others stays where it was written.
_SPEAKS_OF_OTHERS = re.compile(r"(以上|上述|前述|[A-H]\s*[和与、及]\s*[A-H])")


def sections_of(session: Session, round_: ExamRound) -> list[SectionRule]:
    """The sections of a round's paper with the questions that each may draw; two statements, or one a rule section."""
    sections = list(
        session.scalars(select(PaperSection).where(PaperSection.round_id == round_.id).order_by(PaperSection.position))
    )
    if round_.paper_kind is PaperKind.FIXED:
        chosen = _fixed(session, [section.id for section in sections])
        return [_rule(section, chosen.get(section.id, [])) for section in sections]
    return [_rule(section, list(session.execute(pool(section)))) for section in sections]


def pool(section: PaperSection) -> Select[Any]:
    """The current versions of the active questions that a rule section draws from."""
    statement = _candidates().where(
        Question.bank_id == section.bank_id,
        Question.type == section.type,
        Question.state == QuestionState.ACTIVE,
        QuestionVersion.no == Question.version_no,
    )
    if section.difficulty:
        statement = statement.where(Question.difficulty == section.difficulty)
    if section.law_title:
        tested = select(QuestionLaw.question_id).where(QuestionLaw.title == section.law_title)
        statement = statement.where(Question.id.in_(tested))
    return statement.order_by(QuestionVersion.id)


def _candidates() -> Select[Any]:
    return select(QuestionVersion.id, QuestionVersion.type, QuestionVersion.options).join(
        Question, Question.id == QuestionVersion.question_id
    )


def _fixed(session: Session, section_ids: list[int]) -> dict[int, list[Row[Any]]]:
    rows = session.execute(
        _candidates()
        .add_columns(PaperItem.section_id)
        .join(PaperItem, PaperItem.version_id == QuestionVersion.id)
        .where(PaperItem.section_id.in_(section_ids))
        .order_by(PaperItem.section_id, PaperItem.position)
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.section_id, []).append(row)
    return found


def _rule(section: PaperSection, rows: list[Row[Any]]) -> SectionRule:
    return SectionRule(
        title=section.title,
        candidates=tuple(_candidate(row) for row in rows),
        count=section.count,
        points=section.points,
        rule=section.partial,
        shuffle=section.shuffle,
    )


def _candidate(row: Row[Any]) -> Candidate:
    keep_order = any(_SPEAKS_OF_OTHERS.search(option) for option in row.options)
    return Candidate(row.id, row.type, len(row.options), keep_order=keep_order)
