"""The two lists of question banks: their columns and filters."""

from __future__ import annotations

import functools
from operator import attrgetter
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, select

from portal.exams.importers.details import articles_in
from portal.exams.models import Question, QuestionBank, QuestionLaw
from portal.exams.rules.question import QuestionType
from portal.exams.words_bank import DIFFICULTY_LABELS, QUESTION_STATE_LABELS, TYPE_LABELS
from portal.web.tables import Column, Filter, Table, contains, equals

_TYPE_ORDER = case({kind.value: place for place, kind in enumerate(QuestionType)}, value=Question.type)
_DIFFICULTY_ORDER = case({name: place for place, name in enumerate(DIFFICULTY_LABELS)}, value=Question.difficulty)

BANKS = Table(
    name="banks",
    columns=(
        Column("name", _l("题库"), lambda row: row.name, sort=QuestionBank.name, fixed=True),
        Column("unit", _l("归属单位"), lambda row: row.unit_name),
        Column("total", _l("在用题目"), lambda row: row.total, css="num"),
        *(Column(kind.value, TYPE_LABELS[kind.value], attrgetter(kind.value), css="num") for kind in QuestionType),
    ),
    filters=(Filter("q", _l("题库名称"), contains(QuestionBank.name), kind="text"),),
    identity=QuestionBank.id,
    sort="name",
)


@functools.lru_cache(64)
def questions_table(laws: tuple[str, ...]) -> Table:
    """The list of a bank's questions; `laws` are the titles to filter by."""
    return Table(
        name="questions",
        columns=(
            Column("id", _l("编号"), lambda row: row.id, sort=Question.id, css="num"),
            Column("type", _l("题型"), lambda row: str(TYPE_LABELS[row.type]), sort=_TYPE_ORDER, css="nowrap"),
            Column("stem", _l("题干"), lambda row: row.stem, fixed=True),
            Column("difficulty", _l("难度"), lambda row: row.difficulty, sort=_DIFFICULTY_ORDER, css="nowrap"),
            Column("state", _l("状态"), lambda row: row.state, css="nowrap"),
            Column("updated", _l("最近修改"), lambda row: row.updated_at, sort=Question.updated_at, css="nowrap"),
        ),
        filters=(
            Filter("q", _l("题干关键词"), contains(Question.stem), kind="text"),
            Filter("type", _l("题型"), equals(Question.type, QuestionType), choices=tuple(TYPE_LABELS.items())),
            Filter("difficulty", _l("难度"), _by_difficulty, choices=_difficulties()),
            Filter("law", _l("依据"), _by_law, choices=[(title, f"《{title}》") for title in laws]),
            Filter("article", _l("条款"), _by_article, kind="text", placeholder=_l("如：第二十二条")),
            Filter("state", _l("状态"), equals(Question.state), choices=tuple(QUESTION_STATE_LABELS.items())),
            Filter("flag", _l("标记"), _by_flag, choices=(("same-stem", _l("同题干")),)),
        ),
        identity=Question.id,
        sort="id",
    )


def _difficulties() -> list[tuple[str, Any]]:
    """A filter's value is never empty, so questions without a difficulty are asked for by a word."""
    return [(name or "none", label) for name, label in DIFFICULTY_LABELS.items()]


def _by_difficulty(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Question.difficulty == ("" if value == "none" else value))


def _by_law(statement: Select[Any], title: str) -> Select[Any]:
    return statement.where(Question.id.in_(select(QuestionLaw.question_id).where(QuestionLaw.title == title)))


def _by_article(statement: Select[Any], value: str) -> Select[Any]:
    """《信访工作条例》第二十二条, or 第二十二条 of whatever law, with its paragraphs and items."""
    named = articles_in(value)
    title, article = named[0] if named else ("", "".join(value.split()))
    own = (QuestionLaw.article == article) | QuestionLaw.article.startswith(f"{article}第", autoescape=True)
    found = select(QuestionLaw.question_id).where(own)
    return statement.where(Question.id.in_(found.where(QuestionLaw.title == title) if title else found))


def _by_flag(statement: Select[Any], _value: str) -> Select[Any]:
    return statement.where(Question.same_stem.is_(True))
