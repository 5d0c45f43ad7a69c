"""Every SELECT on meetings. Whoever may see a unit's meetings sees them; an owner sees the decision alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core import clock
from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.meetings.models import AgendaItem, Decision, FollowUp, Meeting
from portal.meetings.rules import SOON_DAYS, DecisionState, DueState, ItemKind, MeetingKind, MeetingState
from portal.meetings.words import DECISION_LABELS, DUE_LABELS, KIND_LABELS, STATE_LABELS
from portal.org.models import Unit
from portal.org.queries import within
from portal.web.columns import in_year, years
from portal.web.tables import Column, Filter, Table, contains, equals

VIEW, MANAGE = Permission.MEETING_VIEW, Permission.MEETING_MANAGE


def visible_to(viewer: Viewer, permission: Permission = VIEW) -> ColumnElement[bool]:
    """The condition that a meeting is of a unit for which the viewer holds the permission."""
    return within(Meeting.unit_id, viewer.units_for(permission))


def by_id(session: Session, viewer: Viewer, meeting_id: int, *, manage: bool = False) -> Meeting | None:
    """A meeting that the viewer may see, or with `manage` change."""
    return session.scalar(
        select(Meeting).where(Meeting.id == meeting_id, visible_to(viewer, MANAGE if manage else VIEW))
    )


def listing(viewer: Viewer) -> Select[Any]:
    """Meetings in sight, as rows for lists and exports, with the number of open decisions."""
    open_decisions = (
        select(func.count())
        .where(Decision.meeting_id == Meeting.id, Decision.state == DecisionState.OPEN)
        .scalar_subquery()
    )
    statement: Select[Any] = (
        select(
            Meeting.id,
            Meeting.kind,
            Meeting.state,
            Meeting.number,
            Meeting.title,
            Meeting.held_on,
            Meeting.chair,
            Unit.name.label("unit_name"),
            open_decisions.label("open_decisions"),
        )
        .join(Unit, Unit.id == Meeting.unit_id)
        .where(visible_to(viewer))
    )
    return statement


def items(session: Session, meeting_id: int) -> list[AgendaItem]:
    """The agenda in its order."""
    return list(
        session.scalars(
            select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position, AgendaItem.id)
        )
    )


def item(session: Session, meeting_id: int, item_id: int) -> AgendaItem | None:
    """A matter of this meeting."""
    return session.scalar(select(AgendaItem).where(AgendaItem.id == item_id, AgendaItem.meeting_id == meeting_id))


def decides(session: Session, item_id: int) -> bool:
    """Whether something was decided under a matter."""
    return session.scalar(select(Decision.id).where(Decision.item_id == item_id).limit(1)) is not None


def last_number(session: Session, meeting_id: int) -> int:
    """The highest number of a meeting's decisions."""
    return session.scalar(select(func.max(Decision.no)).where(Decision.meeting_id == meeting_id)) or 0


def number_taken(session: Session, meeting_id: int, number: int) -> bool:
    """Whether a decision of a meeting has a number."""
    found = select(Decision.id).where(Decision.meeting_id == meeting_id, Decision.no == number)
    return session.scalar(found) is not None


def works_in(session: Session, user_id: int, unit_id: int) -> bool:
    """Whether a person in office belongs to a unit or to one below it."""
    found = select(User.id).where(User.id == user_id, User.state == UserState.ACTIVE, within(User.unit_id, [unit_id]))
    return session.scalar(found) is not None


def decisions(viewer: Viewer) -> Select[Any]:
    """Decisions in sight with their meeting: of one's units' meetings, of one's units to carry out, or one's own."""
    return _DECISIONS.where(_decisions_in_sight(viewer.units_for(VIEW), viewer.id))


def _decisions_in_sight(tops: frozenset[int], person: Any) -> ColumnElement[bool]:
    return or_(within(Meeting.unit_id, tops), within(Decision.unit_id, tops), Decision.owner_id == person)


_DECISIONS: Select[Any] = (
    select(
        *Decision.__table__.columns,
        Meeting.title.label("meeting_title"),
        Meeting.held_on,
        Meeting.kind.label("meeting_kind"),
        Unit.name.label("unit_name"),
        User.name.label("owner_name"),
    )
    .join(Meeting, Meeting.id == Decision.meeting_id)
    .join(Unit, Unit.id == Decision.unit_id)
    .outerjoin(User, User.id == Decision.owner_id)
)


def decision(session: Session, viewer: Viewer, decision_id: int) -> Decision | None:
    """A decision that the viewer may see."""
    found = decisions(viewer).where(Decision.id == decision_id).with_only_columns(Decision.id)
    return session.get(Decision, decision_id) if session.scalar(found) is not None else None


def decision_of(session: Session, meeting_id: int, decision_id: int) -> Decision | None:
    """A decision of this meeting."""
    return session.scalar(select(Decision).where(Decision.id == decision_id, Decision.meeting_id == meeting_id))


def owner_number(session: Session, decision: Decision) -> str:
    """The number of whoever carries a decision out, "" for nobody."""
    return session.scalar(select(User.number).where(User.id == decision.owner_id)) or ""


def may_report(session: Session, viewer: Viewer, found: Decision) -> bool:
    """Whether the viewer may report on a decision: its owner, or who keeps meetings of either unit."""
    if found.owner_id is not None and found.owner_id == viewer.id:
        return True
    tops = viewer.units_for(MANAGE)
    mine = select(Decision.id).join(Meeting, Meeting.id == Decision.meeting_id)
    reach = or_(within(Meeting.unit_id, tops), within(Decision.unit_id, tops))
    return session.scalar(mine.where(Decision.id == found.id, reach)) is not None


def owner_by_number(session: Session, number: str) -> int | None:
    """A person in office by number; whether they belong to the unit is the service's to say."""
    return session.scalar(select(User.id).where(User.number == number, User.state == UserState.ACTIVE))


def follow_ups(session: Session, decision_id: int) -> list[FollowUp]:
    """Reports on a decision, newest first."""
    return list(
        session.scalars(select(FollowUp).where(FollowUp.decision_id == decision_id).order_by(FollowUp.id.desc()))
    )


def decisions_of(session: Session, viewer: Viewer, meeting_id: int) -> list[Any]:
    """The decisions of one meeting in their order."""
    return list(session.execute(decisions(viewer).where(Decision.meeting_id == meeting_id).order_by(Decision.no)))


def mine(session: Session, viewer: Viewer, *, limit: int = 5) -> Sequence[Any]:
    """Open decisions that the viewer owns, the most urgent first (home)."""
    return _MINE.all(session, owner=viewer.id, limit=limit)


# One's own are in sight wherever the meeting was held.
_MINE = Statement(
    _DECISIONS.where(Decision.owner_id == bindparam("owner"), Decision.state == DecisionState.OPEN)
    .order_by(Decision.due_on.is_(None), Decision.due_on, Decision.id)
    .limit(bindparam("limit"))
)


def between(session: Session, viewer: Viewer, first: date, last: date) -> list[Row[Any]]:
    """Meetings in sight that are not cancelled, in a span of days (calendars)."""
    columns: list[Any] = [
        Meeting.id,
        Meeting.title,
        Meeting.number,
        Meeting.held_on,
        Meeting.begins,
        Meeting.ends,
        Meeting.place,
    ]
    found: Select[Any] = select(*columns).where(
        visible_to(viewer), Meeting.state != MeetingState.CANCELLED, Meeting.held_on.between(first, last)
    )
    return list(session.execute(found.order_by(Meeting.held_on, Meeting.begins, Meeting.id)))


def my_due(session: Session, viewer: Viewer, first: date, last: date) -> list[Row[Any]]:
    """(id, text, day) of open decisions that the viewer owns and that fall due in a span of days."""
    columns: list[Any] = [Decision.id, Decision.text, Decision.due_on]
    found: Select[Any] = select(*columns).where(
        Decision.owner_id == viewer.id, Decision.state == DecisionState.OPEN, Decision.due_on.between(first, last)
    )
    return list(session.execute(found.order_by(Decision.due_on, Decision.id)))


def overdue(session: Session, viewer: Viewer, today: date, *, limit: int) -> Sequence[Any]:
    """Open decisions past their day that the viewer looks after, the longest overdue first."""
    late = _overdue(viewer.units_for(VIEW), viewer.units_for(MANAGE))
    return late.all(session, person=viewer.id, today=today, limit=limit)


@functools.lru_cache(64)
def _overdue(tops: frozenset[int], kept: frozenset[int]) -> Statement:
    return Statement(
        _DECISIONS.where(
            _decisions_in_sight(tops, bindparam("person")),
            Decision.state == DecisionState.OPEN,
            Decision.due_on < bindparam("today"),
            or_(within(Meeting.unit_id, kept), within(Decision.unit_id, kept)),
        )
        .order_by(Decision.due_on, Decision.id)
        .limit(bindparam("limit"))
    )


def first_topic_items(viewer: Viewer, year: int) -> Select[Any]:
    """第一议题 of 党组会 in sight in a year: what a study session can be linked to."""
    columns: list[Any] = [AgendaItem.id, AgendaItem.title, Meeting.held_on, Meeting.number]
    statement: Select[Any] = (
        select(*columns)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            visible_to(viewer),
            Meeting.state != MeetingState.CANCELLED,
            AgendaItem.kind.in_([ItemKind.FIRST_TOPIC, ItemKind.STUDY]),
            Meeting.held_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(Meeting.held_on.desc(), AgendaItem.position)
    )
    return statement


def item_exists(session: Session, viewer: Viewer, item_id: int) -> bool:
    """Whether an agenda item is of a meeting in sight."""
    found = select(AgendaItem.id).join(Meeting, Meeting.id == AgendaItem.meeting_id)
    return session.scalar(found.where(AgendaItem.id == item_id, visible_to(viewer))) is not None


def agenda_line(session: Session, item_id: int) -> Row[Any] | None:
    """(meeting id, meeting title, number, held on, item title) of a matter, for whoever links to it."""
    columns: list[Any] = [
        Meeting.id.label("meeting_id"),
        Meeting.title.label("meeting_title"),
        Meeting.number,
        Meeting.held_on,
        AgendaItem.title.label("item_title"),
    ]
    found: Select[Any] = select(*columns).join(Meeting, Meeting.id == AgendaItem.meeting_id)
    return session.execute(found.where(AgendaItem.id == item_id)).one_or_none()


def due_filter(statement: Select[Any], value: str) -> Select[Any]:
    """Only decisions that stand so against their day, as of today."""
    today, opened = clock.today(), Decision.state == DecisionState.OPEN
    soon = today + timedelta(days=SOON_DAYS)
    conditions: dict[DueState, ColumnElement[bool]] = {
        DueState.OVERDUE: and_(opened, Decision.due_on < today),
        DueState.SOON: and_(opened, Decision.due_on.between(today, soon)),
        DueState.LATER: and_(opened, Decision.due_on > soon),
        DueState.NO_DATE: and_(opened, Decision.due_on.is_(None)),
        DueState.CLOSED: Decision.state != DecisionState.OPEN,
    }
    return statement.where(conditions[DueState(value)])


TABLE = Table(
    name="meetings",
    columns=(
        Column("held_on", _l("日期"), lambda row: row.held_on, sort=Meeting.held_on, css="nowrap half"),
        Column("kind", _l("会议类型"), lambda row: str(KIND_LABELS[row.kind.value]), sort=Meeting.kind, css="half"),
        Column("number", _l("期次"), lambda row: row.number, css="nowrap half"),
        Column("title", _l("会议名称"), lambda row: row.title, sort=Meeting.title, css="lead", fixed=True),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.name),
        Column("chair", _l("主持人"), lambda row: row.chair, css="half"),
        Column("state", _l("状态"), lambda row: str(STATE_LABELS[row.state.value]), sort=Meeting.state, css="half"),
        Column("open", _l("待落实"), lambda row: row.open_decisions, css="num half"),
    ),
    filters=(
        Filter(
            "q",
            _l("关键词"),
            contains(Meeting.title, Meeting.number, Meeting.chair),
            kind="text",
            placeholder=_l("会议名称、期次、主持人"),
        ),
        Filter("kind", _l("会议类型"), equals(Meeting.kind, MeetingKind), choices=list(KIND_LABELS.items())),
        Filter("state", _l("状态"), equals(Meeting.state, MeetingState), choices=list(STATE_LABELS.items())),
        Filter("year", _l("年度"), in_year(Meeting.held_on), choices=years),
    ),
    identity=Meeting.__table__.c.id,
    sort="-held_on",
)

# SQLite and PostgreSQL put NULL at different ends; whatever has no day comes last.
_DUE = case((Decision.due_on.is_(None), date(9999, 12, 31)), else_=Decision.due_on)

DECISIONS = Table(
    name="decisions",
    columns=(
        Column("due", _l("完成期限"), lambda row: row.due_on, sort=_DUE, css="nowrap"),
        Column("text", _l("议定事项"), lambda row: row.text, sort=Decision.text, css="lead", fixed=True),
        Column("unit", _l("责任单位"), lambda row: row.unit_name, sort=Unit.name),
        Column("owner", _l("责任人"), lambda row: row.owner_name or "", css="half"),
        Column("meeting", _l("会议"), lambda row: row.meeting_title, sort=Meeting.title),
        Column(
            "state", _l("落实情况"), lambda row: str(DECISION_LABELS[row.state.value]), sort=Decision.state, css="half"
        ),
    ),
    filters=(
        Filter("q", _l("关键词"), contains(Decision.text, Meeting.title), kind="text", placeholder=_l("事项、会议")),
        Filter("due", _l("期限"), due_filter, choices=list(DUE_LABELS.items())),
        Filter("kind", _l("会议类型"), equals(Meeting.kind, MeetingKind), choices=list(KIND_LABELS.items())),
    ),
    identity=Decision.__table__.c.id,
    sort="due",
)
