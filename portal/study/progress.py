"""How far plans have come, for one person or for everybody they ask: three grouped statements, whatever the number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.study.models import StudyPlanItem
from portal.study.queries import own
from portal.study.rules.hours import PlanItemKind, Progress, progress


@dataclass(frozen=True, slots=True)
class Figures:
    """What people did in a year, as plans count it."""

    minutes: dict[int, int]
    attended: dict[tuple[int, int], int]
    read: dict[tuple[int, int | None], int]

    def done(self, item: StudyPlanItem, user_id: int) -> int:
        """How much of one thing a person has done; without a form or a regulation any counts."""
        if item.kind is PlanItemKind.MINUTES:
            return self.minutes.get(user_id, 0)
        counts: dict[tuple[int, Any], int] = dict(self.attended if item.kind is PlanItemKind.SESSIONS else self.read)
        wanted = item.study_kind_id if item.kind is PlanItemKind.SESSIONS else item.regulation_id
        return sum(times for (who, what), times in counts.items() if who == user_id and wanted in {None, what})


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
