"""Self-study: what a person says that they have read, and what an officer thinks of a reflection."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.desk import removed
from portal.study.models import SelfStudy
from portal.study.rules import session as rules
from portal.study.rules.hours import Source
from portal.study.services import ledger
from portal.study.services.linking import Topic, linked


def read(
    session: Session, *, actor: Viewer, now: datetime, title: str, read_on: date, minutes: int, today: date,
    regulation_id: int | None = None, article: str = "", open_minutes: int | None = None, reflection: str = "",
) -> SelfStudy:  # fmt: skip
    """Note "I have read this"; the hours follow. A title that names a regulation or an article is linked.

    Raises RuleError session-not-yet or minutes-range.
    """
    if read_on > today:
        raise RuleError("session-not-yet")
    rules.check_minutes(minutes)
    if regulation_id is None:
        named = linked(session, [Topic(title)])[0]
        regulation_id, article = named.regulation_id, named.articles[0] if len(named.articles) == 1 else ""
    row = SelfStudy(
        user_id=actor.id, title=title, regulation_id=regulation_id, article=article, read_on=read_on, minutes=minutes,
        open_minutes=open_minutes, reflection=reflection, created_at=now,
    )  # fmt: skip
    session.add(row)
    record(session, actor=actor, at=now, action="self-study.create", row=row, label=title)
    _settle(session, now, row, minutes)
    return row


def withdraw(session: Session, *, actor: Viewer, now: datetime, row: SelfStudy) -> None:
    """Take a line of one's own back; its hours go with a line of their own. It can be put back for a day.

    Raises RuleError self-study-reviewed.
    """
    if row.reviewed_at is not None:
        raise RuleError("self-study-reviewed")
    record(session, actor=actor, at=now, action="self-study.delete", row=row, label=row.title)
    _settle(session, now, row, 0)
    removed.remove(session, now=now, row=row, parent_id=row.user_id)


def put_back(session: Session, *, actor: Viewer, now: datetime, line_id: int) -> SelfStudy:
    """Undo that; the hours come again. Raises RuleError undo-gone."""
    row = removed.take_back(session, now=now, model=SelfStudy, row_id=line_id, parent_id=actor.id or 0)
    record(session, actor=actor, at=now, action="self-study.restore", row=row, label=row.title)
    _settle(session, now, row, row.minutes)
    return row


def review(session: Session, *, actor: Viewer, now: datetime, row: SelfStudy, note: str) -> None:
    """An officer has read the reflection. Raises RuleError own-review for one's own."""
    if row.user_id == actor.id:
        raise RuleError("own-review")
    row.reviewed_by, row.reviewed_at, row.review_note = actor.id, now, note
    record(session, actor=actor, at=now, action="self-study.review", row=row, label=row.title)


def _settle(session: Session, now: datetime, row: SelfStudy, wanted: int) -> None:
    ledger.settle_one(
        session, now=now, user_id=row.user_id, source=Source.SELF_STUDY, source_id=row.id, day=row.read_on,
        title=row.title, wanted=wanted,
    )  # fmt: skip
