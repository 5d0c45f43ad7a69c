"""One audit entry per change, in the same transaction as the change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from portal.audit import chain
from portal.audit.models import AuditEntry
from portal.core.db import Base
from portal.core.viewer import Viewer
from portal.extensions import audit_key

# Columns whose values must never be readable in the log.
HIDDEN = frozenset({"password_hash", "key", "keys", "criteria", "secret", "value", "seal"})
HIDDEN_TEXT = "***"
_LONG = 500


def changes_of(row: Base) -> dict[str, list[Any]]:
    """{column: [before, after]} of what is about to be written; call it before the flush."""
    state = inspect(row)
    found: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.has_changes():
            continue
        before = next(iter(history.deleted or ()), None)
        after = next(iter(history.added or ()), None)
        if before == after:
            continue
        found[attribute.key] = (
            [HIDDEN_TEXT, HIDDEN_TEXT] if attribute.key in HIDDEN else [_plain(before), _plain(after)]
        )
    return found


def record(
    session: Session, *, actor: Viewer, at: datetime, action: str, row: Base, label: str = "", **detail: Any
) -> AuditEntry:
    """Write down one change of `row` and flush both.

    `action` is "thing.verb" (kebab-case verb); `label` is how a person would call the row. A plain value in `detail`
    must be JSON.
    """
    changes = changes_of(row)
    session.flush()
    key = "/".join(str(part) for part in inspect(row).identity or ())
    return note(
        session,
        actor=actor,
        at=at,
        action=action,
        subject=(row.__tablename__, key, label),
        **({"changes": changes} if changes else {}),
        **detail,
    )


def note(
    session: Session, *, actor: Viewer, at: datetime, action: str, subject: tuple[str, str, str], **detail: Any
) -> AuditEntry:
    """Write down an act that changes no single row (an import, an export, a refused sign-in).

    `subject` is (table or kind, id, label).
    """
    kind, key, label = subject
    entry = AuditEntry(
        at=at,
        actor_id=actor.id,
        actor_name=actor.name,
        address=actor.address,
        action=action,
        subject_type=kind,
        subject_id=key,
        subject_label=label[:200],
        detail=detail,
    )
    session.add(entry)
    session.flush()
    chain.seal(session, entry, audit_key())
    return entry


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return value
    text = str(value)
    return text if len(text) <= _LONG else text[:_LONG] + "…"
