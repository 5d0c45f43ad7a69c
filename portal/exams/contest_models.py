"""Tables of contests: how one is held, whose name may be shown, and where the clock of an attempt stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.exams.models import Attempt
from portal.exams.rules.contest import Audience, NamesShown


class Contest(Base):
    """What a round of kind 竞赛 has beside what every round has. `question_seconds` None: one clock for the whole."""

    __tablename__ = "contests"
    __table_args__ = (CheckConstraint("least_people > 0", name="least_people_positive"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id", ondelete="CASCADE"), primary_key=True)
    question_seconds: Mapped[int | None]
    self_enrol: Mapped[bool] = mapped_column(default=False)
    names: Mapped[NamesShown] = mapped_column(default=NamesShown.AGREED)
    board_during: Mapped[Audience] = mapped_column(default=Audience.PARTICIPANTS)
    board_after: Mapped[Audience] = mapped_column(default=Audience.EVERYBODY)
    least_people: Mapped[int] = mapped_column(default=3)


class ContestConsent(Base):
    """Whether somebody wants their name on the leaderboard of a contest."""

    __tablename__ = "contest_consents"

    round_id: Mapped[int] = mapped_column(ForeignKey("exam_rounds.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    agreed: Mapped[bool]
    at: Mapped[datetime]


class ContestClock(Base):
    """The question at which an attempt stood when it last moved by hand; see rules.contest.QuestionClock.

    The seconds are not here: each line of the paper carries them, so that a save sees without a look-up whether there
    is a clock to ask for.
    """

    __tablename__ = "contest_clocks"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    position: Mapped[int]
    opened_at: Mapped[datetime]


# All that a leaderboard reads of an attempt. The papers beside it are long, and a board is asked for every two seconds.
# The person comes before the state: otherwise SQLite takes this way where it should look a person up.
Index(
    "ix_attempts_standings",
    Attempt.round_id, Attempt.user_id, Attempt.state, Attempt.score, Attempt.submitted_at, Attempt.started_at,
    Attempt.due_at,
)  # fmt: skip
