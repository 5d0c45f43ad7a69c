"""How far plans have come, for one person or for everybody they ask: three grouped statements, whatever the number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.study.models import StudyPlanItem
from portal.study.queries import own
from portal.study.rules.hours import PlanItemKind, Progress, hours, progress


@dataclass(frozen=True, slots=True)
class Figures:
    """What people did in a year, as plans count it."""

    minutes: dict[int, int]
    attended: dict[int, dict[int, int]]
    read: dict[int, dict[int | None, int]]

    def done(self, item: StudyPlanItem, user_id: int) -> int:
        """How much of one thing a person has done; without a form or a regulation any counts."""
        if item.kind is PlanItemKind.MINUTES:
            return self.minutes.get(user_id, 0)
        if item.kind is PlanItemKind.SESSIONS:
            return _counted(self.attended.get(user_id, {}), item.study_kind_id)
        return _counted(self.read.get(user_id, {}), item.regulation_id)

    def shown(self, item: StudyPlanItem, user_id: int) -> int | float:
        """The same as a sheet shows it: time in hours."""
        done = self.done(item, user_id)
        return float(hours(done)) if item.kind is PlanItemKind.MINUTES else done


def _counted(times: Mapping[Any, int], wanted: int | None) -> int:
    return sum(times.values()) if wanted is None else times.get(wanted, 0)


def figures(session: Session, user_ids: Collection[int] | Select[Any], year: int) -> Figures:
    """The year of these people."""
    return Figures(
        own.minutes_by_person(session, user_ids, year),
        own.attended_by_person(session, user_ids, year),
        own.read_by_person(session, user_ids, year),
    )


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """One thing that a plan asks for, and how far a person has come with it."""

    item: StudyPlanItem
    progress: Progress

    @property
    def complete(self) -> bool:
        """Whether all of it is done."""
        return self.progress.done >= self.progress.whole


def of_person(
    items: Sequence[StudyPlanItem], found: Figures, user_id: int, today: date, year: int
) -> list[ItemProgress]:
    """A person's progress with each thing, in the plan's order."""
    return [
        ItemProgress(item, progress(found.done(item, user_id), item.amount, item.due_on, today, year)) for item in items
    ]
