"""Tables of study: kinds, sessions, who was there, who spoke, self-study, plans and the hours ledger.

Minutes throughout; hours are for the eye. Times of day are wall clock, "09:30", or empty.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk, Title
from portal.study.rules.attendance import Attendance, MakeUp
from portal.study.rules.hours import PlanItemKind, Source
from portal.study.rules.session import Precision, SessionState


class StudyKind(Base):
    """A form of study (党组第一议题, 专题讲座 …): rows, not code. The report counts it under `figure`.

    `publicity`: sessions of this form count as publicity too unless somebody says otherwise. A form that is used is
    switched off, never deleted.
    """

    __tablename__ = "study_kinds"

    id: Mapped[IntPk]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(50))
    english: Mapped[str] = mapped_column(String(80), default="")
    figure: Mapped[str] = mapped_column(String(40), default="")
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    publicity: Mapped[bool] = mapped_column(default=False)


class StudySeries(Base):
    """A recurring session; the sessions themselves are made from it and then stand alone.

    `weekday`, `nth` and `month_day` are those of rules.recurrence. `ended_at` and `end_reason`: when and why the rest
    of it was cancelled.
    """

    __tablename__ = "study_series"

    id: Mapped[IntPk]
    title: Mapped[Title]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("study_kinds.id"))
    weekday: Mapped[int]
    nth: Mapped[int]
    month_day: Mapped[int] = mapped_column(default=0)
    first_on: Mapped[date]
    last_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class StudySession(Base):
    """集体学习: planned, held, or entered afterwards.

    `day` and `precision` say when (see rules.session.span); `first_day` and `last_day` are that span, for counting.
    `own` is False for a session that another bureau held: such a one counts for the people, not as the unit's own.
    `minutes` is what attendance is credited with. `entered_on` starts the time in which it may be changed freely.
    `cancelled_at` is that of its series where it was cancelled with the rest of it.
    """

    __tablename__ = "study_sessions"
    __table_args__ = (
        Index("ix_study_sessions_unit_id_first_day", "unit_id", "first_day", "id"),
        Index("ix_study_sessions_kind_id_first_day", "kind_id", "first_day", "id"),
        Index("ix_study_sessions_state_first_day", "state", "first_day", "id"),
    )

    id: Mapped[IntPk]
    kind_id: Mapped[int] = mapped_column(ForeignKey("study_kinds.id"))
    state: Mapped[SessionState]
    title: Mapped[Title]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    own: Mapped[bool] = mapped_column(default=True)
    organiser: Mapped[str] = mapped_column(String(100), default="")
    day: Mapped[date]
    precision: Mapped[Precision] = mapped_column(default=Precision.DAY)
    first_day: Mapped[date]
    last_day: Mapped[date]
    begins: Mapped[str] = mapped_column(String(5), default="")
    ends: Mapped[str] = mapped_column(String(5), default="")
    minutes: Mapped[int] = mapped_column(default=0)
    place: Mapped[str] = mapped_column(String(100), default="")
    chair: Mapped[str] = mapped_column(String(50), default="")
    lecturer: Mapped[str] = mapped_column(String(50), default="")
    lecturer_post: Mapped[str] = mapped_column(String(100), default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    publicity: Mapped[bool] = mapped_column(default=False)
    agenda_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("study_series.id"), index=True)
    entered_on: Mapped[date]
    check_in_code: Mapped[str | None] = mapped_column(String(16), unique=True)
    check_in_until: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")
    cancelled_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class StudyMaterial(Base):
    """What was studied and is no regulation: a speech, a document."""

    __tablename__ = "study_materials"
    __table_args__ = (UniqueConstraint("title", "number"),)

    id: Mapped[IntPk]
    title: Mapped[Title]
    issuer: Mapped[str] = mapped_column(String(100), default="")
    issued_on: Mapped[date | None]
    number: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime]


class StudyTopic(Base):
    """One thing a session was on: a regulation (with articles, "art_35"), a material, or plain words.

    `regulation_id` has no foreign key: the library is another feature's, and what was studied stays said by `title`.
    """

    __tablename__ = "study_topics"
    __table_args__ = (
        Index("ix_study_topics_session_id_position", "session_id", "position"),
        Index("ix_study_topics_title", "title"),
    )

    id: Mapped[IntPk]
    session_id: Mapped[int] = mapped_column(ForeignKey("study_sessions.id"))
    position: Mapped[int]
    title: Mapped[Title]
    material_id: Mapped[int | None] = mapped_column(ForeignKey("study_materials.id"))
    regulation_id: Mapped[int | None] = mapped_column(index=True)
    articles: Mapped[list[Any]]


class StudyAttendance(Base):
    """A person on the list of a session, with the unit of that day.

    `parts` holds "chair", "lead" and "speak". `override_minutes` takes the place of the session's, with a reason that
    the person sees. `checked_in_at` is the person's own word; `marked_at` the recorder's.
    """

    __tablename__ = "study_attendances"
    __table_args__ = (
        UniqueConstraint("session_id", "user_id"),
        Index("ix_study_attendances_user_id_session_id", "user_id", "session_id"),
        Index("ix_study_attendances_make_up_due", "make_up", "make_up_due"),
        Index("ix_study_attendances_session_id_unit_id", "session_id", "unit_id"),
    )

    id: Mapped[IntPk]
    session_id: Mapped[int] = mapped_column(ForeignKey("study_sessions.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    unit_name: Mapped[Title]
    position: Mapped[Title] = mapped_column(default="")
    status: Mapped[Attendance] = mapped_column(default=Attendance.UNKNOWN)
    parts: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(String(200), default="")
    override_minutes: Mapped[int | None]
    override_reason: Mapped[str] = mapped_column(String(200), default="")
    checked_in_at: Mapped[datetime | None]
    marked_at: Mapped[datetime | None]
    marked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    make_up: Mapped[MakeUp] = mapped_column(default=MakeUp.NONE)
    make_up_due: Mapped[date | None]
    make_up_on: Mapped[date | None]
    make_up_note: Mapped[str] = mapped_column(String(500), default="")


class StudyHeadcount(Base):
    """How many people without accounts came from a unit."""

    __tablename__ = "study_headcounts"
    __table_args__ = (UniqueConstraint("session_id", "unit_id"),)

    id: Mapped[IntPk]
    session_id: Mapped[int] = mapped_column(ForeignKey("study_sessions.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    people: Mapped[int]


class StudySpeech(Base):
    """交流发言. `user_id` is empty for a guest; `minutes` where nobody noted it."""

    __tablename__ = "study_speeches"
    __table_args__ = (Index("ix_study_speeches_user_id", "user_id"),)

    id: Mapped[IntPk]
    session_id: Mapped[int] = mapped_column(ForeignKey("study_sessions.id"), index=True)
    position: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(50))
    topic: Mapped[Title] = mapped_column(default="")
    minutes: Mapped[int | None]
    summary: Mapped[str] = mapped_column(Text, default="")


class SelfStudy(Base):
    """自学: "I have read this". `open_minutes` is how long the page was open, a hint and no more."""

    __tablename__ = "self_studies"
    __table_args__ = (
        Index("ix_self_studies_user_id_read_on", "user_id", "read_on", "id"),
        Index("ix_self_studies_regulation_id_article", "regulation_id", "article"),
    )

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[Title]
    regulation_id: Mapped[int | None]
    article: Mapped[str] = mapped_column(String(32), default="")
    read_on: Mapped[date]
    minutes: Mapped[int] = mapped_column(default=0)
    open_minutes: Mapped[int | None]
    reflection: Mapped[str] = mapped_column(Text, default="")
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class StudyPlan(Base):
    """What a year asks of the people of a unit and below, or of its 领导干部 alone."""

    __tablename__ = "study_plans"
    __table_args__ = (Index("ix_study_plans_year_unit_id", "year", "unit_id"),)

    id: Mapped[IntPk]
    year: Mapped[int]
    title: Mapped[Title]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    leaders_only: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class StudyPlanItem(Base):
    """One thing a plan asks for. `amount` counts sessions, minutes or articles; `due_on` empty: over the whole year."""

    __tablename__ = "study_plan_items"
    __table_args__ = (Index("ix_study_plan_items_plan_id_position", "plan_id", "position"),)

    id: Mapped[IntPk]
    plan_id: Mapped[int] = mapped_column(ForeignKey("study_plans.id"))
    position: Mapped[int]
    kind: Mapped[PlanItemKind]
    study_kind_id: Mapped[int | None] = mapped_column(ForeignKey("study_kinds.id"))
    regulation_id: Mapped[int | None]
    title: Mapped[Title]
    amount: Mapped[int]
    due_on: Mapped[date | None]


class HoursEntry(Base):
    """A line of the hours ledger; append-only. Lines of one source sum to what it is worth now."""

    __tablename__ = "hours_entries"
    __table_args__ = (
        Index("ix_hours_entries_user_id_year", "user_id", "year", "id"),
        Index("ix_hours_entries_source_source_id", "source", "source_id", "user_id"),
    )

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    year: Mapped[int]
    day: Mapped[date]
    source: Mapped[Source]
    source_id: Mapped[int]
    minutes: Mapped[int]
    title: Mapped[Title]
    at: Mapped[datetime]


class CalendarToken(Base):
    """The private address of a person's .ics feed; only its digest is kept."""

    __tablename__ = "calendar_tokens"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
