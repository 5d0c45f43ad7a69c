"""Every SELECT on question banks and their questions."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionLaw, QuestionState, QuestionVersion
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.org.models import Unit, UnitScope
from portal.org.queries import in_force, within
from portal.org.queries import visible_to as units_visible_to

_AT_ONCE = 500
_LISTED: tuple[Any, ...] = (
    Question.id,
    Question.type,
    Question.state,
    Question.stem,
    Question.difficulty,
    Question.version_no,
    Question.same_stem,
    Question.updated_at,
)


def visible_to(viewer: Viewer) -> Select[QuestionBank]:
    """Banks kept inside the viewer's units, and by the units above them."""
    return select(QuestionBank).where(may_view(viewer))


def may_view(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a bank is visible."""
    return _viewed_from(viewer.units_for(Permission.BANK_VIEW))


def _viewed_from(units: frozenset[int]) -> ColumnElement[bool]:
    above = exists().where(UnitScope.ancestor_id == QuestionBank.unit_id, UnitScope.unit_id.in_(sorted(units)))
    return or_(within(QuestionBank.unit_id, units), above)


def may_edit(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a bank is the viewer's to change: kept inside the viewer's own units."""
    return within(QuestionBank.unit_id, viewer.units_for(Permission.BANK_EDIT))


def bank(session: Session, viewer: Viewer, bank_id: int) -> tuple[QuestionBank, str, bool] | None:
    """(bank, name of its unit, whether the viewer may change it), None where it is not visible."""
    row = session.execute(
        select(QuestionBank, Unit.name, may_edit(viewer))
        .join(Unit, Unit.id == QuestionBank.unit_id)
        .where(QuestionBank.id == bank_id, may_view(viewer))
    ).one_or_none()
    return (row[0], row[1], bool(row[2])) if row else None


def bank_shown(session: Session, viewer: Viewer, bank_id: int) -> Any:
    """A bank as its page shows it: id, name, note, unit_name, and mine, whether the viewer may change it; None where it
    is not visible."""
    units = (viewer.units_for(Permission.BANK_VIEW), viewer.units_for(Permission.BANK_EDIT))
    return _bank_shown(*units).first(session, bank=bank_id)


@functools.lru_cache(64)
def _bank_shown(viewed: frozenset[int], edited: frozenset[int]) -> Statement:
    return Statement(
        select(
            QuestionBank.id,
            QuestionBank.name,
            QuestionBank.note,
            Unit.name.label("unit_name"),
            within(QuestionBank.unit_id, edited).label("mine"),
        )
        .join(Unit, Unit.id == QuestionBank.unit_id)
        .where(QuestionBank.id == bindparam("bank"), _viewed_from(viewed))
    )


def editable_bank(session: Session, viewer: Viewer, bank_id: int) -> QuestionBank | None:
    """A bank that the viewer may change."""
    return session.scalar(select(QuestionBank).where(QuestionBank.id == bank_id, may_edit(viewer)))


def bank_by_name(session: Session, name: str) -> QuestionBank | None:
    """A bank by its name, whoever asks (commands, uniqueness)."""
    return session.scalar(select(QuestionBank).where(QuestionBank.name == name))


def top_unit_id(session: Session) -> int | None:
    """The unit at the top of the tree."""
    return session.scalar(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))


def unit_choices(session: Session, viewer: Viewer, day: Any) -> list[tuple[int, str]]:
    """(id, name) of the units that may keep a bank of the viewer's."""
    units = in_force(units_visible_to(viewer, Permission.BANK_EDIT), day).order_by(Unit.code)
    return [(unit.id, unit.name) for unit in session.scalars(units)]


def banks(viewer: Viewer) -> Select[Any]:
    """The list of banks with their numbers of questions in use by type, from one grouped statement."""
    per_type = [func.count(case((Question.type == kind, 1))).label(kind.value) for kind in QuestionType]
    counts = (
        select(Question.bank_id, func.count().label("total"), *per_type)
        .where(Question.state == QuestionState.ACTIVE)
        .group_by(Question.bank_id)
        .subquery("counts")
    )
    number = {name: func.coalesce(counts.c[name], 0).label(name) for name in ("total", *QuestionType)}
    return (
        select(QuestionBank.id, QuestionBank.name, QuestionBank.note, Unit.name.label("unit_name"), *number.values())
        .join(Unit, Unit.id == QuestionBank.unit_id)
        .outerjoin(counts, counts.c.bank_id == QuestionBank.id)
        .where(may_view(viewer))
    )


@functools.lru_cache(64)
def questions(bank_id: int) -> Select[Any]:
    """The questions of a bank as the list shows them."""
    return select(*_LISTED).where(Question.bank_id == bank_id)


_LAW_TITLES = Statement(
    select(QuestionLaw.title)
    .join(Question, Question.id == QuestionLaw.question_id)
    .where(Question.bank_id == bindparam("bank"))
    .distinct()
    .order_by(QuestionLaw.title)
)


def law_titles(session: Session, bank_id: int) -> list[str]:
    """The laws that the questions of a bank test."""
    return [row.title for row in _LAW_TITLES.all(session, bank=bank_id)]


def identities(session: Session, bank_id: int) -> tuple[dict[str, str], set[str]]:
    """({identity key: answer key}, {stem keys}) of a bank, by which duplicates and same stems are found."""
    rows = session.execute(
        select(Question.identity_key, Question.answer_key, Question.stem_key).where(Question.bank_id == bank_id)
    ).all()
    return {row[0]: row[1] for row in rows}, {row[2] for row in rows}


def like(session: Session, bank_id: int, identity: str, *, beside: int | None = None) -> Question | None:
    """A question of the bank with this identity, other than `beside`."""
    found = select(Question).where(Question.bank_id == bank_id, Question.identity_key == identity)
    return session.scalar((found.where(Question.id != beside) if beside else found).limit(1))


def question(session: Session, viewer: Viewer, question_id: int) -> Question | None:
    """A question of a visible bank."""
    return session.scalar(
        select(Question)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .where(Question.id == question_id, may_view(viewer))
    )


def editable_question(session: Session, viewer: Viewer, question_id: int) -> Question | None:
    """A question that the viewer may change, locked until the commit where the engine knows row locks."""
    return session.scalar(
        select(Question)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .where(Question.id == question_id, may_edit(viewer))
        .with_for_update(of=Question)
    )


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with its key, as content; `author_id` is None for a command or a demo."""

    no: int
    created_at: Any
    author_id: int | None
    source: str
    content: QuestionContent


def versions(session: Session, found: Question) -> list[VersionRow]:
    """All versions of a question with their keys, the latest first. Only for those who may see the bank."""
    laws = laws_of(session, [found.id]).get(found.id, ())
    rows = session.execute(
        select(QuestionVersion, QuestionKey)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .where(QuestionVersion.question_id == found.id)
        .order_by(QuestionVersion.no.desc())
    ).all()
    return [
        VersionRow(each.no, each.created_at, each.author_id, each.source, content_of(each, key, laws))
        for each, key in rows
    ]


def current_version_id(session: Session, found: Question) -> int:
    """The id of the version that a question has now."""
    statement = select(QuestionVersion.id).where(
        QuestionVersion.question_id == found.id, QuestionVersion.no == found.version_no
    )
    return session.execute(statement).scalar_one()


def laws_of(session: Session, question_ids: Iterable[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """{question id: ((law, article), ...)}."""
    rows = session.execute(
        select(QuestionLaw.question_id, QuestionLaw.title, QuestionLaw.article)
        .where(QuestionLaw.question_id.in_(sorted(question_ids)))
        .order_by(QuestionLaw.id)
    )
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for row in rows:
        found[row.question_id] = (*found.get(row.question_id, ()), (row.title, row.article))
    return found


def contents(session: Session, question_ids: Sequence[int]) -> list[QuestionContent]:
    """The current contents, keys included, in the order of the ids; two statements for each few hundred."""
    found: list[QuestionContent] = []
    for start in range(0, len(question_ids), _AT_ONCE):
        part = question_ids[start : start + _AT_ONCE]
        laws = laws_of(session, part)
        rows = session.execute(
            select(QuestionVersion, QuestionKey)
            .join(Question, (Question.id == QuestionVersion.question_id) & (Question.version_no == QuestionVersion.no))
            .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
            .where(Question.id.in_(part))
        )
        known = {each.question_id: content_of(each, key, laws.get(each.question_id, ())) for each, key in rows}
        found += [known[number] for number in part]
    return found


def version_contents(session: Session, version_ids: Sequence[int]) -> dict[int, QuestionContent]:
    """{version id: content with its key}, whatever version is current."""
    found: dict[int, QuestionContent] = {}
    for start in range(0, len(version_ids), _AT_ONCE):
        rows = session.execute(
            select(QuestionVersion, QuestionKey)
            .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
            .where(QuestionVersion.id.in_(version_ids[start : start + _AT_ONCE]))
        ).all()
        laws = laws_of(session, {each.question_id for each, _key in rows})
        found |= {each.id: content_of(each, key, laws.get(each.question_id, ())) for each, key in rows}
    return found


def question_ids(session: Session, bank_id: int) -> list[int]:
    """The ids of all questions of a bank, retired ones too."""
    return list(session.scalars(select(Question.id).where(Question.bank_id == bank_id).order_by(Question.id)))


def content_of(version: QuestionVersion, key: QuestionKey, laws: Iterable[tuple[str, str]]) -> QuestionContent:
    """Version, key and laws put together."""
    return QuestionContent(
        type=version.type,
        stem=version.stem,
        options=tuple(version.options),
        key=tuple(tuple(part) if isinstance(part, list) else part for part in key.key),
        analysis=version.analysis,
        difficulty=version.difficulty,
        points=version.points,
        articles=tuple(laws),
        tags=tuple(version.tags),
        weights=tuple(key.weights or ()),
    )
