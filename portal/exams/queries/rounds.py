"""Every SELECT about rounds and their papers."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, exists, func, or_, select, true
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import UtcDateTime
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.contest_models import Contest
from portal.exams.models import (
    Attempt,
    ExamRound,
    PaperItem,
    PaperKind,
    PaperSection,
    Question,
    QuestionBank,
    QuestionKey,
    QuestionLaw,
    QuestionState,
    QuestionVersion,
    RosterEntry,
)
from portal.exams.models_records import RecordedScore
from portal.exams.rules.attempt import GRACE, AttemptState
from portal.exams.rules.drawing import Candidate, SectionRule
from portal.exams.rules.practice import PracticeRelease
from portal.exams.rules.publishing import RoundFacts
from portal.exams.rules.round import RosterStatus, RoundKind, RoundPhase, RoundState, RoundView, round_phase
from portal.exams.words_rounds import KIND_LABELS, PHASE_LABELS
from portal.org.models import Unit, UnitScope
from portal.org.queries import within
from portal.web.columns import years
from portal.web.tables import Column, Filter, Table, contains, equals

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


# ---- which rounds a person sees ----------------------------------------------------------------------------------


def tops_of(viewer: Viewer) -> frozenset[int]:
    """The units below which the viewer manages rounds or reads results."""
    return viewer.units_for(Permission.ROUND_MANAGE) | viewer.units_for(Permission.RESULT_VIEW)


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a round is of the viewer's units, or is published and lists people of theirs.

    So the liaison of a sub-district sees the district's exam, with the lines of the sub-district alone (`lines_of`).
    """
    return seen_from(tops_of(viewer))


@functools.lru_cache(64)
def seen_from(tops: frozenset[int]) -> ColumnElement[bool]:
    """The same for the units below which somebody manages rounds or reads results."""
    lists_theirs = exists().where(RosterEntry.round_id == ExamRound.id, within(RosterEntry.unit_id, tops))
    return or_(within(ExamRound.unit_id, tops), and_(ExamRound.state != RoundState.DRAFT, lists_theirs))


def lines_of(viewer: Viewer | None, round_: Any) -> ColumnElement[bool]:
    """Which lines of a round's list the viewer reads: all of a round of their own, else those of their units.

    None stands for a command, which reads everything.
    """
    return lines_from(None if viewer is None else tops_of(viewer), round_)


def lines_from(tops: frozenset[int] | None, round_: Any) -> ColumnElement[bool]:
    """The same for the units below which somebody reads results."""
    return true() if tops is None else or_(within(round_.unit_id, tops), within(RosterEntry.unit_id, tops))


def visible_to(viewer: Viewer) -> Select[Any]:
    """The rounds that the viewer may look at."""
    return select(ExamRound).where(seen_by(viewer))


def by_id(session: Session, viewer: Viewer, round_id: int, *, manage: bool = False) -> ExamRound | None:
    """A round that the viewer sees, or with `manage` one that the viewer may change."""
    statement = visible_to(viewer).where(ExamRound.id == round_id)
    if manage:
        statement = statement.where(within(ExamRound.unit_id, viewer.units_for(Permission.ROUND_MANAGE)))
    found: ExamRound | None = session.scalar(statement)
    return found


def over_since(now: datetime) -> datetime:
    """Attempts that were due before this moment are over at `now`, their grace included."""
    return now - GRACE


def handed_in(over: Any, attempt: Any = Attempt) -> ColumnElement[bool]:
    """An attempt counts as handed in when its row says so, or when its time with the grace is over.

    `over` is over_since() some moment, or the parameter that stands for it.
    """
    late = and_(attempt.state == AttemptState.IN_PROGRESS, attempt.due_at < over)
    return or_(attempt.state == AttemptState.SUBMITTED, late)


def going_on(attempt: Any, over: Any) -> ColumnElement[bool]:
    """An attempt can be written: it is under way and not yet over.

    Said as one expression, so that SQLite looks attempts up by round and person. Left to choose, it takes the index by
    state and deadline, which thousands share while an exam goes on: seconds for one page of the monitor.
    """
    due = case((attempt.state == AttemptState.IN_PROGRESS, attempt.due_at))
    reached: ColumnElement[bool] = due >= over
    return reached


def with_counts(over: Any) -> Select[Any]:
    """All rounds with unit, number of people on the list and of those who handed in, paper size and full marks."""
    listed = select(RosterEntry.round_id, func.count().label("people")).group_by(RosterEntry.round_id).subquery()
    handed = (
        select(Attempt.round_id, func.count(Attempt.user_id.distinct()).label("people"))
        .where(handed_in(over))
        .group_by(Attempt.round_id)
        .subquery()
    )
    paper = (
        select(
            PaperSection.round_id,
            func.sum(PaperSection.count).label("questions"),
            func.sum(PaperSection.count * PaperSection.points).label("total"),
        )
        .group_by(PaperSection.round_id)
        .subquery()
    )
    recorded = select(RecordedScore.round_id, func.count().label("people")).group_by(RecordedScore.round_id).subquery()
    return (
        select(
            *ExamRound.__table__.columns,
            Unit.name.label("unit_name"),
            func.coalesce(listed.c.people, 0).label("roster"),
            func.coalesce(handed.c.people, recorded.c.people, 0).label("submitted"),
            func.coalesce(paper.c.questions, 0).label("questions"),
            func.coalesce(ExamRound.full_marks, paper.c.total, 0).label("total"),
        )
        .join(Unit, Unit.id == ExamRound.unit_id)
        .outerjoin(listed, listed.c.round_id == ExamRound.id)
        .outerjoin(handed, handed.c.round_id == ExamRound.id)
        .outerjoin(paper, paper.c.round_id == ExamRound.id)
        .outerjoin(recorded, recorded.c.round_id == ExamRound.id)
    )


def listing(viewer: Viewer) -> Select[Any]:
    """The lines of the list of rounds, as they are at the moment of reading."""
    return _listing_from(tops_of(viewer))


@functools.lru_cache(64)
def _listing_from(tops: frozenset[int]) -> Select[Any]:
    over = bindparam(None, callable_=lambda: over_since(clock.now()), type_=UtcDateTime(), unique=True)
    return with_counts(over).where(seen_from(tops))


def by_name(session: Session, wanted: str) -> list[ExamRound]:
    """Rounds by id or by title, whoever asks (commands)."""
    condition = ExamRound.title == wanted
    if wanted.isascii() and wanted.isdecimal():
        condition = or_(condition, ExamRound.id == int(wanted))
    return list(session.scalars(select(ExamRound).where(condition).order_by(ExamRound.id)))


def phase_of(row: Any) -> RoundPhase:
    """What a round (or a line of the list) is now."""
    return round_phase(RoundView(row.kind, row.state, row.opens_at, row.closes_at), clock.now())


def _in_phase(statement: Select[Any], value: str) -> Select[Any]:
    now = clock.now()
    published = ExamRound.state == RoundState.PUBLISHED
    conditions: dict[RoundPhase, ColumnElement[bool]] = {
        RoundPhase.DRAFT: ExamRound.state == RoundState.DRAFT,
        RoundPhase.ARCHIVED: ExamRound.state == RoundState.ARCHIVED,
        RoundPhase.UPCOMING: and_(published, ExamRound.opens_at > now),
        RoundPhase.OPEN: and_(published, ExamRound.opens_at <= now, ExamRound.closes_at > now),
        RoundPhase.CLOSED: and_(published, ExamRound.closes_at <= now),
    }
    return statement.where(conditions[RoundPhase(value)])


TABLE = Table(
    name="rounds",
    columns=(
        Column("title", _l("考试"), lambda row: row.title, sort=ExamRound.title, css="lead", fixed=True),
        Column("kind", _l("类型"), lambda row: str(KIND_LABELS[row.kind.value])),
        Column("phase", _l("状态"), lambda row: str(PHASE_LABELS[phase_of(row).value])),
        Column("unit", _l("组织单位"), lambda row: row.unit_name),
        Column("opens", _l("开始"), lambda row: row.opens_at, sort=ExamRound.opens_at, css="nowrap"),
        Column("closes", _l("结束"), lambda row: row.closes_at, sort=ExamRound.closes_at, css="nowrap"),
        Column("roster", _l("名单人数"), lambda row: row.roster, css="num half"),
        Column("submitted", _l("已交卷"), lambda row: row.submitted, css="num half"),
    ),
    filters=(
        Filter("q", _l("关键词"), contains(ExamRound.title), kind="text", placeholder=_l("考试名称")),
        Filter(
            "year", _l("年度"), lambda statement, value: statement.where(ExamRound.year == int(value)), choices=years
        ),
        Filter("kind", _l("类型"), equals(ExamRound.kind, RoundKind), choices=list(KIND_LABELS.items())),
        Filter("phase", _l("状态"), _in_phase, choices=list(PHASE_LABELS.items())),
    ),
    identity=ExamRound.__table__.c.id,
    sort="-opens",
)


# ---- the wizard --------------------------------------------------------------------------------------------------


def usable_banks(session: Session, viewer: Viewer) -> list[QuestionBank]:
    """The banks of the units that the viewer manages rounds for, and of those above them."""
    tops = viewer.units_for(Permission.ROUND_MANAGE)
    above = exists().where(UnitScope.ancestor_id == QuestionBank.unit_id, UnitScope.unit_id.in_(sorted(tops)))
    statement = select(QuestionBank).where(or_(within(QuestionBank.unit_id, tops), above))
    return list(session.scalars(statement.order_by(QuestionBank.name)))


def law_titles(session: Session, bank_ids: Sequence[int]) -> list[str]:
    """The laws that questions of the banks test."""
    return list(
        session.scalars(
            select(QuestionLaw.title)
            .join(Question, Question.id == QuestionLaw.question_id)
            .where(Question.bank_id.in_(list(bank_ids)))
            .distinct()
            .order_by(QuestionLaw.title)
        )
    )


def any_weights(session: Session, bank_ids: Sequence[int]) -> bool:
    """Whether a question of the banks says what its options bring by themselves."""
    found = (
        select(QuestionKey.version_id)
        .join(QuestionVersion, QuestionVersion.id == QuestionKey.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionKey.weights.is_not(None), Question.bank_id.in_(list(bank_ids)))
    )
    return session.scalar(found.limit(1)) is not None


def section(session: Session, round_id: int, section_id: int) -> PaperSection | None:
    """A section of this round's paper."""
    return session.scalar(select(PaperSection).where(PaperSection.id == section_id, PaperSection.round_id == round_id))


def available(session: Session, sections: Sequence[PaperSection]) -> dict[int, int]:
    """How many questions each rule section may draw from, by section id; one statement."""
    if not sections:
        return {}
    counts = [
        select(func.count()).select_from(pool(each).order_by(None).subquery()).scalar_subquery() for each in sections
    ]
    return {each.id: count for each, count in zip(sections, session.execute(select(*counts)).one(), strict=True)}


def should_count(session: Session, round_id: int) -> int:
    """How many people of the list are to sit."""
    statement = select(func.count()).where(RosterEntry.round_id == round_id, RosterEntry.status == RosterStatus.SHOULD)
    return session.execute(statement).scalar_one()


def facts(session: Session, round_: ExamRound) -> RoundFacts:
    """What the check list looks at."""
    drawn = select(PaperSection.id).join(QuestionBank, QuestionBank.id == PaperSection.bank_id)
    public = drawn.where(PaperSection.round_id == round_.id, QuestionBank.practice == PracticeRelease.OPEN)
    contest = session.get(Contest, round_.id)
    return RoundFacts(
        kind=round_.kind,
        opens=round_.opens_at,
        closes=round_.closes_at,
        minutes=round_.minutes,
        pass_line=round_.pass_line,
        excellent_line=round_.excellent_line,
        show_key=round_.show_key,
        sections=sections_of(session, round_),
        should=should_count(session, round_.id),
        public=session.scalar(public.limit(1)) is not None,
        full_marks=round_.full_marks,
        self_enrol=contest is not None and contest.self_enrol,
        question_seconds=contest.question_seconds if contest else None,
    )
