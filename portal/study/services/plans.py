"""Study plans: what a year asks of whom."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
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


def update(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, values: PlanValues) -> None:
    """Change a plan."""
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
    if values.amount < 1:
        raise RuleError("plan-amount")
    if values.due_on is not None and values.due_on.year != plan.year:
        raise RuleError("plan-year", year=plan.year)
    item = StudyPlanItem(plan_id=plan.id, position=len(queries.items(session, plan.id)) + 1, **asdict(values))
    session.add(item)
    record(session, actor=actor, at=now, action="plan-item.create", row=item, label=f"{plan.title} / {values.title}")
    return item


def remove_item(session: Session, *, actor: Viewer, now: datetime, plan: StudyPlan, item: StudyPlanItem) -> None:
    """Ask for it no longer."""
    record(session, actor=actor, at=now, action="plan-item.delete", row=item, label=f"{plan.title} / {item.title}")
    session.delete(item)
    session.flush()
