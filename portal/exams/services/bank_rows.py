"""Many questions at once: everything is made ready first, then written in one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, column, func, insert, select, table, update
from sqlalchemy.orm import Session

from portal.core.db import Base
from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionLaw, QuestionState, QuestionVersion
from portal.exams.queries import bank_rows as queries
from portal.exams.queries.bank import identities
from portal.exams.rules.question import QuestionContent, QuestionType, answer_key, identity_key, stem_key


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """The rows of one question as the driver takes them, complete but for the ids that the database gives."""

    question: dict[str, Any]
    version: dict[str, Any]
    key: dict[str, Any]
    laws: Sequence[dict[str, Any]]


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
    contents: Iterable[QuestionContent], *, dialect: Dialect, now: datetime, author_id: int | None, source: str
) -> list[PreparedQuestion]:
    """Make the rows of new questions ready for an engine, without a database."""
    question, version, key, law = (
        _binder(model, dialect) for model in (Question, QuestionVersion, QuestionKey, QuestionLaw)
    )
    first = {"state": QuestionState.ACTIVE, "version_no": 1, "same_stem": False, "updated_at": now}
    return [
        PreparedQuestion(
            question=question({**question_values(content), **first}),
            version=version({**version_values(content, now=now, author_id=author_id, source=source), "no": 1}),
            key=key(key_values(content)),
            laws=[
                law({"title": title[:200], "article": article[:40]})
                for title, article in dict.fromkeys(content.articles)
            ],
        )
        for content in contents
    ]


def _binder(model: type[Base], dialect: Dialect) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What turns the values of a model's columns into what the driver takes: JSON into text, an enum into its word."""
    made = {each.name: each.type.dialect_impl(dialect).bind_processor(dialect) for each in model.__table__.columns}
    return lambda row: {name: bind(value) if (bind := made[name]) else value for name, value in row.items()}


def write(session: Session, bank_id: int, prepared: Sequence[PreparedQuestion]) -> WrittenQuestions:
    """Insert prepared questions into a bank, leaving out what stands in it by now.

    A handful of statements whatever the number of questions. The bank's row is locked first, so that two imports into
    one bank follow each other.
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
    """One statement a table, without asking for each new id: those of the bank that came last, in their order."""
    last = queries.last_question(session, bank_id)
    _add(session, Question, ("bank_id",), [(bank_id,)] * len(fresh), [each.question for each in fresh])
    question_ids = queries.questions_after(session, bank_id, last)
    of_question = list(zip(question_ids))
    _add(session, QuestionVersion, ("question_id",), of_question, [each.version for each in fresh])
    of_version = list(zip(queries.versions_after(session, bank_id, last)))
    _add(session, QuestionKey, ("version_id",), of_version, [each.key for each in fresh])
    laws = [(number, law) for number, each in zip(of_question, fresh, strict=True) for law in each.laws]
    if laws:
        _add(session, QuestionLaw, ("question_id",), [number for number, _law in laws], [law for _number, law in laws])


def _add(
    session: Session,
    model: type[Base],
    name: tuple[str],
    ids: Sequence[tuple[int]],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Insert rows that are as the driver takes them, each with its id, by the driver itself.

    Whatever is done here to each of thirty thousand rows is done while everybody else's save waits.
    """
    names = (*name, *rows[0])
    connection = session.connection()
    compiled = insert(table(model.__tablename__, *map(column, names))).compile(dialect=connection.dialect)
    values = [(*number, *row.values()) for number, row in zip(ids, rows, strict=True)]
    connection.exec_driver_sql(
        compiled.string, values if compiled.positional else [dict(zip(names, each, strict=True)) for each in values]
    )


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
