"""Many questions at once: everything is made ready first, then written in one short transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionLaw, QuestionState, QuestionVersion
from portal.exams.queries.bank import identities
from portal.exams.rules.question import QuestionContent, QuestionType, answer_key, identity_key, stem_key


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """The rows of one question, complete but for the ids that the database gives."""

    question: dict[str, Any]
    version: dict[str, Any]
    key: dict[str, Any]
    laws: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WrittenQuestions:
    """How many came in, and how many did not because the bank got them from elsewhere meanwhile."""

    accepted: int
    duplicates: int
    conflicts: int


def version_values(content: QuestionContent, *, now: datetime, author_id: int | None, source: str) -> dict[str, Any]:
    """The columns of a version that the content gives."""
    return {
        "type": content.type,
        "stem": content.stem,
        "options": list(content.options),
        "blanks": len(content.key) if content.type is QuestionType.FILL else 0,
        "analysis": content.analysis,
        "difficulty": content.difficulty,
        "points": content.points,
        "tags": list(content.tags),
        "source": source[:200],
        "author_id": author_id,
        "created_at": now,
    }


def key_values(content: QuestionContent) -> dict[str, Any]:
    """The columns of a key, as JSON."""
    key = [list(part) if isinstance(part, tuple) else part for part in content.key]
    return {"key": key, "weights": list(content.weights) or None}


def question_values(content: QuestionContent) -> dict[str, Any]:
    """The columns of a question that repeat its current version."""
    return {
        "type": content.type,
        "stem": content.stem,
        "difficulty": content.difficulty,
        "identity_key": identity_key(content),
        "stem_key": stem_key(content),
        "answer_key": answer_key(content),
    }


def prepare(
    contents: Iterable[QuestionContent], *, now: datetime, author_id: int | None, source: str
) -> list[PreparedQuestion]:
    """Make the rows of new questions ready, without a database."""
    return [
        PreparedQuestion(
            question={
                **question_values(content),
                "state": QuestionState.ACTIVE,
                "version_no": 1,
                "same_stem": False,
                "updated_at": now,
            },
            version={**version_values(content, now=now, author_id=author_id, source=source), "no": 1},
            key=key_values(content),
            laws=tuple(dict.fromkeys(content.articles)),
        )
        for content in contents
    ]


def write(session: Session, bank_id: int, prepared: Sequence[PreparedQuestion]) -> WrittenQuestions:
    """Insert prepared questions into a bank, leaving out what stands in it by now.

    Five statements whatever the number of questions. The bank's row is locked first, so that two imports into one bank
    follow each other.
    """
    session.execute(select(QuestionBank.id).where(QuestionBank.id == bank_id).with_for_update())
    known, _stems = identities(session, bank_id)
    fresh = [each for each in prepared if each.question["identity_key"] not in known]
    conflicts = sum(
        known.get(each.question["identity_key"], each.question["answer_key"]) != each.question["answer_key"]
        for each in prepared
    )
    if fresh:
        _insert(session, bank_id, fresh)
        flag_same_stems(session, bank_id)
    return WrittenQuestions(len(fresh), len(prepared) - len(fresh) - conflicts, conflicts)


def _insert(session: Session, bank_id: int, fresh: Sequence[PreparedQuestion]) -> None:
    adding = insert(Question).returning(Question.id, sort_by_parameter_order=True)
    question_ids = session.scalars(adding, [{**each.question, "bank_id": bank_id} for each in fresh]).all()
    numbered = list(zip(question_ids, fresh, strict=True))
    adding = insert(QuestionVersion).returning(QuestionVersion.id, sort_by_parameter_order=True)
    versions = [{**each.version, "question_id": question_id} for question_id, each in numbered]
    version_ids = session.scalars(adding, versions).all()
    keys = [{"version_id": number, **each.key} for number, each in zip(version_ids, fresh, strict=True)]
    session.execute(insert(QuestionKey), keys)
    laws = [
        {"question_id": question_id, "title": title[:200], "article": article[:40]}
        for question_id, each in numbered
        for title, article in each.laws
    ]
    if laws:
        session.execute(insert(QuestionLaw), laws)


def flag_same_stems(session: Session, bank_id: int, stems: Iterable[str] | None = None) -> None:
    """Flag the questions of a bank that share their stem with another one, and unflag those that no longer do."""
    of_bank = Question.bank_id == bank_id
    scope = of_bank if stems is None else of_bank & Question.stem_key.in_(sorted(set(stems)))
    repeated = select(Question.stem_key).where(scope).group_by(Question.stem_key).having(func.count() > 1)
    shared = Question.stem_key.in_(repeated)
    session.execute(
        update(Question)
        .where(scope, Question.same_stem != shared)
        .values(same_stem=shared)
        .execution_options(synchronize_session=False)
    )
