"""Every SELECT about the questions of a fixed paper: those chosen, and those that could be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from portal.exams.models import PaperItem, PaperSection, Question, QuestionState, QuestionVersion
from portal.exams.queries.rounds import pool


def fixed_items(session: Session, round_id: int) -> dict[int, list[Any]]:
    """The questions of a fixed paper by section: item id, version id, stem, difficulty, whether the bank moved on."""
    moved_on = or_(Question.version_no != QuestionVersion.no, Question.state != QuestionState.ACTIVE)
    rows = session.execute(
        select(
            PaperItem.id,
            PaperItem.section_id,
            PaperItem.version_id,
            QuestionVersion.stem,
            QuestionVersion.difficulty,
            moved_on.label("moved_on"),
        )
        .join(PaperSection, PaperSection.id == PaperItem.section_id)
        .join(QuestionVersion, QuestionVersion.id == PaperItem.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(PaperSection.round_id == round_id)
        .order_by(PaperItem.section_id, PaperItem.position)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.section_id, []).append(row)
    return found


def item(session: Session, round_id: int, item_id: int) -> tuple[PaperItem, PaperSection] | None:
    """A question of this round's fixed paper with its section."""
    found = session.execute(
        select(PaperItem, PaperSection)
        .join(PaperSection, PaperSection.id == PaperItem.section_id)
        .where(PaperItem.id == item_id, PaperSection.round_id == round_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def spare(section_: PaperSection, *, narrow: bool = True) -> Select[Any]:
    """Questions that could stand in a section and are nowhere on the paper yet.

    `narrow` keeps to the section's law and difficulty too; without it, its bank and type are enough.
    """
    on_paper = (
        select(QuestionVersion.question_id)
        .join(PaperItem, PaperItem.version_id == QuestionVersion.id)
        .join(PaperSection, PaperSection.id == PaperItem.section_id)
        .where(PaperSection.round_id == section_.round_id)
    )
    if narrow:
        return pool(section_).where(Question.id.not_in(on_paper))
    wide = PaperSection(bank_id=section_.bank_id, type=section_.type, law_title="", difficulty="")
    return pool(wide).where(Question.id.not_in(on_paper))


def search_spare(session: Session, section_: PaperSection, text: str, *, limit: int = 20) -> list[Row[Any]]:
    """Questions to add to a section of a fixed paper, by words of the stem."""
    found = spare(section_, narrow=False).add_columns(QuestionVersion.stem)
    return list(session.execute(found.where(Question.stem.contains(text, autoescape=True)).limit(limit)))
