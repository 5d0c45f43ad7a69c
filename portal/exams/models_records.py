"""Tables of what is kept about an exam beside its attempts: results from elsewhere, certificates, codes to enter by."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk, Title

_VALID = text("voided_at IS NULL")


class RecordedScore(Base):
    """A person's result of an exam that was sat elsewhere (上级统考, 纸笔考试). `score` is in hundredths of a point.

    `certificate` is the number of a certificate that others issued.
    """

    __tablename__ = "recorded_scores"
    __table_args__ = (UniqueConstraint("round_id", "user_id"), Index("ix_recorded_scores_user_id", "user_id"))

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    score: Mapped[int]
    sat_on: Mapped[date]
    certificate: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Certificate(Base):
    """合格证书: what was certified on the day of issue, whatever names and units are called later.

    `number` is for people (2026-000012), `code` for whoever checks it. One that no longer holds is voided and kept.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("year", "serial"),
        Index("ix_certificates_user_id", "user_id"),
        Index(
            "uq_certificates_valid", "round_id", "user_id", unique=True, sqlite_where=_VALID, postgresql_where=_VALID
        ),
    )

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    year: Mapped[int]
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(50))
    unit_name: Mapped[Title]
    title: Mapped[Title]
    score: Mapped[int]
    sat_on: Mapped[date]
    issued_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(String(200), default="")


class ExamCode(Base):
    """考试码: opens one person's exam of one round. Kept as a keyed digest; a new one voids the one before."""

    __tablename__ = "exam_codes"
    __table_args__ = (
        Index("ix_exam_codes_user_id", "user_id"),
        Index("uq_exam_codes_valid", "round_id", "user_id", unique=True, sqlite_where=_VALID, postgresql_where=_VALID),
    )

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
