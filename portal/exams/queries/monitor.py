"""Every SELECT of the live monitor: who has not begun, is at it, has gone silent, has handed in.

A page that is open asks for the time every half minute, and its session notes that at most once a minute. Whoever was
not heard of for longer than SILENT has lost the connection or closed the browser; nothing is lost by that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, String, and_, case, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import LoginSession, User
from portal.core.viewer import Viewer
from portal.exams.models import AnswerRow, Attempt, AttemptEvent, ExamRound, RosterEntry
from portal.exams.queries.results import units
from portal.exams.queries.rounds import going_on, handed_in, lines_of, over_since
from portal.exams.rules.round import RosterStatus
from portal.exams.words_rounds import WATCH_LABELS
from portal.org.models import Unit
from portal.web.tables import Column, Filter, Table, contains

SILENT = timedelta(minutes=2)


class Watch(StrEnum):
    """What somebody on the list is doing right now."""

    WAITING = "waiting"
    SITTING = "sitting"
    SILENT = "silent"
    DONE = "done"


def _lines(round_: ExamRound, now: datetime, viewer: Viewer) -> tuple[Select[Any], Any]:
    """Everybody who should sit, with the attempt under way; and the expression of what they are doing."""
    open_one = aliased(Attempt)
    under_way = and_(
        open_one.round_id == RosterEntry.round_id,
        open_one.user_id == RosterEntry.user_id,
        going_on(open_one, over_since(now)),
    )
    done = exists().where(
        Attempt.round_id == RosterEntry.round_id, Attempt.user_id == RosterEntry.user_id, handed_in(over_since(now))
    )
    heard = func.coalesce(LoginSession.last_seen_at, open_one.started_at)
    doing = case(
        (and_(open_one.id.is_not(None), heard < now - SILENT), Watch.SILENT.value),
        (open_one.id.is_not(None), Watch.SITTING.value),
        (done, Watch.DONE.value),
        else_=Watch.WAITING.value,
    )
    columns: tuple[Any, ...] = (
        RosterEntry.id,
        RosterEntry.unit_id,
        RosterEntry.unit_name,
        RosterEntry.extra_minutes,
        User.number,
        User.name,
        open_one.id.label("attempt_id"),
        open_one.due_at,
        heard.label("heard_at"),
        LoginSession.address,
        doing.label("doing"),
    )
    statement: Select[Any] = (
        select(*columns)
        .join(User, User.id == RosterEntry.user_id)
        .outerjoin(open_one, under_way)
        .outerjoin(LoginSession, LoginSession.id == open_one.lease_session)
        .where(
            RosterEntry.round_id == round_.id,
            RosterEntry.status == RosterStatus.SHOULD,
            lines_of(viewer, round_),
        )
    )
    return statement, doing


def watch_table(session: Session, round_: ExamRound, now: datetime, viewer: Viewer) -> tuple[Table, Select[Any]]:
    """The list of people with what they are doing, and the statement to read it with."""
    statement, doing = _lines(round_, now, viewer)
    labels = [(each.value, WATCH_LABELS[each.value]) for each in Watch]
    # Whoever may need help stands first.
    urgency = case({Watch.SILENT.value: 0, Watch.SITTING.value: 1, Watch.WAITING.value: 2}, value=doing, else_=3)
    table = Table(
        name="monitor",
        columns=(
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
            Column("doing", _l("状态"), lambda row: str(WATCH_LABELS[row.doing]), sort=urgency),
            Column("answered", _l("已答"), lambda row: row.attempt_id, css="num"),
            Column("due", _l("交卷期限"), lambda row: row.due_at),
            Column("heard", _l("最近联络"), lambda row: row.heard_at),
            Column("address", _l("地址"), lambda row: row.address),
            Column("moves", _l("换设备"), lambda row: row.attempt_id, css="num"),
            Column("extra", _l("加时"), lambda row: row.extra_minutes, css="num"),
        ),
        filters=(
            Filter("q", _l("关键词"), contains(User.name, User.number), kind="text", placeholder=_l("姓名、工号")),
            Filter(
                "unit",
                _l("单位"),
                lambda narrowed, value: narrowed.where(RosterEntry.unit_id == int(value)),
                choices=lambda: units(session, round_, viewer),
            ),
            Filter("doing", _l("状态"), lambda narrowed, value: narrowed.where(doing == value), choices=labels),
        ),
        identity=RosterEntry.__table__.c.id,
        sort="doing",
        views=False,
        page_size=50,
    )
    return table, statement


class Progress(NamedTuple):
    """How far somebody is: answered of so many questions, and how often they changed the device."""

    answered: int
    questions: int
    moves: int


def progress(session: Session, attempt_ids: Iterable[int | None]) -> dict[int, Progress]:
    """The progress of the attempts on a page, by id; one statement.

    Apart from the list: to count the answers of everybody, and sort, takes seconds with thousands at it.
    """
    # An answer that is there and not blank: what is left of its JSON without brackets, commas and empty texts.
    bare: Any = cast(AnswerRow.value, String)
    for mark in ('""', "[", "]", ",", " "):
        bare = func.replace(bare, mark, "")
    answered = select(func.count()).where(AnswerRow.attempt_id == Attempt.id, func.length(bare) > 0)
    moves = select(func.count()).where(AttemptEvent.attempt_id == Attempt.id, AttemptEvent.kind == "takeover")
    rows = session.execute(
        select(
            Attempt.id,
            answered.correlate(Attempt).scalar_subquery(),
            func.json_array_length(Attempt.paper),
            moves.correlate(Attempt).scalar_subquery(),
        ).where(Attempt.id.in_([each for each in attempt_ids if each]))
    )
    return {row[0]: Progress(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class WatchFigures:
    """Head counts of a unit, or of all."""

    unit_id: int
    name: str
    waiting: int
    sitting: int
    silent: int
    done: int

    @property
    def should(self) -> int:
        """Everybody who should sit."""
        return self.waiting + self.sitting + self.silent + self.done


def watch_figures(session: Session, round_: ExamRound, now: datetime, viewer: Viewer) -> list[WatchFigures]:
    """What everybody is doing, by unit in the order of their codes; one statement."""
    statement, _doing = _lines(round_, now, viewer)
    line = statement.subquery()

    def count(what: Watch) -> Any:
        return func.sum(case((line.c.doing == what.value, 1), else_=0))

    rows = session.execute(
        select(line.c.unit_id, func.max(line.c.unit_name), *(count(each) for each in Watch))
        .join(Unit, Unit.id == line.c.unit_id)
        .group_by(line.c.unit_id, Unit.code)
        .order_by(Unit.code)
    )
    return [WatchFigures(*row) for row in rows]


def watch_total(figures: list[WatchFigures], name: str) -> WatchFigures:
    """The sum of all units."""
    parts = ("waiting", "sitting", "silent", "done")
    return WatchFigures(0, name, *(sum(getattr(each, part) for each in figures) for part in parts))
