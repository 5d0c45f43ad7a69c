"""Tables of what happens to marks after the hand-in: short answers marked by hand, and regrades.

Answers are sealed and never touched here; only `attempts.score`, `marks` and `passed` follow.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk
from portal.exams.rules.hand_marking import TaskState
from portal.exams.rules.regrade import Mode


class RegradeState(StrEnum):
    """试算, 正在生效, 已生效, 正在撤销, 已撤销."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


class MarkingSetting(Base):
    """How the short answers of a round are marked; a round without a row has one marker.

    `limit` is the difference in hundredths of a point that two markers may have on one question.
    """

    __tablename__ = "marking_settings"
    __table_args__ = (CheckConstraint("markers IN (1, 2)", name="one_or_two"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id", ondelete="CASCADE"), primary_key=True)
    markers: Mapped[int] = mapped_column(default=1)
    limit: Mapped[int] = mapped_column("difference_limit", default=200)


class Rubric(Base):
    """评分细则 of a question in a round: a list of [what is looked for, points in hundredths]."""

    __tablename__ = "marking_rubrics"

    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_versions.id"), primary_key=True)
    criteria: Mapped[list[Any]]


class MarkingTask(Base):
    """A short answer that waits for a person, or that one has marked.

    Markers know it by `number` alone, which is drawn at random and so tells neither who nor when. `final` is the exact
    mark that counts, a fraction of hundredths as text.
    """

    __tablename__ = "marking_tasks"
    __table_args__ = (
        UniqueConstraint("attempt_id", "position"),
        Index("ix_marking_tasks_round_id_version_id_state", "round_id", "version_id", "state", "number"),
    )

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    position: Mapped[int]
    version_id: Mapped[int] = mapped_column(ForeignKey("question_versions.id"))
    points: Mapped[int]
    number: Mapped[int]
    state: Mapped[TaskState] = mapped_column(default=TaskState.WAITING)
    final: Mapped[str | None] = mapped_column(String(32))
    done_at: Mapped[datetime | None]


class GivenMark(Base):
    """What one marker gave for one answer; `points` by criterion. A reopened one is deleted, the audit log keeps it."""

    __tablename__ = "given_marks"
    __table_args__ = (UniqueConstraint("task_id", "marker_id"), Index("ix_given_marks_marker_id", "marker_id"))

    id: Mapped[IntPk]
    task_id: Mapped[int] = mapped_column(ForeignKey("marking_tasks.id"))
    marker_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    points: Mapped[list[Any]]
    note: Mapped[str] = mapped_column(String(200), default="")
    given_at: Mapped[datetime]


class Regrade(Base):
    """改判 of one question of a round. A draft is a trial that nobody else sees; `no` counts those that took effect.

    `keys` are the keys that count as right. `new_version_id` is the version of the question that the bank got with it.
    """

    __tablename__ = "regrades"
    __table_args__ = (Index("ix_regrades_round_id_state", "round_id", "state"),)

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("question_versions.id"))
    no: Mapped[int | None]
    mode: Mapped[Mode]
    keys: Mapped[list[Any]]
    state: Mapped[RegradeState] = mapped_column(default=RegradeState.DRAFT)
    reason: Mapped[str] = mapped_column(String(200), default="")
    undo_reason: Mapped[str] = mapped_column(String(200), default="")
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("question_versions.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class RegradeScore(Base):
    """Score and marks of an attempt before and after a regrade, or before and after its undoing.

    Written ahead, a batch at a time; the attempts take them over all at once. `revision` is the revision of the
    attempt's marks that it was worked out from: where the attempt is further by now, the row is out of date.
    """

    __tablename__ = "regrade_scores"

    regrade_id: Mapped[int] = mapped_column(ForeignKey("regrades.id"), primary_key=True)
    undo: Mapped[bool] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    revision: Mapped[int]
    old_no: Mapped[int]
    old_score: Mapped[int | None]
    old_marks: Mapped[list[Any]]
    old_passed: Mapped[bool | None]
    new_no: Mapped[int]
    new_score: Mapped[int | None]
    new_marks: Mapped[list[Any]]
    new_passed: Mapped[bool | None]
