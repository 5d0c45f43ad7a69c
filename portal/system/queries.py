"""What the system page asks of the databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits, how much is being done, and since when the oldest waits."""

    waiting: int
    running: int
    oldest_waiting_at: datetime | None


def newest_row_at(session: Session) -> datetime | None:
    """The moment of the newest entry of the audit log, which every change and every sign-in adds to."""
    return session.scalar(select(AuditEntry.at).order_by(AuditEntry.id.desc()).limit(1))


def queue(engine: Engine) -> Queue:
    """The jobs that are not over."""
    statement = text("SELECT state, count(*), min(created_at) FROM jobs GROUP BY state")
    with engine.connect() as connection:
        found = {state: (count, since) for state, count, since in connection.execute(statement)}
    waiting, since = found.get("queued", (0, None))
    running, _since = found.get("running", (0, None))
    return Queue(waiting, running, _moment(since))


def sqlite_version(session: Session) -> str:
    """What the database calls itself."""
    if session.get_bind().dialect.name != "sqlite":
        return str(session.scalar(func.version()))
    return f"SQLite {session.scalar(func.sqlite_version())}"


def _moment(stored: str | datetime | None) -> datetime | None:
    """A moment as SQLite stores it: naive UTC text."""
    if stored is None:
        return None
    return (datetime.fromisoformat(stored) if isinstance(stored, str) else stored).replace(tzinfo=UTC)
