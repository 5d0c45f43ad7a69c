"""Files of a round (考试通知, 培训材料): who manages it puts them there, whoever sits or reads it reads them."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.exams.queries import attempts as sitting
from portal.exams.queries import rounds
from portal.files import owners

KIND = "round"


def _may_view(session: Session, viewer: Viewer, round_id: int) -> bool:
    if rounds.by_id(session, viewer, round_id) is not None:
        return True
    return sitting.my_round(session, viewer.id or 0, round_id) is not None


def _may_edit(session: Session, viewer: Viewer, round_id: int) -> bool:
    return rounds.by_id(session, viewer, round_id, manage=True) is not None


def register() -> None:
    """Let rounds have files."""
    page = lambda round_id: url_for("exams.round_page", round_id=round_id)  # noqa: E731
    owners.register(KIND, owners.Owner(_l("考试"), _may_view, _may_edit, page))
