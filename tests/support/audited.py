"""A listener that fails a test when a request changes a row and nothing of it goes into the audit log."""

from __future__ import annotations

from typing import Any

from flask import has_request_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry

# Tables whose rows come and go without an entry, and why.
UNAUDITED = {
    "audit_entries": "the log itself",
    "audit_seals": "the log itself",
    "login_sessions": "signing in and out has entries of its own",
    "login_failures": "counted to slow guessing down; the refusal has an entry",
    "attempts": "the seal of a handed-in attempt shows a later change; starting and handing in are events",
    "contest_clocks": "part of an attempt: which question is open",
    "answers": "saves are not in the log; the seal shows a later change",
    "import_batches": "says itself who brought what in and what became of it; the rows that came in have their entry",
    "attempt_events": "append-only evidence",
    "view_defaults": "how a list opens for one person",
    "favourites": "what one person wants to find again",
    "practice_marks": "one's own practice: nobody is to read who answered what wrongly, and nothing is decided by it",
    "practice_days": "one's own practice",
    "practice_sets": "one's own practice",
    "practice_settings": "one's own practice",
    "bulk_runs": "says itself who did what to which rows; each row that changed has its entry, and so has the whole",
    "bulk_lines": "the rows of a run",
}
_KEY = "changed-in-this-transaction"


def listen() -> None:
    """Watch every session of the process."""
    event.listen(Session, "after_flush", _note)
    event.listen(Session, "before_commit", _judge)
    event.listen(Session, "after_rollback", _forget)


def _note(session: Session, _context: Any) -> None:
    if not has_request_context():
        return  # tests lay out their own rows
    changed = {row.__tablename__ for row in (*session.new, *session.dirty, *session.deleted) if session.is_modified(row)
               or row in session.new or row in session.deleted}  # fmt: skip
    seen: set[str] = session.info.setdefault(_KEY, set())
    seen |= changed


def _judge(session: Session) -> None:
    if session.in_nested_transaction():
        return
    changed: set[str] = session.info.pop(_KEY, set())
    quiet = changed - set(UNAUDITED)
    assert not quiet or AuditEntry.__tablename__ in changed, f"changed without an entry in the audit log: {quiet}"


def _forget(session: Session) -> None:
    session.info.pop(_KEY, None)
