"""What people do with saved views and favourites."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import queries
from portal.desk.models import Favourite, SavedView, ViewDefault
from portal.desk.rules import UNDO_FOR, check_count, check_name, check_share, kept_arguments


def save_view(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    list_name: str,
    name: str,
    asked: Mapping[str, str],
    shared: bool,
) -> SavedView:
    """Keep what is seen of a list under a name. Raises RuleError with what the rules say, or view-name-taken."""
    plain = check_name(name)
    check_share(shared, may_share=actor.can(Permission.VIEW_SHARE))
    owner = _owner(actor)
    held = queries.held_views(session, owner, list_name)
    check_count(len(held))
    _check_free(held, plain, None)
    view = SavedView(
        owner_id=owner, list_name=list_name, name=plain, arguments=kept_arguments(asked), shared=shared, created_at=now
    )
    session.add(view)
    record(session, actor=actor, at=now, action="view.create", row=view, label=plain)
    return view


def update_view(session: Session, *, actor: Viewer, now: datetime, view: SavedView, asked: Mapping[str, str]) -> None:
    """Let a view stand for what is seen now."""
    view.arguments = kept_arguments(asked)
    record(session, actor=actor, at=now, action="view.update", row=view, label=view.name)


def rename_view(session: Session, *, actor: Viewer, now: datetime, view: SavedView, name: str, shared: bool) -> None:
    """Another name, shared or not. Raises RuleError as `save_view` does.

    Whoever keeps a shared view of somebody else's in order may take it back from the others, but then cannot see it any
    more: it is the owner's alone again.
    """
    plain = check_name(name)
    check_share(shared and not view.shared, may_share=actor.can(Permission.VIEW_SHARE))
    _check_free(queries.held_views(session, view.owner_id, view.list_name), plain, view.id)
    if view.shared and not shared:
        _forget_defaults(session, view)
    view.name, view.shared = plain, shared
    record(session, actor=actor, at=now, action="view.update", row=view, label=plain)


def delete_view(session: Session, *, actor: Viewer, now: datetime, view: SavedView) -> None:
    """Take a view away; it can be taken back for a day. The owner's older deleted ones go for good."""
    old = SavedView.deleted_at < now - UNDO_FOR
    session.execute(delete(SavedView).where(SavedView.owner_id == view.owner_id, old))
    view.deleted_at = now
    record(session, actor=actor, at=now, action="view.delete", row=view, label=view.name)


def restore_view(session: Session, *, actor: Viewer, now: datetime, view: SavedView) -> None:
    """Undo the deletion. Raises RuleError view-name-taken or view-too-many for what was saved meanwhile."""
    held = queries.held_views(session, view.owner_id, view.list_name)
    check_count(len(held))
    _check_free(held, view.name, view.id)
    view.deleted_at = None
    record(session, actor=actor, at=now, action="view.restore", row=view, label=view.name)


def set_default(session: Session, *, actor: Viewer, view: SavedView, on: bool) -> None:
    """Open the list with this view, or no longer; a matter of the person alone, so it is not in the log."""
    owner = _owner(actor)
    found = queries.default_of(session, owner, view.list_name)
    if found is not None:
        session.delete(found)
        session.flush()
    if on:
        session.add(ViewDefault(user_id=owner, list_name=view.list_name, view_id=view.id))
    session.flush()


def toggle_favourite(session: Session, *, actor: Viewer, now: datetime, kind: str, row_id: int) -> bool:
    """Mark a row, or take the mark away; whether it is marked now. The caller has seen that it may be looked at."""
    owner = _owner(actor)
    found = queries.favourite(session, owner, kind, row_id)
    if found is not None:
        session.delete(found)
    else:
        session.add(Favourite(user_id=owner, kind=kind, row_id=row_id, created_at=now))
    session.flush()
    return found is None


def _owner(actor: Viewer) -> int:
    """The id of the signed-in person: a command keeps nothing at hand. Raises RuleError not-found."""
    if actor.id is None:
        raise RuleError("not-found")
    return actor.id


def _check_free(held: Mapping[str, int], name: str, beside: int | None) -> None:
    if held.get(name, beside) != beside:
        raise RuleError("view-name-taken", name=name)


def _forget_defaults(session: Session, view: SavedView) -> None:
    """Those for whom a view that is no longer shared was the default get the whole list again."""
    session.execute(delete(ViewDefault).where(ViewDefault.view_id == view.id, ViewDefault.user_id != view.owner_id))
