"""Every SELECT on study plans."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.permissions import Permission
from portal.core.plain import Statement
from portal.core.viewer import Viewer
from portal.org.models import Unit, UnitScope
from portal.org.queries import within
from portal.study.models import HoursEntry, SelfStudy, StudyAttendance, StudyPlan, StudyPlanItem, StudySession
from portal.study.rules.attendance import ATTENDED, MakeUp
from portal.study.rules.hours import PlanItemKind
from portal.study.rules.session import SessionState
from portal.web.tables import Column, Filter, Table, contains


def visible_to(viewer: Viewer, *, manage: bool = False) -> ColumnElement[bool]:
    """The condition that a plan is of the viewer's units, or (to read) is published and asks something of them."""
    mine = within(StudyPlan.unit_id, viewer.units_for(Permission.STUDY_MANAGE))
    if manage:
        return mine
    readable = within(StudyPlan.unit_id, viewer.units_for(Permission.STUDY_VIEW))
    return or_(mine, StudyPlan.published_at.is_not(None) & or_(readable, asks(viewer.id or 0)))


def asks(user_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a plan asks something of a person: of their unit or one above, and of people like them."""
    above = (
        select(UnitScope.ancestor_id)
        .join(User, User.unit_id == UnitScope.unit_id)
        .where(User.id == user_id, or_(StudyPlan.leaders_only.is_(False), User.is_leader.is_(True)))
        .correlate(StudyPlan)
    )
    return StudyPlan.unit_id.in_(above)


# Asked for by everybody's home page.
_OF_PERSON = Statement(
    select(StudyPlan.id, StudyPlan.title)
    .where(
        StudyPlan.year == bindparam("year"), StudyPlan.published_at.is_not(None), asks(bindparam("user", type_=Integer))
    )
    .order_by(StudyPlan.id)
)


def by_id(session: Session, viewer: Viewer, plan_id: int, *, manage: bool = False) -> StudyPlan | None:
    """A plan that the viewer may read, or with `manage` change."""
    return session.scalar(select(StudyPlan).where(StudyPlan.id == plan_id, visible_to(viewer, manage=manage)))


def items(session: Session, plan_id: int) -> list[StudyPlanItem]:
    """What a plan asks for, in order."""
    return list(
        session.scalars(
            select(StudyPlanItem)
            .where(StudyPlanItem.plan_id == plan_id)
            .order_by(StudyPlanItem.position, StudyPlanItem.id)
        )
    )


def of_person(session: Session, user_id: int, year: int) -> Sequence[Any]:
    """(id, title) of the published plans of a year that ask something of a person."""
    return _OF_PERSON.all(session, user=user_id, year=year)


def last_position(session: Session, plan_id: int) -> int:
    """The highest place of what a plan asks for."""
    return session.scalar(select(func.max(StudyPlanItem.position)).where(StudyPlanItem.plan_id == plan_id)) or 0


def items_of(session: Session, plan_ids: Collection[int]) -> dict[int, list[StudyPlanItem]]:
    """{plan: what it asks for, in order} of several plans at once."""
    found: dict[int, list[StudyPlanItem]] = {}
    for item in session.scalars(
        select(StudyPlanItem)
        .where(StudyPlanItem.plan_id.in_(plan_ids))
        .order_by(StudyPlanItem.position, StudyPlanItem.id)
    ):
        found.setdefault(item.plan_id, []).append(item)
    return found


def item(session: Session, plan_id: int, item_id: int) -> StudyPlanItem | None:
    """One thing that this plan asks for."""
    return session.scalar(select(StudyPlanItem).where(StudyPlanItem.id == item_id, StudyPlanItem.plan_id == plan_id))


def listing(viewer: Viewer) -> Select[Any]:
    """Plans in sight as rows."""
    columns: list[Any] = [
        StudyPlan.id,
        StudyPlan.year,
        StudyPlan.title,
        StudyPlan.leaders_only,
        StudyPlan.published_at,
        Unit.name.label("unit_name"),
    ]
    statement: Select[Any] = select(*columns).join(Unit, Unit.id == StudyPlan.unit_id).where(visible_to(viewer))
    return statement


def _asked(viewer: Viewer, plan: StudyPlan) -> list[ColumnElement[bool]]:
    """Whom a plan asks, of those whose study the viewer may read."""
    conditions = [
        within(User.unit_id, [plan.unit_id]),
        within(User.unit_id, viewer.units_for(Permission.STUDY_VIEW)),
        User.state == UserState.ACTIVE,
    ]
    return [*conditions, User.is_leader.is_(True)] if plan.leaders_only else conditions


def people(viewer: Viewer, plan: StudyPlan) -> Select[Any]:
    """Whom a plan asks, as rows for lists."""
    columns: list[Any] = [User.id, User.number, User.name, User.position, Unit.name.label("unit_name")]
    statement: Select[Any] = select(*columns).join(Unit, Unit.id == User.unit_id).where(*_asked(viewer, plan))
    return statement


def people_ids(viewer: Viewer, plan: StudyPlan) -> Select[Any]:
    """The ids of the same, for an export of all of them."""
    return select(User.id).where(*_asked(viewer, plan))


def people_rows(session: Session, viewer: Viewer, plan: StudyPlan) -> Sequence[Row[Any]]:
    """All of them, by unit."""
    return session.execute(people(viewer, plan).order_by(Unit.code, User.id)).all()


def _done(item: StudyPlanItem, year: int) -> Any:
    """How much of one thing the person of the row has done in a year, as progress.Figures counts it."""
    span = (date(year, 1, 1), date(year, 12, 31))
    found: Select[Any]
    if item.kind is PlanItemKind.MINUTES:
        found = select(func.coalesce(func.sum(HoursEntry.minutes), 0)).where(
            HoursEntry.user_id == User.id, HoursEntry.year == year
        )
    elif item.kind is PlanItemKind.SESSIONS:
        found = (
            select(func.count())
            .select_from(StudyAttendance)
            .join(StudySession, StudySession.id == StudyAttendance.session_id)
            .where(
                StudyAttendance.user_id == User.id,
                StudySession.state.in_([SessionState.HELD, SessionState.RECORDED]),
                StudySession.first_day.between(*span),
                StudyAttendance.status.in_(sorted(ATTENDED)) | (StudyAttendance.make_up == MakeUp.DONE),
            )
        )
        if item.study_kind_id is not None:
            found = found.where(StudySession.kind_id == item.study_kind_id)
    else:
        thing = func.coalesce(cast(SelfStudy.regulation_id, String), "") + "/" + SelfStudy.title
        found = select(func.count((thing + "/" + SelfStudy.article).distinct())).where(
            SelfStudy.user_id == User.id, SelfStudy.read_on.between(*span)
        )
        if item.regulation_id is not None:
            found = found.where(SelfStudy.regulation_id == item.regulation_id)
    return found.correlate(User).scalar_subquery()


def complete(items: Sequence[StudyPlanItem], year: int) -> ColumnElement[bool]:
    """The condition that the person of the row has done all that a plan asks for; nobody has where it asks nothing."""
    return and_(*(_done(item, year) >= item.amount for item in items)) if items else false()


def by_unit(session: Session, viewer: Viewer, plan: StudyPlan, items: Sequence[StudyPlanItem]) -> list[Row[Any]]:
    """(unit, people asked, their minutes of the year, how many have done all of it), one statement."""
    minutes = select(func.coalesce(func.sum(HoursEntry.minutes), 0)).where(
        HoursEntry.user_id == User.id, HoursEntry.year == plan.year
    )
    columns: list[Any] = [
        Unit.name,
        func.count().label("people"),
        func.sum(minutes.correlate(User).scalar_subquery()).label("minutes"),
        func.sum(case((complete(items, plan.year), 1), else_=0)).label("complete"),
    ]
    found: Select[Any] = select(*columns).join(User, User.unit_id == Unit.id).where(*_asked(viewer, plan))
    return list(session.execute(found.group_by(Unit.id, Unit.name, Unit.code).order_by(Unit.code)))


TABLE = Table(
    name="study_plans",
    columns=(
        Column("year", _l("年度"), lambda row: row.year, sort=StudyPlan.year, css="num half"),
        Column("title", _l("计划名称"), lambda row: row.title, sort=StudyPlan.title, css="lead", fixed=True),
        Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.name),
        Column("for", _l("对象"), lambda row: str(_l("领导干部") if row.leaders_only else _l("全体人员")), css="half"),
        Column("state", _l("状态"), lambda row: str(_l("已发布") if row.published_at else _l("草稿")), css="half"),
    ),
    filters=(Filter("q", _l("关键词"), contains(StudyPlan.title), kind="text", placeholder=_l("计划名称")),),
    identity=StudyPlan.__table__.c.id,
    sort="-year",
)


def people_table(plan: StudyPlan, items: Sequence[StudyPlanItem]) -> Table:
    """Whom a plan asks, to look through; its columns are what the plan asks for."""

    def finished(statement: Select[Any], value: str) -> Select[Any]:
        done = complete(items, plan.year)
        return statement.where(done if value == "yes" else ~done)

    return Table(
        name="study_plan_people",
        columns=(
            Column("number", _l("工号"), lambda row: row.number, sort=User.number, css="nowrap"),
            Column("name", _l("姓名"), lambda row: row.name, sort=User.name),
            Column("unit", _l("单位"), lambda row: row.unit_name, sort=Unit.code),
        ),
        filters=(
            Filter(
                "q",
                _l("关键词"),
                contains(User.name, User.number, Unit.name),
                kind="text",
                placeholder=_l("姓名、工号、单位"),
            ),
            Filter("done", _l("进度"), finished, choices=[("no", _l("没有全部完成")), ("yes", _l("全部完成"))]),
        ),
        identity=User.__table__.c.id,
        sort="unit",
        views=False,
    )
