"""Study plans: what a year asks of whom."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.stamp import check_stamp, stamp
from portal.core.viewer import Viewer
from portal.desk import removed
from portal.study.models import StudyPlan, StudyPlanItem
from portal.study.queries import plans as queries
from portal.study.rules.hours import PlanItemKind


@dataclass(frozen=True, slots=True)
class PlanValues:
    """What a form says of a plan."""

    year: int
    title: str
    unit_id: int
    leaders_only: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ItemValues:
    """One thing a plan asks for; `amount` counts sessions, minutes or articles."""

    kind: PlanItemKind
    title: str
    amount: int
    study_kind_id: int | None = None
    regulation_id: int | None = None
    due_on: date | None = None


def create(session: Session, *, actor: Viewer, now: datetime, values: PlanValues) -> StudyPlan:
    """A plan that only its makers see until it is published."""
    plan = StudyPlan(**asdict(values), created_at=now)
    session.add(plan)
    record(session, actor=actor, at=now, action="plan.create", row=plan, label=values.title)
    return plan


def stamp_of(plan: StudyPlan) -> str:
    """The fingerprint of what a form shows of a plan."""
    return stamp(*(getattr(plan, name) for name in PlanValues.__dataclass_fields__))


def update(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, values: PlanValues, seen: str) -> None:
    """Change a plan. Raises RuleError changed-meanwhile."""
    check_stamp(seen, stamp_of(plan))
    for name, value in asdict(values).items():
        setattr(plan, name, value)
    record(session, actor=actor, at=now, action="plan.update", row=plan, label=plan.title)


def publish(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan) -> None:
    """Show a plan to those it asks. Raises RuleError plan-empty."""
    if not queries.items(session, plan.id):
        raise RuleError("plan-empty")
    if plan.published_at is None:
        plan.published_at = now
        record(session, actor=actor, at=now, action="plan.publish", row=plan, label=plan.title)


def add_item(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, values: ItemValues) -> StudyPlanItem:
    """Ask for one more thing. Raises RuleError plan-amount or plan-year."""
    _check_item(plan, values)
    item = StudyPlanItem(plan_id=plan.id, position=queries.last_position(session, plan.id) + 1, **asdict(values))
    session.add(item)
    record(session, actor=actor, at=now, action="plan-item.create", row=item, label=f"{plan.title} / {values.title}")
    return item


def item_stamp(item: StudyPlanItem) -> str:
    """The fingerprint of what a form shows of one thing that a plan asks for."""
    return stamp(*(getattr(item, name) for name in ItemValues.__dataclass_fields__))


def update_item(
    session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, item: StudyPlanItem, values: ItemValues,
    seen: str,
) -> None:  # fmt: skip
    """Ask for it otherwise; everybody's progress follows. Raises changed-meanwhile, plan-amount or plan-year."""
    check_stamp(seen, item_stamp(item))
    _check_item(plan, values)
    for name, value in asdict(values).items():
        setattr(item, name, value)
    record(session, actor=actor, at=now, action="plan-item.update", row=item, label=f"{plan.title} / {item.title}")


def _check_item(plan: StudyPlan, values: ItemValues) -> None:
    if values.amount < 1:
        raise RuleError("plan-amount")
    if values.due_on is not None and values.due_on.year != plan.year:
        raise RuleError("plan-year", year=plan.year)


def remove_item(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, item: StudyPlanItem) -> None:
    """Ask for it no longer; it can be taken back for a day."""
    record(session, actor=actor, at=now, action="plan-item.delete", row=item, label=f"{plan.title} / {item.title}")
    removed.remove(session, now=now, row=item, parent_id=plan.id)


def restore_item(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, item_id: int) -> StudyPlanItem:
    """Ask for it again. Raises RuleError undo-gone."""
    item = removed.take_back(session, now=now, model=StudyPlanItem, row_id=item_id, parent_id=plan.id)
    record(session, actor=actor, at=now, action="plan-item.restore", row=item, label=f"{plan.title} / {item.title}")
    return item
