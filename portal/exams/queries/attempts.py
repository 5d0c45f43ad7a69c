"""Every SELECT about sitting an exam: what is mine, the attempt, its paper and its answers."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Row, Table, Text, and_, bindparam, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from portal.core.plain import PlainConnection, Statement
from portal.exams.models import (
    AnswerRow,
    Attempt,
    ExamRound,
    PaperSection,
    QuestionKey,
    QuestionVersion,
    RosterEntry,
)
from portal.exams.rules.answers import clean_value
from portal.exams.rules.attempt import GRACE, Answer, AttemptState, AttemptView, Rev
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState, RoundView, When
from portal.exams.rules.weights import shares

# Built once, on plain tables: they stand in the way of every save.
_ATTEMPTS, _ANSWERS = cast("Table", Attempt.__table__).c, cast("Table", AnswerRow.__table__).c
_ROUNDS, _ROSTER = cast("Table", ExamRound.__table__).c, cast("Table", RosterEntry.__table__).c
_SHEET = Statement(
    select(
        _ATTEMPTS.id, as_type(_ATTEMPTS.paper, Text).label("paper"), _ATTEMPTS.state, _ATTEMPTS.lease, _ATTEMPTS.due_at
    )
    .where(_ATTEMPTS.id == bindparam("attempt"), _ATTEMPTS.user_id == bindparam("user"))
    .with_for_update()
)
_ALL_ANSWERS = select(_ANSWERS.position, _ANSWERS.value, _ANSWERS.lease, _ANSWERS.counter).where(
    _ANSWERS.attempt_id == bindparam("attempt")
)
_SHOWN = Statement(
    select(
        *(_ATTEMPTS[name] for name in ("id", "round_id", "state", "lease", "lease_session", "started_at", "due_at")),
        _ROUNDS.title,
        _ROUNDS.pass_line,
        _ROUNDS.kind,
    )
    .join_from(_ATTEMPTS.id.table, _ROUNDS.id.table, _ROUNDS.id == _ATTEMPTS.round_id)
    .where(_ATTEMPTS.id == bindparam("attempt"), _ATTEMPTS.user_id == bindparam("user"))
)
_AS_STORED = Statement(
    select(_ANSWERS.position, as_type(_ANSWERS.value, Text).label("value"), _ANSWERS.lease, _ANSWERS.counter)
    .where(_ANSWERS.attempt_id == bindparam("attempt"))
    .order_by(_ANSWERS.position)
)
_ONLINE = [kind for kind in RoundKind if kind.online]
_SAT_HERE = (ExamRound.state != RoundState.DRAFT, ExamRound.kind.in_(_ONLINE))
_ANSWERS_AT = _ALL_ANSWERS.where(_ANSWERS.position.in_(bindparam("places", expanding=True)))
_ANSWER_AT = Statement(_ALL_ANSWERS.where(_ANSWERS.position == bindparam("place")))
_SHAPE = Statement(
    select(QuestionVersion.id, QuestionVersion.type, QuestionVersion.blanks).where(
        QuestionVersion.id == bindparam("version")
    )
)


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """A question as one paper shows it: `options` in the order of this paper, `place` counted from 1. No key here."""

    place: int
    version_id: int
    section: int
    section_title: str
    type: QuestionType
    stem: str
    options: tuple[str, ...]
    blanks: int
    points: int

    def clean(self, value: object) -> tuple[str, ...]:
        """An answer to this question in its stored form. Raises RuleError "bad-answer"."""
        return clean_value(self.type, options=len(self.options), blanks=self.blanks, value=value)


def round_view(round_: ExamRound | MyRound) -> RoundView:
    """What the rules need to know of a round."""
    return RoundView(round_.kind, round_.state, round_.opens_at, round_.closes_at)


def attempt_view(attempt: Attempt | MyAttempt | Row[Any] | SheetToSave) -> AttemptView:
    """What the rules need to know of an attempt."""
    return AttemptView(attempt.state, attempt.lease, attempt.due_at)


def my_round(
    session: Session, user_id: int, round_id: int, *, lock: bool = False
) -> tuple[ExamRound, RosterEntry] | None:
    """A published round that is sat here, with the person's line on its list; None when either is missing.

    `lock` holds the line, so that two starts at once go one after the other.
    """
    statement = (
        select(ExamRound, RosterEntry)
        .join(RosterEntry, RosterEntry.round_id == ExamRound.id)
        .where(ExamRound.id == round_id, RosterEntry.user_id == user_id, *_SAT_HERE)
    )
    if lock:
        statement = statement.with_for_update(of=RosterEntry)
    found = session.execute(statement).one_or_none()
    return (found[0], found[1]) if found else None


class MyRound(NamedTuple):
    """What the cards of my exams show of a round."""

    id: int
    title: str
    kind: RoundKind
    state: RoundState
    opens_at: datetime
    closes_at: datetime
    minutes: int
    pass_line: int
    attempts_allowed: int | None
    show_score: When


class MyAttempt(NamedTuple):
    """What they show of an attempt."""

    id: int
    state: AttemptState
    lease: int
    due_at: datetime
    submitted_at: datetime | None
    score: int | None
    passed: bool | None


_MINE = Statement(
    select(
        *(_ROUNDS[name] for name in MyRound._fields),
        _ROSTER.status.label("roster_status"),
        *(_ATTEMPTS[name] for name in MyAttempt._fields),
    )
    .join_from(_ROUNDS.id.table, _ROSTER.id.table, _ROSTER.round_id == _ROUNDS.id)
    .outerjoin(
        _ATTEMPTS.id.table,
        and_(
            _ATTEMPTS.round_id == _ROUNDS.id,
            _ATTEMPTS.user_id == bindparam("user"),
            _ATTEMPTS.state != AttemptState.VOIDED,
        ),
    )
    .where(_ROSTER.user_id == bindparam("user"), *_SAT_HERE)
    .order_by(_ROUNDS.closes_at.desc(), _ROUNDS.id.desc(), _ATTEMPTS.no)
)


def my_rounds(session: Session, user_id: int) -> list[tuple[MyRound, RosterStatus, list[MyAttempt]]]:
    """All rounds that list the person, latest deadline first, each with the person's attempts; one statement."""
    found: dict[int, tuple[MyRound, RosterStatus, list[MyAttempt]]] = {}
    middle = len(MyRound._fields)
    for whole in _MINE.all(session, user=user_id):
        line = found.setdefault(whole[0], (MyRound(*whole[:middle]), whole[middle], []))
        if whole[middle + 1] is not None:
            line[2].append(MyAttempt(*whole[middle + 1 :]))
    return list(found.values())


def attempts_of(session: Session, round_id: int, user_id: int) -> list[Attempt]:
    """The person's attempts at a round, voided ones too, in order."""
    return list(
        session.scalars(
            select(Attempt).where(Attempt.round_id == round_id, Attempt.user_id == user_id).order_by(Attempt.no)
        )
    )


def own_attempt(
    session: Session, user_id: int | None, attempt_id: int, *, lock: bool = False
) -> tuple[Attempt, ExamRound] | None:
    """An attempt of the person with its round; None for anybody else's.

    `lock` holds the attempt's row until the commit. On PostgreSQL a save could otherwise slip in after the grading;
    SQLite has one writer at a time anyway.
    """
    return _attempt(session, [Attempt.id == attempt_id, Attempt.user_id == user_id], lock=lock)


def any_attempt(session: Session, attempt_id: int, *, lock: bool = False) -> tuple[Attempt, ExamRound] | None:
    """An attempt with its round, whoever asks (the sweeper)."""
    return _attempt(session, [Attempt.id == attempt_id], lock=lock)


def _attempt(
    session: Session, conditions: list[ColumnElement[bool]], *, lock: bool
) -> tuple[Attempt, ExamRound] | None:
    statement = select(Attempt, ExamRound).join(ExamRound, ExamRound.id == Attempt.round_id).where(*conditions)
    if lock:
        statement = statement.with_for_update(of=Attempt)
    found = session.execute(statement).one_or_none()
    return (found[0], found[1]) if found else None


def answers(
    where: Session | PlainConnection, attempt_id: int, positions: Iterable[int] | None = None
) -> dict[int, Answer]:
    """The stored answers by position, all of them or those asked for."""
    rows: Iterable[Any]
    if isinstance(where, PlainConnection):
        rows = (row for place in positions or () for row in _ANSWER_AT.all(where, attempt=attempt_id, place=place))
    elif positions is None:
        rows = where.connection().execute(_ALL_ANSWERS, {"attempt": attempt_id})
    else:
        rows = where.connection().execute(_ANSWERS_AT, {"attempt": attempt_id, "places": list(positions)})
    return {row.position: Answer(Rev(row.lease, row.counter), tuple(row.value)) for row in rows}


class SheetToSave(NamedTuple):
    """All that a save must know of an attempt."""

    id: int
    paper: Sequence[dict[str, Any]]
    state: AttemptState
    lease: int
    due_at: datetime


def sheet_to_save(where: Session | PlainConnection, user_id: int | None, attempt_id: int) -> SheetToSave | None:
    """What a save must know of the person's attempt; None for anybody else's.

    On PostgreSQL the row stays locked until the commit, as with own_attempt().
    """
    for row in _SHEET.all(where, attempt=attempt_id, user=user_id):
        return SheetToSave(row.id, _drawn(row.paper), row.state, row.lease, row.due_at)
    return None


@functools.lru_cache(512)
def _drawn(paper: str) -> Sequence[dict[str, Any]]:
    """A stored paper, read once: the same one comes with each save of an attempt. Not to be changed."""
    drawn: Sequence[dict[str, Any]] = json.loads(paper)
    return drawn


def sheet_to_show(where: Session | PlainConnection, user_id: int | None, attempt_id: int) -> Any:
    """What the exam page says of the person's attempt, with what is needed of its round; None for anybody else's.

    Without the paper: it is long, and its questions are kept (kept_papers.py).
    """
    return next(iter(_SHOWN.all(where, attempt=attempt_id, user=user_id)), None)


def answers_as_stored(where: Session | PlainConnection, attempt_id: int) -> tuple[tuple[int, str, int, int], ...]:
    """All stored answers by place: (place, value as JSON, lease, counter)."""
    return tuple(tuple(row) for row in _AS_STORED.all(where, attempt=attempt_id))


def paper(session: Session, attempt: Attempt) -> list[PaperQuestion]:
    """The questions of an attempt in its order, without keys; two statements."""
    versions = _versions(session, attempt.paper)
    titles = list(
        session.scalars(
            select(PaperSection.title).where(PaperSection.round_id == attempt.round_id).order_by(PaperSection.position)
        )
    )
    found = []
    for place, drawn in enumerate(attempt.paper, start=1):
        version = versions[drawn["v"]]
        found.append(
            PaperQuestion(
                place=place,
                version_id=version.id,
                section=drawn["s"],
                section_title=titles[drawn["s"]] if drawn["s"] < len(titles) else "",
                type=version.type,
                stem=version.stem,
                options=tuple(version.options[position] for position in drawn["o"]),
                blanks=version.blanks,
                points=drawn["p"],
            )
        )
    return found


class Shape(NamedTuple):
    """What an answer to a question looks like."""

    type: QuestionType
    blanks: int


def shapes(where: Session | PlainConnection, drawn: Sequence[dict[str, Any]]) -> dict[int, Shape]:
    """The shapes of the versions on a paper, by version id. A paper carries them, since a version never changes; only
    for one drawn before papers did are they looked up."""
    carried = {each["v"]: Shape(QuestionType(each["t"]), each["b"]) for each in drawn if "t" in each}
    missing = [each["v"] for each in drawn if each["v"] not in carried]
    found = (row for version in missing for row in _SHAPE.all(where, version=version))
    return carried | {row.id: Shape(row.type, row.blanks) for row in found}


def keys(session: Session, drawn: Sequence[dict[str, Any]]) -> dict[int, list[Any]]:
    """The right answers of the versions on a paper. Only for grading, and for a review that may show them."""
    rows = session.execute(
        select(QuestionKey.version_id, QuestionKey.key).where(QuestionKey.version_id.in_([each["v"] for each in drawn]))
    )
    return {row.version_id: row.key for row in rows}


def weights(session: Session, drawn: Sequence[dict[str, Any]]) -> dict[int, dict[int, Fraction]]:
    """What each option brings by itself, for the versions on a paper that say it. Only for grading."""
    asked = [each["v"] for each in drawn]
    rows = session.execute(select(QuestionKey.version_id, QuestionKey.weights).where(QuestionKey.version_id.in_(asked)))
    return {row.version_id: shares(row.weights) for row in rows if row.weights}


def analyses(session: Session, drawn: Sequence[dict[str, Any]]) -> dict[int, str]:
    """The analyses of the versions on a paper, for a review that may show them."""
    rows = session.execute(
        select(QuestionVersion.id, QuestionVersion.analysis).where(
            QuestionVersion.id.in_([each["v"] for each in drawn])
        )
    )
    return {row.id: row.analysis for row in rows}


def section_rules(session: Session, round_id: int) -> list[PaperSection]:
    """The sections of a round's paper in order."""
    return list(
        session.scalars(select(PaperSection).where(PaperSection.round_id == round_id).order_by(PaperSection.position))
    )


def longest_extra(session: Session, round_id: int) -> list[int]:
    """The different extra minutes on a round's list."""
    return list(session.scalars(select(RosterEntry.extra_minutes).where(RosterEntry.round_id == round_id).distinct()))


def last_due(session: Session, user_id: int, session_id: str) -> datetime | None:
    """The latest deadline of the person's attempts under way in a login session."""
    found: datetime | None = session.scalar(
        select(func.max(Attempt.due_at)).where(
            Attempt.user_id == user_id,
            Attempt.lease_session == session_id,
            Attempt.state == AttemptState.IN_PROGRESS,
        )
    )
    return found


def expired(session: Session, now: datetime, *, limit: int = 200) -> list[int]:
    """Ids of attempts past their deadline and grace that no row calls handed in yet, oldest first."""
    return list(
        session.scalars(
            select(Attempt.id)
            .where(Attempt.state == AttemptState.IN_PROGRESS, Attempt.due_at < now - GRACE)
            .order_by(Attempt.due_at)
            .limit(limit)
        )
    )


def _versions(session: Session, drawn: Sequence[dict[str, Any]]) -> dict[int, Row[Any]]:
    rows = session.execute(
        select(
            QuestionVersion.id,
            QuestionVersion.type,
            QuestionVersion.stem,
            QuestionVersion.options,
            QuestionVersion.blanks,
        ).where(QuestionVersion.id.in_([each["v"] for each in drawn]))
    )
    return {row.id: row for row in rows}
