"""Every SELECT on practice; which questions may be practised is said in `practice_release`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import Question, QuestionBank, QuestionLaw, QuestionVersion
from portal.exams.models_practice import PracticeDay, PracticeMark, PracticeSet, PracticeSetting
from portal.exams.queries.practice_release import open_to_all
from portal.exams.rules.practice import (
    MIN_PEOPLE,
    PRACTISED,
    USUAL_NEEDED,
    Candidate,
    Scope,
    ScopeKind,
    in_articles,
)
from portal.exams.rules.quality import article_place

_RECENT_DAYS = 400


# ---- what there is to choose from --------------------------------------------------------------------------------


def _of(viewer: Viewer) -> ColumnElement[bool]:
    return and_(PracticeMark.question_id == Question.id, PracticeMark.user_id == viewer.id)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to practise: how many questions, and how many of them the person has seen."""

    value: str
    label: str
    count: int
    seen: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page offers; `notebook` counts the questions in it that may be practised now."""

    banks: list[Choice]
    types: list[Choice]
    laws: list[Choice]
    notebook: int

    @property
    def count(self) -> int:
        """How many questions there are in all."""
        return sum(each.count for each in self.banks)


def overview(session: Session, viewer: Viewer, now: datetime) -> Overview:
    """What the viewer may choose from, in two grouped statements."""
    rows = session.execute(
        select(
            QuestionBank.id,
            QuestionBank.name,
            Question.type,
            func.count().label("n"),
            func.count(PracticeMark.question_id).label("seen"),
            func.count(case((PracticeMark.in_notebook.is_(True), 1))).label("noted"),
        )
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .outerjoin(PracticeMark, _of(viewer))
        .where(open_to_all(session, now))
        .group_by(QuestionBank.id, QuestionBank.name, Question.type)
        .order_by(QuestionBank.name, QuestionBank.id)
    ).all()
    banks = _summed([(str(row.id), row.name, row.n, row.seen) for row in rows])
    types = _summed([(kind.value, "", row.n, row.seen) for kind in PRACTISED for row in rows if row.type is kind])
    return Overview(banks, types, _laws(session, viewer, now), sum(row.noted for row in rows))


def _summed(lines: Sequence[tuple[str, str, int, int]]) -> list[Choice]:
    found: dict[str, Choice] = {}
    for value, label, count, seen in lines:
        before = found.get(value, Choice(value, label, 0, 0))
        found[value] = Choice(value, label, before.count + count, before.seen + seen)
    return list(found.values())


def _laws(session: Session, viewer: Viewer, now: datetime) -> list[Choice]:
    number = func.count(Question.id.distinct())
    rows = session.execute(
        select(QuestionLaw.title, number.label("n"), func.count(PracticeMark.question_id.distinct()).label("seen"))
        .join(Question, Question.id == QuestionLaw.question_id)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .outerjoin(PracticeMark, _of(viewer))
        .where(open_to_all(session, now))
        .group_by(QuestionLaw.title)
        .order_by(number.desc(), QuestionLaw.title)
    )
    return [Choice(row.title, row.title, row.n, row.seen) for row in rows]


def cited(session: Session, now: datetime, title: str) -> list[tuple[int, int]]:
    """(article number, question id) of the questions on a law; 10**6 for what is no article."""
    rows = session.execute(
        select(QuestionLaw.article, Question.id)
        .join(Question, Question.id == QuestionLaw.question_id)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .where(open_to_all(session, now), QuestionLaw.title == title)
    )
    return [(article_place(row.article)[0], row.id) for row in rows]


def candidates(session: Session, viewer: Viewer, now: datetime, scope: Scope) -> list[Candidate]:
    """The questions of a scope as the viewer knows them, in the order of the bank; for a law in that of its articles.

    One statement, and one more for a law.
    """
    known: list[Any] = [Question.id, PracticeMark.last_at, PracticeMark.in_notebook]
    statement: Select[Any] = (
        select(*known)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .outerjoin(PracticeMark, _of(viewer))
        .where(open_to_all(session, now))
        .order_by(Question.bank_id, Question.id)
    )
    if scope.kind is ScopeKind.LAW:
        return _of_law(session, viewer, now, scope, statement)
    narrow = {
        ScopeKind.NOTEBOOK: PracticeMark.in_notebook.is_(True),
        ScopeKind.TYPE: Question.type == scope.value,
        ScopeKind.BANK: Question.bank_id == int(scope.value) if scope.kind is ScopeKind.BANK else None,
    }.get(scope.kind)
    rows = session.execute(statement if narrow is None else statement.where(narrow))
    return [Candidate(row.id, row.last_at, bool(row.in_notebook)) for row in rows]


def _of_law(session: Session, viewer: Viewer, now: datetime, scope: Scope, statement: Select[Any]) -> list[Candidate]:
    places: dict[int, list[int]] = {}
    for place, number in cited(session, now, scope.value):
        places.setdefault(number, []).append(place)
    known = [
        Candidate(row.id, row.last_at, bool(row.in_notebook))
        for row in session.execute(
            statement.where(Question.id.in_(select(QuestionLaw.question_id).where(QuestionLaw.title == scope.value)))
        )
        if in_articles(scope, places.get(row.id, ()))
    ]
    return sorted(known, key=lambda each: (min(places.get(each.question_id, [0])), each.question_id))


# ---- one's own rows ----------------------------------------------------------------------------------------------


def lock(session: Session, viewer: Viewer) -> None:
    """Hold the person's row, so that two answers at once go one after the other."""
    session.execute(select(User.id).where(User.id == viewer.id).with_for_update())


def own_set(session: Session, viewer: Viewer, set_id: int) -> PracticeSet | None:
    """A set of the viewer's own."""
    return session.scalar(select(PracticeSet).where(PracticeSet.id == set_id, PracticeSet.user_id == viewer.id))


def set_of(session: Session, viewer: Viewer, scope: Scope) -> PracticeSet | None:
    """The viewer's set in a scope."""
    return session.scalar(select(PracticeSet).where(PracticeSet.user_id == viewer.id, PracticeSet.scope == scope.key))


def set_shown(session: Session, viewer: Viewer, scope: Scope) -> Any:
    """(id, scope, day, items) of the same, to be looked at alone."""
    return _SET_SHOWN.first(session, user=viewer.id, scope=scope.key)


def sets_of(session: Session, viewer: Viewer) -> list[PracticeSet]:
    """All sets of the viewer, the latest first; one a scope."""
    mine = select(PracticeSet).where(PracticeSet.user_id == viewer.id)
    return list(session.scalars(mine.order_by(PracticeSet.changed_at.desc(), PracticeSet.id.desc())))


def mark_of(session: Session, viewer: Viewer, question_id: int) -> PracticeMark | None:
    """How the viewer stands with a question."""
    return session.get(PracticeMark, (viewer.id, question_id))


def day_of(session: Session, viewer: Viewer, day: date) -> PracticeDay | None:
    """What the viewer practised on a day."""
    return session.get(PracticeDay, (viewer.id, day))


def needed(session: Session, viewer: Viewer) -> int:
    """Right answers in a row that take a question out of the viewer's notebook."""
    found: int | None = session.scalar(select(PracticeSetting.needed).where(PracticeSetting.user_id == viewer.id))
    return found or USUAL_NEEDED


def days_of(session: Session, viewer: Viewer, today: date) -> Sequence[Any]:
    """(day, done, right) of the days of the last year on which the viewer practised, the latest first."""
    return _DAYS.all(session, user=viewer.id, since=today - timedelta(days=_RECENT_DAYS))


# Built once: they stand on everybody's home page.
_SET_SHOWN = Statement(
    select(PracticeSet.id, PracticeSet.scope, PracticeSet.day, PracticeSet.items).where(
        PracticeSet.user_id == bindparam("user"), PracticeSet.scope == bindparam("scope")
    )
)
_DAYS = Statement(
    select(PracticeDay.day, PracticeDay.done, PracticeDay.right)
    .where(PracticeDay.user_id == bindparam("user"), PracticeDay.day > bindparam("since"))
    .order_by(PracticeDay.day.desc())
)


def notebook(session: Session, viewer: Viewer, now: datetime) -> Select[Any]:
    """The lines of the viewer's notebook: what may be practised now. A retired question is none of them."""
    columns: list[Any] = [Question.id, Question.type, Question.stem]
    columns += [PracticeMark.wrong, PracticeMark.in_a_row, PracticeMark.last_at]
    statement: Select[Any] = (
        select(*columns)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .join(PracticeMark, _of(viewer))
        .where(open_to_all(session, now), PracticeMark.in_notebook.is_(True))
    )
    return statement


def by_law(session: Session, viewer: Viewer) -> list[Row[Any]]:
    """(title, questions, right, wrong) of all that the viewer ever practised, open for practice now or not."""
    columns: list[Any] = [
        QuestionLaw.title,
        func.count(Question.id.distinct()).label("n"),
        func.sum(PracticeMark.right).label("right"),
        func.sum(PracticeMark.wrong).label("wrong"),
    ]
    statement: Select[Any] = (
        select(*columns)
        .join(Question, Question.id == QuestionLaw.question_id)
        .join(PracticeMark, _of(viewer))
        .where(QuestionLaw.id.in_(_once()))
        .group_by(QuestionLaw.title)
        .order_by(func.count(Question.id.distinct()).desc(), QuestionLaw.title)
    )
    return list(session.execute(statement))


def _once() -> Select[Any]:
    """One line for each question and law, however many articles it cites."""
    return select(func.min(QuestionLaw.id)).group_by(QuestionLaw.question_id, QuestionLaw.title)


def bank_names(session: Session, scope: Scope) -> dict[str, str]:
    """{id as text: name} of the bank that a scope names; empty for any other scope."""
    if scope.kind is not ScopeKind.BANK:
        return {}
    name = session.scalar(select(QuestionBank.name).where(QuestionBank.id == int(scope.value)))
    return {scope.value: name} if name else {}


# ---- the questions of a set --------------------------------------------------------------------------------------


def available(session: Session, now: datetime, question_ids: Collection[int]) -> dict[int, int]:
    """{question id: its current version} of those that may be practised now."""
    rows = session.execute(
        select(Question.id, QuestionVersion.id)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .join(
            QuestionVersion,
            and_(QuestionVersion.question_id == Question.id, QuestionVersion.no == Question.version_no),
        )
        .where(Question.id.in_(sorted(question_ids)), open_to_all(session, now))
    )
    return {row[0]: row[1] for row in rows}


def texts(session: Session, version_ids: Collection[int]) -> dict[int, Row[Any]]:
    """{version id: (id, question_id, type, stem, options, blanks)}, without key and analysis."""
    rows = session.execute(
        select(
            QuestionVersion.id,
            QuestionVersion.question_id,
            QuestionVersion.type,
            QuestionVersion.stem,
            QuestionVersion.options,
            QuestionVersion.blanks,
        ).where(QuestionVersion.id.in_(sorted(version_ids)))
    )
    return {row.id: row for row in rows}


# ---- sums for those who look after a bank ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    """What practice says of some questions: how many people, answers and right ones."""

    people: int
    answers: int
    right: int


def bank_sum(session: Session, bank_id: int) -> Sum | None:
    """Practice with a bank, without names; None below MIN_PEOPLE people."""
    row = session.execute(_sums().where(Question.bank_id == bank_id)).one()
    return Sum(row.people, row.answers, row.right) if row.people >= MIN_PEOPLE else None


def article_sums(session: Session, bank_id: int) -> list[tuple[str, str, Sum]]:
    """(law, article, sum) of the articles of a bank that at least MIN_PEOPLE people practised, in the law's order."""
    rows = session.execute(
        _sums()
        .add_columns(QuestionLaw.title, QuestionLaw.article)
        .join(QuestionLaw, QuestionLaw.question_id == Question.id)
        .where(Question.bank_id == bank_id)
        .group_by(QuestionLaw.title, QuestionLaw.article)
        .having(func.count(PracticeMark.user_id.distinct()) >= MIN_PEOPLE)
    )
    found = [(row.title, row.article, Sum(row.people, row.answers, row.right)) for row in rows]
    return sorted(found, key=lambda each: (each[0], article_place(each[1]), each[1]))


def _sums() -> Select[Any]:
    right, wrong = func.coalesce(func.sum(PracticeMark.right), 0), func.coalesce(func.sum(PracticeMark.wrong), 0)
    columns: list[Any] = [
        func.count(PracticeMark.user_id.distinct()).label("people"),
        (right + wrong).label("answers"),
        right.label("right"),
    ]
    return select(*columns).join(Question, Question.id == PracticeMark.question_id)
