"""Every SELECT on saved views, favourites and work on many rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.desk import people
from portal.desk.models import BulkLine, BulkRun, Favourite, RemovedRow, SavedView, ViewDefault
from portal.desk.rules import LineState
from portal.web.viewing import View


def _seen_by(viewer_id: Any) -> ColumnElement[bool]:
    """One's own views and the shared ones, less those that were deleted. The list's own page asks who may open it."""
    mine_or_shared = or_(SavedView.owner_id == viewer_id, SavedView.shared.is_(True))
    return and_(SavedView.deleted_at.is_(None), mine_or_shared)


# Built once: it stands before every list.
_VIEWS_OF = Statement(
    select(
        SavedView.id,
        SavedView.owner_id,
        SavedView.name,
        SavedView.arguments,
        SavedView.shared,
        ViewDefault.user_id.label("opens_for"),
    )
    .outerjoin(ViewDefault, and_(ViewDefault.view_id == SavedView.id, ViewDefault.user_id == bindparam("viewer")))
    .where(SavedView.list_name == bindparam("list"), _seen_by(bindparam("viewer")))
    .order_by(SavedView.owner_id != bindparam("viewer"), SavedView.created_at, SavedView.id)
)


def views_of(session: Session, viewer: Viewer, list_name: str) -> list[View]:
    """The views of a list that the viewer may open, one's own first; at most two statements."""
    rows = _VIEWS_OF.all(session, viewer=viewer.id, list=list_name)
    changeable = _changeable(session, viewer, rows)
    return [_view(row, viewer, changeable) for row in rows]


def my_views(session: Session, viewer: Viewer) -> list[SavedView]:
    """All views that the viewer has saved, by list."""
    mine = select(SavedView).where(SavedView.owner_id == viewer.id, SavedView.deleted_at.is_(None))
    return list(session.scalars(mine.order_by(SavedView.list_name, SavedView.created_at, SavedView.id)))


def _view(row: Any, viewer: Viewer, changeable: Collection[int]) -> View:
    return View(
        id=row.id,
        name=row.name,
        arguments={name: str(value) for name, value in row.arguments.items()},
        shared=row.shared,
        mine=row.owner_id == viewer.id,
        may_change=row.id in changeable,
        is_default=row.opens_for is not None,
    )


def _changeable(session: Session, viewer: Viewer, views: Collection[Any]) -> set[int]:
    """The ids of the views that the viewer may change: one's own, and by permission the shared ones of one's people."""
    owners = {view.owner_id for view in views if view.shared} - {viewer.id}
    reached: set[int] = set()
    if owners and viewer.can(Permission.VIEW_MANAGE):
        reached = people.known().within_reach(session, viewer, Permission.VIEW_MANAGE, owners)
    return {view.id for view in views if view.owner_id == viewer.id or (view.shared and view.owner_id in reached)}


def seen_view(session: Session, viewer: Viewer, view_id: int) -> SavedView | None:
    """A view that the viewer may open, as far as the view itself goes."""
    return session.scalar(select(SavedView).where(SavedView.id == view_id, _seen_by(viewer.id)))


def changeable_view(session: Session, viewer: Viewer, view_id: int, *, deleted: bool = False) -> SavedView | None:
    """A view that the viewer may change; with `deleted` one that was deleted and may be taken back."""
    gone = SavedView.deleted_at.is_not(None) if deleted else SavedView.deleted_at.is_(None)
    found = session.scalar(select(SavedView).where(SavedView.id == view_id, gone))
    return found if found is not None and found.id in _changeable(session, viewer, [found]) else None


def held_views(session: Session, owner_id: int, list_name: str) -> dict[str, int]:
    """{name: id} of the views of a list that somebody has saved."""
    rows = session.execute(
        select(SavedView.name, SavedView.id).where(
            SavedView.owner_id == owner_id, SavedView.list_name == list_name, SavedView.deleted_at.is_(None)
        )
    )
    return {row.name: row.id for row in rows}


def default_of(session: Session, user_id: int, list_name: str) -> ViewDefault | None:
    """The row that says with which view a list opens for somebody."""
    return session.get(ViewDefault, (user_id, list_name))


def favourite(session: Session, user_id: int, kind: str, row_id: int) -> Favourite | None:
    """The row that makes something somebody's favourite."""
    return session.get(Favourite, (user_id, kind, row_id))


_FAVOURITES = Statement(
    select(Favourite.kind, Favourite.row_id)
    .where(Favourite.user_id == bindparam("viewer"))
    .order_by(Favourite.created_at.desc(), Favourite.row_id.desc())
    .limit(500)
)
_IS_FAVOURITE = Statement(
    select(Favourite.row_id).where(
        Favourite.user_id == bindparam("viewer"),
        Favourite.kind == bindparam("kind"),
        Favourite.row_id == bindparam("row"),
    )
)


def favourites(session: Session, viewer: Viewer) -> Sequence[Any]:
    """(kind, row_id) of what the viewer has marked, latest first, whether it may still be seen or not."""
    return _FAVOURITES.all(session, viewer=viewer.id)


def is_favourite(session: Session, viewer: Viewer, kind: str, row_id: int) -> bool:
    """Whether the viewer has marked a row."""
    return bool(_IS_FAVOURITE.all(session, viewer=viewer.id, kind=kind, row=row_id))


def run_of(session: Session, viewer: Viewer, run_id: str) -> BulkRun | None:
    """A run of the viewer's own: nobody else may look at what somebody did."""
    return session.scalar(select(BulkRun).where(BulkRun.id == run_id, BulkRun.owner_id == viewer.id))


def run_by_id(session: Session, run_id: str) -> BulkRun | None:
    """A run, whoever asks (jobs)."""
    return session.get(BulkRun, run_id)


def lines(run_id: str) -> Select[Any]:
    """The rows of a run as the list shows them."""
    return select(BulkLine.id, BulkLine.row_id, BulkLine.label, BulkLine.state, BulkLine.code, BulkLine.params).where(
        BulkLine.run_id == run_id
    )


def waiting(session: Session, run_id: str) -> list[int]:
    """The ids of the lines that are still to be done, in their order."""
    found = select(BulkLine.id).where(BulkLine.run_id == run_id, BulkLine.state == LineState.WAITING)
    return list(session.scalars(found.order_by(BulkLine.id)))


def line(session: Session, line_id: int) -> BulkLine | None:
    """A line as it stands now, locked until the commit where the engine knows row locks."""
    found = select(BulkLine).where(BulkLine.id == line_id).with_for_update()
    return session.scalar(found.execution_options(populate_existing=True))


def outcome(session: Session, run_id: str) -> Mapping[LineState, int]:
    """{state: how many lines} of a run."""
    rows = session.execute(
        select(BulkLine.state, func.count()).where(BulkLine.run_id == run_id).group_by(BulkLine.state)
    )
    return {LineState(row[0]): row[1] for row in rows}


def removed(session: Session, table: str, row_id: int, parent_id: int, since: datetime) -> RemovedRow | None:
    """What is kept of a deleted row, the latest first where it was deleted twice."""
    return session.scalar(
        select(RemovedRow)
        .where(
            RemovedRow.table_name == table,
            RemovedRow.row_id == row_id,
            RemovedRow.parent_id == parent_id,
            RemovedRow.removed_at >= since,
        )
        .order_by(RemovedRow.id.desc())
        .limit(1)
    )
