"""Every SELECT on the course of attempts: the list of a round with its counts, and one attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core import clock
from portal.core.viewer import Viewer
from portal.exams.models import Attempt, AttemptEvent, ExamRound, RosterEntry
from portal.exams.queries.results import units
from portal.exams.queries.rounds import lines_of
from portal.exams.rules.attempt import GRACE, AttemptState, Phase
from portal.exams.rules.evidence import Happening
from portal.exams.words_evidence import STATE_LABELS
from portal.web.tables import Column, Filter, Table, contains

_COUNTED = {"blurs": "blur", "takeovers": "takeover", "offlines": "offline", "stale": "stale", "late": "late"}


def happenings(session: Session, attempt_id: int) -> list[Happening]:
    """What happened during an attempt, in the order in which it was noted."""
    rows = session.execute(
        select(AttemptEvent.kind, AttemptEvent.at, AttemptEvent.address, AttemptEvent.detail)
        .where(AttemptEvent.attempt_id == attempt_id)
        .order_by(AttemptEvent.id)
    )
    return [Happening(*row) for row in rows]


def attempt_seen(
    session: Session, round_: ExamRound, attempt_id: int, viewer: Viewer
) -> tuple[Attempt, User, RosterEntry] | None:
    """An attempt at this round with its person and line on the list, where the viewer reads that line's result."""
    found = session.execute(
        _attempts(round_, viewer, Attempt, User, RosterEntry).where(Attempt.id == attempt_id)
    ).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def _attempts(round_: ExamRound, viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Attempt)
        .join(User, User.id == Attempt.user_id)
        .join(RosterEntry, and_(RosterEntry.round_id == Attempt.round_id, RosterEntry.user_id == Attempt.user_id))
        .where(Attempt.round_id == round_.id, lines_of(viewer, round_))
    )


def _second(moment: datetime) -> str:
    """The office's wall clock to the second; a sheet's own times end at the minute."""
    return clock.to_local(moment).strftime("%Y-%m-%d %H:%M:%S")


def _state(now: datetime) -> ColumnElement[str]:
    """What an attempt is at `now`, as rules.attempt.phase says it; the grace is part of the sitting."""
    return case(
        (Attempt.state == AttemptState.VOIDED, Phase.VOIDED.value),
        (Attempt.state == AttemptState.SUBMITTED, Phase.SUBMITTED.value),
        (Attempt.due_at < now - GRACE, Phase.EXPIRED.value),
        else_=Phase.IN_PROGRESS.value,
    )


def evidence_table(session: Session, round_: ExamRound, now: datetime, viewer: Viewer) -> tuple[Table, Select[Any]]:
    """A line for each attempt with the counts of what was noted, and the statement to read it with."""
    noted = (
        select(
            AttemptEvent.attempt_id,
            func.count(func.nullif(AttemptEvent.address, "").distinct()).label("addresses"),
            *(func.sum(case((AttemptEvent.kind == kind, 1), else_=0)).label(name) for name, kind in _COUNTED.items()),
        )
        .join(Attempt, Attempt.id == AttemptEvent.attempt_id)
        .where(Attempt.round_id == round_.id)
        .group_by(AttemptEvent.attempt_id)
        .subquery()
    )
    figures = {name: func.coalesce(noted.c[name], 0) for name in (*_COUNTED, "addresses")}
    state = _state(now)
    statement = _attempts(
        round_,
        viewer,
        Attempt.id,
        Attempt.no,
        Attempt.started_at,
        User.number,
        User.name,
        RosterEntry.unit_name,
        state.label("state"),
        *(figure.label(name) for name, figure in figures.items()),
    ).outerjoin(noted, noted.c.attempt_id == Attempt.id)

    def with_some(narrowed: Select[Any], value: str) -> Select[Any]:
        return narrowed.where(figures[value] > (1 if value == "addresses" else 0))

    def count(name: str, label: Any) -> Column:
        return Column(name, label, lambda row: getattr(row, name), sort=figures[name], css="num half")

    table = Table(
        name="evidence",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=User.number, css="nowrap half"),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name, css="lead nowrap", fixed=True),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=RosterEntry.unit_name),
            Column("no", _l("第几次"), lambda row: row.no, css="num half"),
            Column("state", _l("状态"), lambda row: str(STATE_LABELS[row.state]), css="half nowrap"),
            Column("started", _l("开始"), lambda row: _second(row.started_at), sort=Attempt.started_at, css="moment"),
            count("blurs", _l("离开页面")),
            count("addresses", _l("地址数")),
            count("takeovers", _l("换设备")),
            count("offlines", _l("断网")),
            count("stale", _l("原页面补送")),
            count("late", _l("交卷后送达")),
        ),
        filters=(
            Filter("q", _l("关键词"), contains(User.name, User.number), kind="text", placeholder=_l("姓名、工号")),
            Filter(
                "unit",
                _l("单位"),
                lambda narrowed, value: narrowed.where(RosterEntry.unit_id == int(value)),
                choices=lambda: units(session, round_, viewer),
            ),
            Filter(
                "noted",
                _l("有记录"),
                with_some,
                choices=[
                    ("blurs", _l("离开过页面")),
                    ("addresses", _l("不止一个地址")),
                    ("takeovers", _l("换过设备")),
                    ("offlines", _l("断过网")),
                    ("stale", _l("原页面有补送")),
                    ("late", _l("交卷后有送达")),
                ],
            ),
        ),
        identity=Attempt.__table__.c.id,
        sort="unit",
        page_size=50,
    )
    return table, statement
