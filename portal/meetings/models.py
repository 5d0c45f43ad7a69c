"""Tables of meetings: agenda, decisions and what became of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk, Title
from portal.meetings.rules import DecisionState, ItemKind, MeetingKind, MeetingState


class Meeting(Base):
    """A meeting of a unit. `number` is what its minutes are called by (2026年第12次); times are wall clock, "09:30"."""

    __tablename__ = "meetings"
    __table_args__ = (
        Index("ix_meetings_unit_id_held_on", "unit_id", "held_on", "id"),
        Index("ix_meetings_kind_held_on", "kind", "held_on", "id"),
    )

    id: Mapped[IntPk]
    kind: Mapped[MeetingKind]
    state: Mapped[MeetingState] = mapped_column(default=MeetingState.PLANNED)
    number: Mapped[str] = mapped_column(String(40), default="")
    title: Mapped[Title]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    held_on: Mapped[date]
    begins: Mapped[str] = mapped_column(String(5), default="")
    ends: Mapped[str] = mapped_column(String(5), default="")
    place: Mapped[str] = mapped_column(String(100), default="")
    chair: Mapped[str] = mapped_column(String(50), default="")
    present: Mapped[str] = mapped_column(Text, default="")
    observers: Mapped[str] = mapped_column(Text, default="")
    absent: Mapped[str] = mapped_column(Text, default="")
    keeper: Mapped[str] = mapped_column(String(50), default="")
    signed_by: Mapped[str] = mapped_column(String(50), default="")
    signed_on: Mapped[date | None]
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class AgendaItem(Base):
    """One matter of a meeting, in its order, with what was concluded."""

    __tablename__ = "agenda_items"
    __table_args__ = (Index("ix_agenda_items_meeting_id_position", "meeting_id", "position"),)

    id: Mapped[IntPk]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    position: Mapped[int]
    kind: Mapped[ItemKind] = mapped_column(default=ItemKind.OTHER)
    title: Mapped[Title]
    presenter: Mapped[str] = mapped_column(String(50), default="")
    conclusion: Mapped[str] = mapped_column(Text, default="")


class Decision(Base):
    """What a meeting asked of a unit, and perhaps of one person in it, until a day."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("meeting_id", "no"),
        Index("ix_decisions_unit_id_state_due_on", "unit_id", "state", "due_on"),
        Index("ix_decisions_owner_id_state", "owner_id", "state"),
    )

    id: Mapped[IntPk]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"))
    no: Mapped[int]
    text: Mapped[str] = mapped_column(String(500))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date | None]
    state: Mapped[DecisionState] = mapped_column(default=DecisionState.OPEN)
    closed_on: Mapped[date | None]


class FollowUp(Base):
    """One report on a decision; append-only. `closes` says that it ended it, and as what."""

    __tablename__ = "follow_ups"
    __table_args__ = (Index("ix_follow_ups_decision_id", "decision_id", "id"),)

    id: Mapped[IntPk]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    at: Mapped[datetime]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author_name: Mapped[str] = mapped_column(String(50))
    note: Mapped[str] = mapped_column(String(1000))
    closes: Mapped[str] = mapped_column(String(16), default="")
