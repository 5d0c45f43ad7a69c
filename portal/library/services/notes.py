"""Notes and highlights at an article: private, until their writer shares one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.services import note as note_down
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.library.models import ArticleNote, Provision
from portal.library.rules.compare import plain

MOST = 2000
_QUOTE = 500


def add_note(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    regulation_id: int,
    provision: Provision,
    text: str,
    quote: str = "",
) -> ArticleNote:
    """Write a note, or mark words of the article. Raises RuleError note-empty or note-quote-missing."""
    words = quote.strip()[:_QUOTE]
    if not text.strip() and not words:
        raise RuleError("note-empty")
    if words and plain(words) not in plain(provision.text):
        raise RuleError("note-quote-missing")
    note = ArticleNote(
        user_id=actor.id or 0,
        regulation_id=regulation_id,
        address=provision.address,
        quote=words,
        text=text.strip()[:MOST],
        created_at=now,
        updated_at=now,
    )
    session.add(note)
    session.flush()
    _tell(session, actor, now, "article-note.create", note)
    return note


def share_note(session: Session, *, actor: Viewer, now: datetime, note: ArticleNote, shared: bool) -> None:
    """Let all readers see a note, or keep it private again."""
    note.shared, note.updated_at = shared, now
    session.flush()
    _tell(session, actor, now, "article-note.update", note, shared=shared)


def delete_note(session: Session, *, actor: Viewer, now: datetime, note: ArticleNote) -> None:
    """Throw a note away."""
    _tell(session, actor, now, "article-note.delete", note)
    session.delete(note)
    session.flush()


def _tell(session: Session, actor: Viewer, now: datetime, action: str, note: ArticleNote, **detail: bool) -> None:
    """Say in the log that there is a note, and not what it says: it is private."""
    subject = ("article_notes", str(note.id), note.address)
    note_down(session, actor=actor, at=now, action=action, subject=subject, **detail)
