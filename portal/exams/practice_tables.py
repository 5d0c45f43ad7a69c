"""The list of the wrong-question notebook."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.exams.models import Question
from portal.exams.models_practice import PracticeMark
from portal.exams.rules.question import QuestionType
from portal.exams.words_bank import TYPE_LABELS
from portal.web.tables import Column, Filter, Table, contains, equals

NOTEBOOK = Table(
    name="notebook",
    columns=(
        Column("type", _l("题型"), lambda row: str(TYPE_LABELS[row.type]), css="nowrap half"),
        Column("stem", _l("题干"), lambda row: row.stem, css="lead", fixed=True),
        Column("wrong", _l("答错次数"), lambda row: row.wrong, sort=PracticeMark.wrong, css="num half"),
        Column("row", _l("已连续答对"), lambda row: row.in_a_row, css="num half"),
        Column("last", _l("最近练习"), lambda row: row.last_at, sort=PracticeMark.last_at, css="nowrap"),
    ),
    filters=(
        Filter("q", _l("题干关键词"), contains(Question.stem), kind="text"),
        Filter("type", _l("题型"), equals(Question.type, QuestionType), choices=tuple(TYPE_LABELS.items())),
    ),
    identity=Question.id,
    sort="-last",
    views=False,
)
