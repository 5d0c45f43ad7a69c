"""Rounds, banks and questions at the desk: how they are searched for, marked, and worked on many at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import bulk, favourites
from portal.exams.bank_table import questions_table
from portal.exams.models import ExamRound, Question, QuestionBank, QuestionState, RosterEntry
from portal.exams.queries import bank as banks
from portal.exams.queries import rounds
from portal.exams.rules.round import RoundState
from portal.exams.services import bank as services
from portal.web import search
from portal.web.arguments import number
from portal.web.search import Hit
from portal.web.tables import Table

ROUNDS = frozenset({Permission.ROUND_MANAGE, Permission.RESULT_VIEW})
BANKS = frozenset({Permission.BANK_VIEW})
_SHOWN = 40


def _rows(session: Session, viewer: Viewer, path: Mapping[str, str]) -> tuple[Table, Select[Any]]:
    bank_id = number(path.get("bank_id")) or 0
    if banks.bank(session, viewer, bank_id) is None:
        raise LookupError(bank_id)
    return questions_table(tuple(banks.law_titles(session, bank_id))), banks.questions(bank_id)


def retire(session: Session, actor: Viewer, now: datetime, question_id: int) -> None:
    """Retire one of many. Raises RuleError question-not-yours or question-retired."""
    if not services.set_state(
        session, actor=actor, now=now, question=_editable(session, actor, question_id), state=QuestionState.RETIRED
    ):
        raise RuleError("question-retired")


def restore(session: Session, actor: Viewer, now: datetime, question_id: int) -> None:
    """Put one of many back. Raises RuleError question-not-yours or question-in-use."""
    if not services.set_state(
        session, actor=actor, now=now, question=_editable(session, actor, question_id), state=QuestionState.ACTIVE
    ):
        raise RuleError("question-in-use")


def _editable(session: Session, actor: Viewer, question_id: int) -> Question:
    found = banks.editable_question(session, actor, question_id)
    if found is None:
        raise RuleError("question-not-yours")
    return found


def find_rounds(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Rounds by title, for those who look after them."""
    named = rounds.visible_to(viewer).where(ExamRound.title.contains(query, autoescape=True))
    found = session.scalars(named.order_by(ExamRound.opens_at.desc(), ExamRound.id.desc()).limit(limit))
    return [Hit(each.title, url_for("exams.round_page", round_id=each.id), str(each.year)) for each in found]


def find_my_rounds(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """My own exams by title."""
    mine = (
        select(ExamRound)
        .join(RosterEntry, RosterEntry.round_id == ExamRound.id)
        .where(
            RosterEntry.user_id == viewer.id,
            ExamRound.state != RoundState.DRAFT,
            ExamRound.title.contains(query, autoescape=True),
        )
        .order_by(ExamRound.opens_at.desc(), ExamRound.id.desc())
        .limit(limit)
    )
    return [Hit(each.title, _my_page(each), str(each.year)) for each in session.scalars(mine)]


def _my_page(round_: ExamRound) -> str:
    """Where the person sits the exam, or finds the result of one that was sat elsewhere."""
    return url_for("exams.notice", round_id=round_.id) if round_.kind.online else url_for("exams.history")


def find_banks(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Banks by name."""
    named = banks.visible_to(viewer).where(QuestionBank.name.contains(query, autoescape=True))
    found = session.scalars(named.order_by(QuestionBank.name).limit(limit))
    return [Hit(each.name, url_for("exams.bank", bank_id=each.id), each.note) for each in found]


def find_questions(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Questions of visible banks by words of the stem."""
    rows = session.execute(
        select(Question.id, Question.stem, QuestionBank.name)
        .join(QuestionBank, QuestionBank.id == Question.bank_id)
        .where(banks.may_view(viewer), Question.stem.contains(query, autoescape=True))
        .order_by(Question.id)
        .limit(limit)
    )
    return [Hit(row.stem, url_for("exams.bank_question", question_id=row.id), row.name) for row in rows]


def round_names(session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: title} of the rounds that the viewer looks after."""
    return {each.id: each.title for each in session.scalars(rounds.visible_to(viewer).where(ExamRound.id.in_(ids)))}


def bank_names(session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
    """{id: name} of the banks that the viewer may see."""
    return {each.id: each.name for each in session.scalars(banks.visible_to(viewer).where(QuestionBank.id.in_(ids)))}


bulk.register(
    bulk.BulkList(
        name="exams.bank",
        title=_l("题目"),
        rows=_rows,
        label=lambda row: f"{row.id} {row.stem[:_SHOWN]}",
        acts=(
            bulk.BulkAct(
                "retire",
                _l("停用题目"),
                _l("停用的题目不再被抽取，历史答卷不受影响；可随时恢复。"),
                Permission.BANK_EDIT,
                retire,
                "x",
            ),
            bulk.BulkAct(
                "restore", _l("恢复题目"), _l("恢复后这些题目可以再被抽取。"), Permission.BANK_EDIT, restore, "refresh"
            ),
        ),
    )
)
favourites.register(
    favourites.FavouriteKind("rounds", _l("考试"), "list-check", round_names, "exams.round_page", "round_id")
)
favourites.register(favourites.FavouriteKind("banks", _l("题库"), "book-2", bank_names, "exams.bank", "bank_id"))
for searcher in (
    search.Searcher(
        "rounds", _l("考试管理"), "list-check", ROUNDS, find_rounds, lambda q: url_for("exams.rounds", q=q), 30
    ),
    search.Searcher(
        "my-rounds", _l("我的考试"), "pencil-check", frozenset({Permission.EXAM_TAKE}), find_my_rounds, order=5
    ),
    search.Searcher("banks", _l("题库"), "book-2", BANKS, find_banks, lambda q: url_for("exams.banks", q=q), 40),
    search.Searcher("questions", _l("题目"), "file-text", BANKS, find_questions, order=50),
):
    search.register(searcher)
