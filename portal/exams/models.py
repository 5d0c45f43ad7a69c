"""Tables of question banks, papers, rounds and attempts.

Points and scores are integer hundredths. A question is edited by adding a version; papers and attempts point at
versions, so what somebody answered never changes afterwards.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk, Title
from portal.exams.rules.attempt import AttemptState, CloseReason
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.practice import PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState, When


class QuestionState(StrEnum):
    """在用, 停用 (drawn no more, kept for what it was used in)."""

    ACTIVE = "active"
    RETIRED = "retired"


class PaperKind(StrEnum):
    """按规则抽题, 固定试卷."""

    RULE = "rule"
    FIXED = "fixed"


class QuestionBank(Base):
    """A collection of questions, kept by a unit and seen by the units below and above it."""

    __tablename__ = "question_banks"

    id: Mapped[IntPk]
    name: Mapped[Title] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    practice: Mapped[PracticeRelease] = mapped_column(default=PracticeRelease.OFF)
    created_at: Mapped[datetime]


class Question(Base):
    """A question of a bank, as it stands now.

    `type`, `stem` and `difficulty` repeat the current version for lists. `identity_key`, `stem_key` and `answer_key`
    are the hashes by which duplicates, same stems and conflicts are found. `same_stem` flags another question of the
    bank with this stem and other options.
    """

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_bank_id_identity_key", "bank_id", "identity_key"),
        Index("ix_questions_bank_id_stem_key", "bank_id", "stem_key"),
        Index("ix_questions_bank_id_type_state", "bank_id", "type", "state"),
        Index("ix_questions_bank_id_id", "bank_id", "id"),
    )

    id: Mapped[IntPk]
    bank_id: Mapped[int] = mapped_column(ForeignKey("question_banks.id"))
    type: Mapped[QuestionType]
    state: Mapped[QuestionState] = mapped_column(default=QuestionState.ACTIVE)
    stem: Mapped[str] = mapped_column(Text)
    difficulty: Mapped[str] = mapped_column(String(16), default="")
    version_no: Mapped[int] = mapped_column(default=1)
    identity_key: Mapped[str] = mapped_column(String(64))
    stem_key: Mapped[str] = mapped_column(String(64))
    answer_key: Mapped[str] = mapped_column(String(64))
    same_stem: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]


class QuestionVersion(Base):
    """The text of a question from one edit to the next; immutable by trigger. `options` is a list of texts."""

    __tablename__ = "question_versions"
    __table_args__ = (UniqueConstraint("question_id", "no"),)

    id: Mapped[IntPk]
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    no: Mapped[int]
    type: Mapped[QuestionType]
    stem: Mapped[str] = mapped_column(Text)
    options: Mapped[list[Any]]
    blanks: Mapped[int] = mapped_column(default=0)
    analysis: Mapped[str] = mapped_column(Text, default="")
    difficulty: Mapped[str] = mapped_column(String(16), default="")
    points: Mapped[int | None]
    tags: Mapped[list[Any]]
    source: Mapped[str] = mapped_column(String(200), default="")
    author_id: Mapped[int | None]
    created_at: Mapped[datetime]


class QuestionKey(Base):
    """The right answer of a version, apart from its text: read by the grader and by those who edit questions.

    Option indexes for choices; a list of accepted spellings per blank for 填空; one text for 简答. `weights` has what
    each option of a 多选 brings by itself (rules.weights), None where it has none.
    """

    __tablename__ = "question_keys"

    version_id: Mapped[int] = mapped_column(ForeignKey("question_versions.id"), primary_key=True)
    key: Mapped[list[Any]]
    weights: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class QuestionLaw(Base):
    """The article of a law that a question tests."""

    __tablename__ = "question_laws"
    __table_args__ = (UniqueConstraint("question_id", "title", "article"), Index("ix_question_laws_title", "title"))

    id: Mapped[IntPk]
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    title: Mapped[Title]
    article: Mapped[str] = mapped_column(String(40))


class ExamRound(Base):
    """One holding of an exam (轮次): its window, its lines, its paper, what is shown afterwards.

    `full_marks` (hundredths) is set where the exam is sat elsewhere and has no paper here; `main_round_id` on a re-sit,
    for the round whose failed and absent people sit again.
    """

    __tablename__ = "exam_rounds"
    __table_args__ = (
        CheckConstraint("closes_at > opens_at", name="window_in_order"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
        Index("ix_exam_rounds_state_closes_at", "state", "closes_at"),
    )

    id: Mapped[IntPk]
    title: Mapped[Title]
    kind: Mapped[RoundKind]
    state: Mapped[RoundState] = mapped_column(default=RoundState.DRAFT)
    year: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    minutes: Mapped[int]
    pass_line: Mapped[int]
    excellent_line: Mapped[int | None]
    full_marks: Mapped[int | None]
    main_round_id: Mapped[int | None] = mapped_column(ForeignKey("exam_rounds.id"), index=True)
    attempts_allowed: Mapped[int | None] = mapped_column(default=1)
    show_score: Mapped[When] = mapped_column(default=When.AT_ONCE)
    show_answers: Mapped[When] = mapped_column(default=When.AFTER_CLOSING)
    show_key: Mapped[When] = mapped_column(default=When.AFTER_CLOSING)
    show_analysis: Mapped[When] = mapped_column(default=When.AFTER_CLOSING)
    paper_kind: Mapped[PaperKind] = mapped_column(default=PaperKind.RULE)
    notes: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class PaperSection(Base):
    """One section of a round's paper: how many questions of which kind at how many points (hundredths).

    On a rule paper, `bank_id`, `law_title` ("" for any) and `difficulty` ("" for any) say what is drawn from; on a
    fixed paper the questions stand in PaperItem and `count` is their number.
    """

    __tablename__ = "paper_sections"
    __table_args__ = (
        UniqueConstraint("round_id", "position"),
        CheckConstraint("count > 0", name="count_positive"),
        CheckConstraint("points > 0", name="points_positive"),
    )

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[Title]
    type: Mapped[QuestionType]
    bank_id: Mapped[int | None] = mapped_column(ForeignKey("question_banks.id"))
    law_title: Mapped[Title] = mapped_column(default="")
    difficulty: Mapped[str] = mapped_column(String(16), default="")
    count: Mapped[int]
    points: Mapped[int]
    partial: Mapped[PartialRule] = mapped_column(default=PartialRule.ALL)
    shuffle: Mapped[bool] = mapped_column(default=True)


class PaperItem(Base):
    """A question that a fixed paper names."""

    __tablename__ = "paper_items"
    __table_args__ = (UniqueConstraint("section_id", "position"),)

    id: Mapped[IntPk]
    section_id: Mapped[int] = mapped_column(ForeignKey("paper_sections.id", ondelete="CASCADE"))
    position: Mapped[int]
    version_id: Mapped[int] = mapped_column(ForeignKey("question_versions.id"))


class RosterEntry(Base):
    """Somebody who is on a round's list, with the unit of the day the list was made.

    `deferred_until` is the last day of a 缓考 that was granted until a certain day.
    """

    __tablename__ = "roster_entries"
    __table_args__ = (
        UniqueConstraint("round_id", "user_id"),
        Index("ix_roster_entries_user_id", "user_id"),
        Index("ix_roster_entries_round_id_unit_id", "round_id", "unit_id"),
    )

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    unit_name: Mapped[Title]
    position: Mapped[Title] = mapped_column(default="")
    status: Mapped[RosterStatus] = mapped_column(default=RosterStatus.SHOULD)
    reason: Mapped[str] = mapped_column(String(200), default="")
    deferred_until: Mapped[date | None]
    extra_minutes: Mapped[int] = mapped_column(default=0)


class Attempt(Base):
    """One sitting. `paper` is the drawn paper: a list of
    {"v": version id, "s": section index, "p": points, "o": [bank position shown at place i]}.

    `marks` has None where a question does not count any more, and where it waits for a marker; while one waits there is
    no score. `marks_revision` counts how often the marks were written, `regrade_no` is the regrade they follow.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("round_id", "user_id", "no"),
        Index("ix_attempts_user_id", "user_id"),
        Index("ix_attempts_state_due_at", "state", "due_at"),
    )

    id: Mapped[IntPk]
    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    no: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(default=AttemptState.IN_PROGRESS)
    paper: Mapped[list[Any]]
    lease: Mapped[int] = mapped_column(default=1)
    lease_session: Mapped[str] = mapped_column(String(64), default="")
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    closed_by: Mapped[CloseReason | None]
    late_seconds: Mapped[int] = mapped_column(default=0)
    max_score: Mapped[int]
    score: Mapped[int | None]
    marks: Mapped[list[Any] | None]
    passed: Mapped[bool | None]
    marks_revision: Mapped[int] = mapped_column(default=0)
    regrade_no: Mapped[int] = mapped_column(default=0)
    seal: Mapped[str] = mapped_column(String(64), default="")


class AnswerRow(Base):
    """What was answered at one position of an attempt; a trigger refuses changes once the attempt is handed in.

    `value` is a list of the places picked on this paper, as digits, or of the texts typed.
    """

    __tablename__ = "answers"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[list[Any]]
    lease: Mapped[int]
    counter: Mapped[int]
    saved_at: Mapped[datetime]


class AttemptEvent(Base):
    """What happened during an attempt, append-only: evidence for a person to weigh, never an automatic zero."""

    __tablename__ = "attempt_events"
    __table_args__ = (Index("ix_attempt_events_attempt_id_id", "attempt_id", "id"),)

    id: Mapped[IntPk]
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]
