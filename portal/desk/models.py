"""Tables of what a person keeps at hand: saved views of lists, favourites, and what was done to many rows at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, IntPk
from portal.desk.rules import LineState, RunState


class SavedView(Base):
    """A way of looking at a list, kept under a name.

    `list_name` is the list's endpoint; `arguments` are those of its address (filters, "sort", "cols", "size"). A view
    that was deleted stays for a day, so that it can be taken back.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        Index("ix_saved_views_list_name_owner_id", "list_name", "owner_id"),
        Index("ix_saved_views_owner_id", "owner_id"),
    )

    id: Mapped[IntPk]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    list_name: Mapped[Code]
    name: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]]
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class ViewDefault(Base):
    """The view that a list opens with for one person."""

    __tablename__ = "view_defaults"
    __table_args__ = (Index("ix_view_defaults_view_id", "view_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    list_name: Mapped[Code] = mapped_column(primary_key=True)
    view_id: Mapped[int] = mapped_column(ForeignKey("saved_views.id", ondelete="CASCADE"))


class Favourite(Base):
    """A row of some kind that a person wants to find again. Whether it may be seen is asked anew each time."""

    __tablename__ = "favourites"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Code] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class BulkRun(Base):
    """One act on many rows of a list, from the question to the last row.

    `path` are the arguments of the list's path, `query` is what was seen of it when the rows were chosen.
    """

    __tablename__ = "bulk_runs"
    __table_args__ = (Index("ix_bulk_runs_owner_id_created_at", "owner_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    list_name: Mapped[Code]
    act: Mapped[Code]
    path: Mapped[dict[str, Any]]
    query: Mapped[str] = mapped_column(String(2000), default="")
    state: Mapped[RunState] = mapped_column(default=RunState.ASKED)
    total: Mapped[int]
    job_id: Mapped[str] = mapped_column(String(36), default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BulkLine(Base):
    """One row of a run and what became of it; `code` and `params` are the reason for which it was left out."""

    __tablename__ = "bulk_lines"
    __table_args__ = (Index("ix_bulk_lines_run_id_state", "run_id", "state"),)

    id: Mapped[IntPk]
    run_id: Mapped[str] = mapped_column(ForeignKey("bulk_runs.id", ondelete="CASCADE"))
    row_id: Mapped[int]
    label: Mapped[str] = mapped_column(String(200))
    state: Mapped[LineState] = mapped_column(default=LineState.WAITING)
    code: Mapped[Code] = mapped_column(default="")
    params: Mapped[dict[str, Any]]


class RemovedRow(Base):
    """A row of another table that somebody deleted, kept for a day so that it can be taken back.

    `parent_id` is the row that it belonged to (the meeting of an agenda item), so that who asks for it back has to name
    both. `content` are its columns as JSON has them.
    """

    __tablename__ = "removed_rows"
    __table_args__ = (Index("ix_removed_rows_removed_at", "removed_at"),)

    id: Mapped[IntPk]
    table_name: Mapped[Code]
    row_id: Mapped[int]
    parent_id: Mapped[int]
    content: Mapped[dict[str, Any]]
    removed_at: Mapped[datetime]
