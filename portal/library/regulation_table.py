"""The list of regulations: its columns and filters."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, true

from portal.library.models import Regulation, RegulationVersion
from portal.library.queries.regulations import has_topic, status_on
from portal.library.rules.search import query_runs
from portal.library.words import KIND_LABELS, STATUS_LABELS
from portal.web.tables import Column, Filter, Table, equals

_NEVER = date(1, 1, 1)
_YEARS = 4


def regulations_table(day: date, topics: list[str]) -> Table:
    """The list as of a day; `topics` are those to filter by."""
    as_of = func.coalesce(RegulationVersion.as_of, _NEVER, type_=RegulationVersion.as_of.type)
    begun = func.coalesce(RegulationVersion.in_force_from, _NEVER, type_=RegulationVersion.as_of.type)
    return Table(
        name="regulations",
        columns=(
            Column("title", _l("名称"), lambda row: row.title, sort=Regulation.title, css="lead", fixed=True),
            Column("kind", _l("类别"), lambda row: str(KIND_LABELS[row.kind]), sort=Regulation.kind, css="nowrap"),
            Column("status", _l("状态"), lambda row: str(STATUS_LABELS[row.status]), css="nowrap"),
            Column("as_of", _l("文本日期"), lambda row: row.as_of, sort=as_of, css="nowrap"),
            Column("begun", _l("施行日期"), lambda row: row.in_force_from, sort=begun, css="nowrap"),
            Column("versions", _l("文本"), lambda row: row.versions, css="num"),
            Column(
                "articles", _l("条文"), lambda row: row.article_count, sort=RegulationVersion.article_count, css="num"
            ),
        ),
        filters=(
            Filter("q", _l("名称或别名"), _named, kind="text"),
            Filter("kind", _l("类别"), equals(Regulation.kind), choices=tuple(KIND_LABELS.items())),
            Filter("status", _l("状态"), _with_status(day), choices=tuple(STATUS_LABELS.items())),
            Filter("topic", _l("主题"), _about, choices=[(topic, topic) for topic in topics]),
            Filter("year", _l("文本年份"), _of_year, kind="text", placeholder=_l("如 2022")),
        ),
        identity=Regulation.id,
        sort="title",
    )


def _named(statement: Select[Any], value: str) -> Select[Any]:
    runs = query_runs(value)
    return statement.where(true(), *(Regulation.folded.contains(run, autoescape=True) for run in runs))


def _with_status(day: date) -> Any:
    return lambda statement, value: statement.where(status_on(day) == value)


def _about(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(has_topic(value))


def _of_year(statement: Select[Any], value: str) -> Select[Any]:
    """Raises ValueError for what is no year."""
    year = int(value) if value.isdecimal() and len(value) == _YEARS else 0
    return statement.where(RegulationVersion.as_of.between(date(year, 1, 1), date(year, 12, 31)))
