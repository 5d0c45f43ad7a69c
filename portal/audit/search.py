"""The audit log in the search across the portal."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_
from sqlalchemy.orm import Session

from portal.audit import queries
from portal.audit.models import AuditEntry
from portal.audit.words import action_label
from portal.core import clock
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.web import search
from portal.web.search import Hit


def find_entries(session: Session, _viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """Entries by who acted and what it was about, latest first."""
    columns = (AuditEntry.actor_name, AuditEntry.subject_label)
    named = or_(*(column.contains(query, autoescape=True) for column in columns))
    rows = session.execute(queries.entries().where(named).order_by(AuditEntry.id.desc()).limit(limit))
    return [
        Hit(
            f"{action_label(row.action)}：{row.subject_label or row.subject_id}",
            url_for("audit.show", entry_id=row.id),
            f"{row.actor_name} {clock.to_local(row.at):%Y-%m-%d %H:%M}",
        )
        for row in rows
    ]


search.register(
    search.Searcher(
        "entries",
        _l("审计日志"),
        "history",
        frozenset({Permission.AUDIT_VIEW}),
        find_entries,
        lambda query: url_for("audit.index", q=query),
        order=90,
    )
)
