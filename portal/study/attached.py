"""Files of a session (通知, 讲稿, 照片): who keeps sessions puts them there, whoever sees the session reads them."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.files import owners
from portal.study.queries import sessions

KIND = "study"


def _may_view(session: Session, viewer: Viewer, session_id: int) -> bool:
    return sessions.by_id(session, viewer, session_id) is not None


def _may_edit(session: Session, viewer: Viewer, session_id: int) -> bool:
    return sessions.by_id(session, viewer, session_id, manage=True) is not None


def _page(session_id: int) -> str:
    return url_for("study.session_page", session_id=session_id, _anchor="files")


def register() -> None:
    """Let sessions have files."""
    owners.register(KIND, owners.Owner(_l("集体学习"), _may_view, _may_edit, _page))
