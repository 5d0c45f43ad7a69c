"""What the first page shows, by role: it may look into every feature."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from portal.accounts import factor_queries
from portal.accounts import queries as accounts
from portal.core.db import UtcDateTime
from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound, Question, QuestionBank, QuestionLaw, QuestionState
from portal.exams.queries import attempts, results, rounds
from portal.exams.queries.bank import may_view
from portal.exams.queries.results import UnitFigures
from portal.exams.rules.round import RoundKind, RoundState
from portal.exams.sitting import Card, mine_cards
from portal.study.models import HoursEntry
from portal.study.rules.hours import Source

MAX_CARDS = 3
MAX_WATCHED = 2
MAX_DESK = 10


def exam_cards(session: Session, viewer: Viewer, now: datetime) -> list[Card]:
    """My exams that ask for something, most pressing first; the last result where none does."""
    cards = mine_cards(attempts.my_rounds(session, viewer.id or 0), now)
    pressing = [card for card in cards if card.can_start or card.status in {"upcoming", "waiting", "marking"}]
    return (pressing or cards[:1])[:MAX_CARDS]


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits for a security administrator: requests for a new password, roles of people who have moved."""

    requests: list[Any]
    moved: list[Any]


def security_desk(session: Session, viewer: Viewer) -> Desk | None:
    """The desk of whoever gives roles or passwords; None for everybody else."""
    if not viewer.can(Permission.USER_RESET) and not viewer.can(Permission.ROLE_GRANT):
        return None
    return Desk(
        factor_queries.requests_for(session, viewer, MAX_DESK), accounts.moved_with_roles(session, viewer, MAX_DESK)
    )


@dataclass(frozen=True, slots=True)
class Watched:
    """An exam that an officer, a leader or a manager keeps an eye on: the figures of the units they look after."""

    round: Any
    total: UnitFigures
    behind: tuple[UnitFigures, ...]
    open: bool

    @property
    def not_sat(self) -> int:
        """未考."""
        return self.total.should - self.total.taken


def watched_exams(session: Session, viewer: Viewer, now: datetime) -> list[Watched]:
    """The published main exams that are open now, or the latest one; at most two statements more for each."""
    if not viewer.can(Permission.RESULT_VIEW):
        return []
    latest = _begun(rounds.tops_of(viewer)).all(session, now=now)
    chosen = [round_ for round_ in latest if round_.closes_at > now] or latest[:1]
    return [_watched(session, viewer, round_, now) for round_ in chosen]


@functools.lru_cache(64)
def _begun(tops: frozenset[int]) -> Statement:
    """The main exams below these units that have begun, latest deadline first, as many as are watched at most."""
    return Statement(
        select(*ExamRound.__table__.columns)
        .where(
            rounds.seen_from(tops),
            ExamRound.state == RoundState.PUBLISHED,
            ExamRound.kind == RoundKind.MAIN,
            ExamRound.opens_at <= bindparam("now", type_=UtcDateTime()),
        )
        .order_by(ExamRound.closes_at.desc(), ExamRound.id.desc())
        .limit(MAX_WATCHED)
    )


def _watched(session: Session, viewer: Viewer, round_: Any, now: datetime) -> Watched:
    units = results.by_unit(session, round_, now, viewer)
    behind = sorted((unit for unit in units if unit.should > unit.taken), key=lambda unit: unit.taken - unit.should)
    return Watched(round_, results.overall(units), tuple(behind[:5]), round_.closes_at > now)


def rounds_settling(session: Session, now: datetime, span: timedelta) -> list[ExamRound]:
    """Main exams that have begun and whose results may still change."""
    return list(
        session.scalars(
            select(ExamRound).where(
                ExamRound.kind == RoundKind.MAIN,
                ExamRound.state != RoundState.DRAFT,
                ExamRound.opens_at <= now,
                ExamRound.closes_at >= now - span,
            )
        )
    )


def passed(session: Session, round_: ExamRound, now: datetime) -> list[Row[Any]]:
    """Everybody on a round's list who has passed."""
    statement, outcome = results.people(round_, now)
    return list(session.execute(statement.where(outcome == "passed")))


def exam_minutes(session: Session, round_id: int) -> dict[int, int]:
    """{person: minutes} that the hours ledger holds of an exam."""
    rows = session.execute(
        select(HoursEntry.user_id, func.sum(HoursEntry.minutes).label("minutes"))
        .where(HoursEntry.source == Source.EXAM, HoursEntry.source_id == round_id)
        .group_by(HoursEntry.user_id)
    )
    return {row.user_id: row.minutes for row in rows}


def cited_titles(session: Session) -> list[str]:
    """The titles of laws as the questions of all banks cite them."""
    return list(session.scalars(select(QuestionLaw.title).distinct()))


def questions_on(session: Session, viewer: Viewer, titles: Sequence[str]) -> list[tuple[str, str, int, int]]:
    """(article, title, bank id, number of questions in use) of the banks that the viewer may see."""
    rows = session.execute(
        select(QuestionLaw.article, QuestionLaw.title, Question.bank_id, func.count(Question.id.distinct()))
        .join(Question, Question.id == QuestionLaw.question_id)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .where(QuestionLaw.title.in_(titles), Question.state == QuestionState.ACTIVE, may_view(viewer))
        .group_by(QuestionLaw.article, QuestionLaw.title, Question.bank_id)
        .order_by(Question.bank_id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
