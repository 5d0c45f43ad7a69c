"""Every SELECT of the page of one round. The statements are built once: the page is looked at again and again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound, PaperSection
from portal.exams.queries.rounds import seen_from, tops_of
from portal.org.models import Unit
from portal.org.queries import within


def shown(session: Session, viewer: Viewer, round_id: int) -> Any:
    """A round in the viewer's sight as its page shows it: its columns, unit_name, and manages, whether it is theirs to
    change. None for one that they may not look at."""
    return _shown_from(tops_of(viewer), viewer.units_for(Permission.ROUND_MANAGE)).first(session, round=round_id)


@functools.lru_cache(64)
def _shown_from(tops: frozenset[int], managed: frozenset[int]) -> Statement:
    return Statement(
        select(
            *ExamRound.__table__.columns,
            Unit.name.label("unit_name"),
            within(ExamRound.unit_id, managed).label("manages"),
        )
        .join(Unit, Unit.id == ExamRound.unit_id)
        .where(seen_from(tops), ExamRound.id == bindparam("round"))
    )


_PAPER_LINES = Statement(
    select(PaperSection.title, PaperSection.type, PaperSection.count, PaperSection.points)
    .where(PaperSection.round_id == bindparam("round"))
    .order_by(PaperSection.position)
)


def paper_lines(session: Session, round_id: int) -> Sequence[Any]:
    """The sections of a round's paper in order, as its page lists them."""
    return _PAPER_LINES.all(session, round=round_id)
