"""Tables of people, their roles and their sessions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk, Title
from portal.core.permissions import Role


class UserState(StrEnum):
    """在用, 停用 (cannot sign in), 离任 (kept for the record)."""

    ACTIVE = "active"
    DISABLED = "disabled"
    LEFT = "left"


class User(Base):
    """A person. `number` (工号) is the name to sign in with."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_unit_id_id", "unit_id", "id"),)

    id: Mapped[IntPk]
    number: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(50), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    position: Mapped[Title] = mapped_column(default="")
    is_leader: Mapped[bool] = mapped_column(default=False)
    state: Mapped[UserState] = mapped_column(default=UserState.ACTIVE)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    display: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]


class RoleGrant(Base):
    """A role that a person holds for a unit and all below it."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("user_id", "role", "unit_id"),)

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    granted_at: Mapped[datetime]


class LoginSession(Base):
    """A signed-in browser. `id` is the fingerprint of the id in the cookie.

    The session is over when `ended_at` is set, when it idled too long, or past `ends_at`; until `hold_until` neither of
    the last two counts, so that nobody is thrown out in the middle of an exam.
    """

    __tablename__ = "login_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    hold_until: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(32), default="")


class LoginFailure(Base):
    """A refused sign-in, kept to slow guessing down; the typed name is kept only as a keyed digest."""

    __tablename__ = "login_failures"
    __table_args__ = (
        Index("ix_login_failures_name_at", "name_digest", "at"),
        Index("ix_login_failures_address_at", "address", "at"),
    )

    id: Mapped[IntPk]
    name_digest: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
