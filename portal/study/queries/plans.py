"""Every SELECT on study plans."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.org.models import Unit, UnitScope
from portal.org.queries import within
from portal.study.models import StudyPlan, StudyPlanItem
from portal.web.tables import Column, Filter, Table, contains


def visible_to(viewer: Viewer, *, manage: bool = False) -> ColumnElement[bool]:
    """The condition that a plan is of the viewer's units, or (to read) is published and asks something of them."""
    mine = within(StudyPlan.unit_id, viewer.units_for(Permission.STUDY_MANAGE))
    if manage:
        return mine
    readable = within(StudyPlan.unit_id, viewer.units_for(Permission.STUDY_VIEW))
    return or_(mine, StudyPlan.published_at.is_not(None) & or_(readable, asks(viewer.id or 0)))


def asks(user_id: int) -> ColumnElement[bool]:
    """The condition that a plan asks something of a person: of their unit or one above, and of people like them."""
    above = (
        select(UnitScope.ancestor_id)
        .join(User, User.unit_id == UnitScope.unit_id)
        .where(User.id == user_id, or_(StudyPlan.leaders_only.is_(False), User.is_leader.is_(True)))
        .correlate(StudyPlan)
    )
    return StudyPlan.unit_id.in_(above)


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


def of_person(session: Session, user_id: int, year: int) -> list[StudyPlan]:
    """The published plans of a year that ask something of a person."""
    return list(
        session.scalars(
            select(StudyPlan)
            .where(StudyPlan.year == year, StudyPlan.published_at.is_not(None), asks(user_id))
            .order_by(StudyPlan.id)
        )
    )


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
    """The ids of the same."""
    return select(User.id).where(*_asked(viewer, plan))


def people_rows(session: Session, viewer: Viewer, plan: StudyPlan) -> Sequence[Row[Any]]:
    """All of them, by unit."""
    return session.execute(people(viewer, plan).order_by(Unit.code, User.id)).all()


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

PEOPLE = Table(
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
    ),
    identity=User.__table__.c.id,
    sort="unit",
    views=False,  # its columns are what the plan asks for
)
