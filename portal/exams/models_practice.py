"""Tables of practice. They are a person's own: nothing of them is shown to anybody else, but sums without names.

Practice leaves no trace in the audit log, and none of its rows reaches a result.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk
from portal.exams.rules.practice import MAX_KEY, USUAL_NEEDED


class PracticeMark(Base):
    """How one person stands with one question. Seen is right and wrong together; `in_a_row` counts the right answers
    since the last wrong one.
    """

    __tablename__ = "practice_marks"
    __table_args__ = (
        Index("ix_practice_marks_user_id_in_notebook", "user_id", "in_notebook"),
        Index("ix_practice_marks_question_id", "question_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    right: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[int] = mapped_column(default=0)
    in_a_row: Mapped[int] = mapped_column(default=0)
    in_notebook: Mapped[bool] = mapped_column(default=False)
    last_at: Mapped[datetime]


class PracticeDay(Base):
    """How much one person practised on one day of the office's calendar."""

    __tablename__ = "practice_days"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    done: Mapped[int] = mapped_column(default=0)
    right: Mapped[int] = mapped_column(default=0)


class PracticeSet(Base):
    """The questions that one person is at in one scope, so that they go on where they stopped; the next set of the
    scope takes its place.

    `items` is a list of {"q": question id, "v": version answered, "a": the answer, "r": whether it was right}; the last
    three are there once it is answered.
    """

    __tablename__ = "practice_sets"
    __table_args__ = (UniqueConstraint("user_id", "scope"),)

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(MAX_KEY))
    day: Mapped[date]
    items: Mapped[list[Any]]
    changed_at: Mapped[datetime]


class PracticeSetting(Base):
    """How one person practises: right answers in a row that take a question out of the notebook."""

    __tablename__ = "practice_settings"
    __table_args__ = (CheckConstraint("needed > 0", name="needed_positive"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    needed: Mapped[int] = mapped_column(default=USUAL_NEEDED)
