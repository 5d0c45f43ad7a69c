"""A listener that fails a test when a row changes and nothing of it goes into the audit log.

It watches requests, jobs and commands; what a test lays out for itself is its own affair. A change counts whether the
session flushed it or a statement made it (`session.execute(update(...))`). An entry counts for the table that it is
about, and for those that COVERED names beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from flask import has_request_context
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from portal.audit.models import AuditEntry
from portal.core.db import Base
from portal.jobs import queue

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
    "removed_rows": "what somebody deleted, kept for a day; the deletion has its entry",
    "view_defaults": "how a list opens for one person",
    "favourites": "what one person wants to find again",
    "practice_marks": "one's own practice: nobody is to read who answered what wrongly, and nothing is decided by it",
    "practice_days": "one's own practice",
    "practice_sets": "one's own practice",
    "practice_settings": "one's own practice",
    "bulk_runs": "says itself who did what to which rows; each row that changed has its entry, and so has the whole",
    "bulk_lines": "the rows of a run",
    "regrade_scores": "what a trial works out, step by step; that it comes into force has its entry",
}

# Tables whose rows change with others: the subjects of the entries that tell of them, each with its reason.
COVERED: dict[str, dict[str, str]] = {
    "certificates": {"exam_rounds": "issued for a round at once; the entry has their number"},
    "contests": {"exam_rounds": "what a round of that kind has besides"},
    "exam_codes": {"exam_rounds": "made for a round at once; nobody is to read a code"},
    "follow_ups": {"decisions": "a part of the decision"},
    "given_marks": {"marking_tasks": "what a marker gives; the task is what is decided"},
    "hours_entries": {
        "self_studies": "the hours that a confirmed study is worth",
        "study_attendances": "the hours that being there is worth",
        "study_sessions": "the hours that a session is worth to those who were there",
    },
    "paper_items": {"exam_rounds": "the paper of a round, built or taken away whole"},
    "paper_sections": {
        "exam_rounds": "the paper of a round, built or taken away whole",
        "paper_items": "the entry on its questions names the section",
    },
    "provisions": {"regulations": "the text of a regulation, read from a file"},
    "question_keys": {"questions": "the key is no text of the log; that it changed is told"},
    "question_laws": {"questions": "a part of the question"},
    "question_versions": {"questions": "the versions are the history"},
    "questions": {"question_banks": "many at once from a file; the entry has their number"},
    "recorded_scores": {"exam_rounds": "results from a file; the entry has their number"},
    "recovery_codes": {"users": "secrets; that they are made or used is told of the person"},
    "regulation_versions": {"regulations": "the text of a regulation, read from a file"},
    "reset_requests": {"users": "asks for a password of the person whom the entry names"},
    "roster_entries": {"exam_rounds": "the list of a round, frozen or taken away whole"},
    "second_factors": {"users": "a secret; setting up, using and taking it away is told of the person"},
    "study_attendances": {"study_sessions": "the list of a session"},
    "study_topics": {"study_sessions": "a part of the session"},
    "unit_memberships": {"users": "where a person belongs"},
    "unit_scopes": {"units": "follows from where the unit stands"},
}

# Acts that tell of everything changed with them, and why.
WHOLE = {"demo.load": "an invented office, into a database that was empty"}

_KEY = "changed-in-this-transaction"
_found: list[str] = []


def listen() -> None:
    """Watch every session of the process."""
    event.listen(Session, "after_flush", _note_flushed)
    event.listen(Session, "do_orm_execute", _note_executed)
    event.listen(Session, "before_commit", _judge)
    event.listen(Session, "after_rollback", _forget)


def found() -> list[str]:
    """What was changed in silence since one asked last: a job swallows the error that is raised on the spot."""
    told = list(_found)
    _found.clear()
    return told


def _watched() -> bool:
    return has_request_context() or bool(queue.at_work()) or click.get_current_context(silent=True) is not None


def _noted(session: Session) -> tuple[set[str], set[str]]:
    """(tables changed, subjects of entries) in this transaction."""
    noted: tuple[set[str], set[str]] = session.info.setdefault(_KEY, (set(), set()))
    return noted


def _note_flushed(session: Session, _context: Any) -> None:
    if not _watched():
        return
    changed, subjects = _noted(session)
    for row in _rows(session):
        if isinstance(row, AuditEntry):
            subjects |= set(Base.metadata.tables) if row.action in WHOLE else {row.subject_type}
        else:
            changed.add(row.__tablename__)


def _rows(session: Session) -> Iterator[Any]:
    yield from session.new
    yield from session.deleted
    yield from (row for row in session.dirty if session.is_modified(row))


def _note_executed(state: ORMExecuteState) -> None:
    if _watched() and (state.is_insert or state.is_update or state.is_delete):
        name = state.statement.table.name  # type: ignore[attr-defined]
        if name in Base.metadata.tables:  # the rows of an upload wait in a file of their own
            _noted(state.session)[0].add(name)


def _judge(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()  # the commit would flush after this
    changed, subjects = session.info.pop(_KEY, (set(), set()))
    quiet = {name for name in changed - set(UNAUDITED) if not subjects & {name, *COVERED.get(name, ())}}
    if quiet:
        _found.append(f"changed without an entry in the audit log: {sorted(quiet)}, entries on {sorted(subjects)}")
        raise AssertionError(_found[-1])


def _forget(session: Session) -> None:
    session.info.pop(_KEY, None)
