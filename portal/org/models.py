"""Tables of the unit tree."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, IntPk, Title
from portal.org.rules import UnitKind


class Unit(Base):
    """A unit of the district. It is never deleted: `valid_to` ends it, and old rows keep pointing at it."""

    __tablename__ = "units"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates_in_order"),)

    id: Mapped[IntPk]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Title]
    kind: Mapped[UnitKind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class UnitScope(Base):
    """Every (ancestor, unit) pair, a unit being its own ancestor: a subtree is one indexed look-up."""

    __tablename__ = "unit_scopes"
    __table_args__ = (Index("ix_unit_scopes_unit_id", "unit_id"),)

    ancestor_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    depth: Mapped[int]
