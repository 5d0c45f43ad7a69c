"""Files of a meeting (通知, 材料, 签批的纪要): who keeps meetings puts them there, who sees it reads them."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.files import owners
from portal.meetings import queries

KIND = "meeting"


def _may_view(session: Session, viewer: Viewer, meeting_id: int) -> bool:
    return queries.by_id(session, viewer, meeting_id) is not None


def _may_edit(session: Session, viewer: Viewer, meeting_id: int) -> bool:
    return queries.by_id(session, viewer, meeting_id, manage=True) is not None


def _page(meeting_id: int) -> str:
    return url_for("meetings.meeting", meeting_id=meeting_id, _anchor="files")


def register() -> None:
    """Let meetings have files."""
    owners.register(KIND, owners.Owner(_l("会议"), _may_view, _may_edit, _page))
