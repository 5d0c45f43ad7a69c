"""What views hand to an export, so that the log says that rows leave the portal."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core import clock
from portal.web.access import viewer
from portal.web.exports import Record


def noted(*, action: str, subject: tuple[str, str, str], **detail: Any) -> Record:
    """A note that the reader takes `subject` (table, key, how a person would call it) out by `action`."""

    def record(session: Session) -> None:
        note(session, actor=viewer(), at=clock.now(), action=action, subject=subject, **detail)

    return record
