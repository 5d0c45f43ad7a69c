"""Every SELECT on study plans."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.org.models import UnitScope
from portal.org.queries import within
from portal.study.models import StudyPlan, StudyPlanItem


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
        .where(User.id == user_id, or_(StudyPlan.leaders_only.is_(False), User.is_leader.is_(true())))
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
