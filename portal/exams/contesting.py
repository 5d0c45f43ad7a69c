"""What the pages of a contest show: the one question that is open, and the leaderboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.exams.kept_boards import standings_of
from portal.exams.models import Attempt, ExamRound, PaperSection
from portal.exams.queries import attempts, contest_units
from portal.exams.queries import contest as queries
from portal.exams.queries.contest import Board, Seat
from portal.exams.queries.contest_units import ContestFigures
from portal.exams.rules import contest as rules
from portal.exams.rules.attempt import highest_counter
from portal.exams.rules.contest import BoardPolicy, RankedUnit, Turn
from portal.exams.rules.round import RoundPhase, When, review_opens, round_phase
from portal.exams.sitting import Sheet, SheetQuestion, sheet_of


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """The page of an attempt whose questions have clocks. `question` is None once none is open any more."""

    turn: Turn
    seconds: int
    milliseconds_left: int
    total: int
    answered: int
    counter: int
    question: SheetQuestion | None


def open_question(session: Session, attempt: Attempt, now: datetime) -> OpenQuestion | None:
    """The question open now; None for an attempt with one clock for the whole.

    Only this question is read into the page: the next ones are not known before they are open.
    """
    clock = queries.clock_of(session, attempt)
    if clock is None:
        return None
    turn = rules.turn(clock, now)
    stored = attempts.answers(session, attempt.id)
    sheet: Sheet = sheet_of(attempts.paper(session, attempt), stored)
    return OpenQuestion(
        turn=turn,
        seconds=clock.seconds,
        milliseconds_left=max(0, int((turn.ends - now).total_seconds() * 1000)),
        total=clock.count,
        answered=sheet.answered,
        counter=highest_counter(stored),
        question=None if turn.finished else sheet.questions[turn.position - 1],
    )


def last_moment(seat: Seat, sections: Iterable[PaperSection], begins: datetime) -> datetime:
    """When the last question's time is over for whoever begins then; never where there are no such clocks."""
    seconds, count = seat.contest.question_seconds, sum(section.count for section in sections)
    if seconds is None or seat.entry is None or not count:
        return datetime.max.replace(tzinfo=UTC)
    return rules.last_moment(begins, rules.seconds_each(seconds, seat.entry.extra_minutes, count), count)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """All that a leaderboard shows; `board` is None for whoever may not see it now."""

    board: Board | None
    units: list[RankedUnit]
    figures: ContestFigures
    going_on: bool


def closed(session: Session, round_: ExamRound, now: datetime) -> bool:
    """Whether nobody can write any more: so long, what is shown "after closing" is not."""
    return now >= review_opens(round_.closes_at, attempts.longest_extra(session, round_.id))


def policy(seat: Seat) -> BoardPolicy:
    """Who may see the board of a contest."""
    score = seat.round.show_score
    return BoardPolicy(
        seat.contest.board_during, seat.contest.board_after, score is When.AT_ONCE, score is not When.NEVER
    )


def board_page(session: Session, seat: Seat, viewer: Viewer, now: datetime) -> BoardPage:
    """The board as somebody of the contest's reach sees it."""
    over = closed(session, seat.round, now)
    if not rules.may_see_board(policy(seat), closed=over, handed_in=seat.handed_in):
        return BoardPage(None, [], ContestFigures(0, 0, 0, 0, None), going_on=not over)
    return _page(session, seat.round, viewer, now, queries.TOP, going_on=not over)


def wall_page(session: Session, round_: ExamRound, now: datetime, *, top: int) -> BoardPage:
    """The board as everybody in the room sees it, whoever has opened it: by the settings, with nobody's own line."""
    return _page(session, round_, None, now, top, going_on=not closed(session, round_, now))


def _page(
    session: Session, round_: ExamRound, viewer: Viewer | None, now: datetime, top: int, *, going_on: bool
) -> BoardPage:
    contest = queries.settings(session, round_.id)
    stands = standings_of(session, round_.id, now)
    entries = contest_units.unit_entries(session, round_, contest, stands)
    return BoardPage(
        queries.board(stands, contest, viewer, top=top),
        rules.rank_units(entries, contest.least_people),
        contest_units.figures_of(entries),
        going_on,
    )


def is_open(round_: ExamRound, now: datetime) -> bool:
    """Whether one may join or begin."""
    return round_phase(attempts.round_view(round_), now) is RoundPhase.OPEN
