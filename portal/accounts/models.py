"""Tables of people, their roles and their sessions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
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
    reviewed_at: Mapped[datetime | None]


class UnitMembership(Base):
    """Where a person was when: from a day on, until and including another; no last day where they still are.

    `noted_at` is when that was written down, which may be later than it happened.
    """

    __tablename__ = "unit_memberships"
    __table_args__ = (
        CheckConstraint("to_day IS NULL OR to_day >= from_day", name="days_in_order"),
        Index(
            "uq_unit_memberships_current",
            "user_id",
            unique=True,
            sqlite_where=text("to_day IS NULL"),
            postgresql_where=text("to_day IS NULL"),
        ),
    )

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    from_day: Mapped[date]
    to_day: Mapped[date | None]
    noted_at: Mapped[datetime]


class LoginSession(Base):
    """A signed-in browser. `id` is the fingerprint of the id in the cookie.

    The session is over when `ended_at` is set, when it idled too long, or past `ends_at`; until `hold_until` neither of
    the last two counts, so that nobody is thrown out in the middle of an exam. `confirmed_at` is when the password was
    last given in it. `confined_to` names the one thing for which a session without a password was opened, as
    "exams:12"; it opens nothing else.
    """

    __tablename__ = "login_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    hold_until: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))
    confined_to: Mapped[str] = mapped_column(String(40), default="", server_default="")
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


class SecondFactor(Base):
    """A person's authenticator app.

    Its secret is derived from `salt` and the key of the site, so a copy of the database alone makes no codes.
    `last_step` is the half minute of the last code that was taken: none is taken twice. Until `confirmed_at` is set
    the app is being set up and asks for nothing.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in once for the authenticator app; kept as a keyed digest."""

    __tablename__ = "recovery_codes"

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class ResetRequest(Base):
    """Somebody who cannot sign in asks for a new password; a security administrator closes it by reset or refusal."""

    __tablename__ = "reset_requests"
    __table_args__ = (
        Index(
            "uq_reset_requests_open",
            "user_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
