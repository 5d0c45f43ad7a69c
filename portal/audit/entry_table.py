"""The list of audit entries: its columns and filters."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from portal.audit import words
from portal.audit.models import AuditEntry
from portal.audit.readable import Reader
from portal.core import clock
from portal.web.tables import Column, Filter, Table, contains, equals


def _from_day(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(AuditEntry.at >= _midnight(value))


def _to_day(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(AuditEntry.at < _midnight(value) + timedelta(days=1))


def _midnight(value: str) -> datetime:
    return clock.from_local(datetime.combine(datetime.fromisoformat(value).date(), time()))


def _action_choices() -> list[tuple[str, Any]]:
    return [(code, label) for code, label in words.actions(current_app).items()]


def entry_table(reader: Reader) -> Table:
    """The list of entries, put into words by a reader."""
    return Table(
        name="audit",
        columns=(
            Column("at", _l("时间"), lambda row: row.at, sort=AuditEntry.at, css="nowrap", fixed=True),
            Column("actor", _l("操作人"), lambda row: row.actor_name, sort=AuditEntry.actor_name),
            Column("action", _l("操作"), lambda row: words.action_label(row.action), sort=AuditEntry.action),
            Column("subject", _l("对象"), lambda row: row.subject_label or f"{row.subject_type} {row.subject_id}"),
            Column("detail", _l("变动"), reader.sentence),
            Column("address", _l("地址"), lambda row: row.address),
        ),
        filters=(
            Filter(
                "q",
                _l("关键词"),
                contains(AuditEntry.actor_name, AuditEntry.subject_label),
                kind="text",
                placeholder=_l("操作人、对象"),
            ),
            Filter("action", _l("操作"), equals(AuditEntry.action), choices=_action_choices),
            Filter("from", _l("从"), _from_day, kind="date"),
            Filter("to", _l("到"), _to_day, kind="date"),
        ),
        identity=AuditEntry.__table__.c.id,
        sort="-at",
        page_size=50,
    )
