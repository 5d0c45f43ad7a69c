"""What the pages of practice show: a question of a set, before and after it is answered, and the set as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.exams import articles
from portal.exams.models_practice import PracticeSet
from portal.exams.queries import practice as queries
from portal.exams.queries import practice_release as released
from portal.exams.rules.practice import DAILY, Scope, ScopeKind, scope_of, streak
from portal.exams.rules.question import QuestionType
from portal.exams.services import practice as services
from portal.exams.services.practice import Told
from portal.exams.sitting import LETTERS


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a set: "right", "wrong", "todo", or "away" while the question may not be practised."""

    place: int
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The question of a page. `value` is what was answered, `told` what is known after that."""

    place: int
    version_id: int
    type: QuestionType
    stem: str
    options: list[str]
    blanks: int
    value: list[str]
    right: bool | None
    told: Told | None

    @property
    def answered(self) -> bool:
        """Whether the answer has been given."""
        return self.right is not None

    @property
    def key_text(self) -> str:
        """The right answer in the letters of the page, or the accepted spellings."""
        if self.told is None:
            return ""
        if self.type is QuestionType.FILL:
            return "；".join(" / ".join(spellings) for spellings in self.told.key)
        return "".join(LETTERS[place] for place in self.told.key)

    @property
    def value_text(self) -> str:
        """What was answered, in the same way."""
        if self.type is QuestionType.FILL:
            return "；".join(self.value)
        return "".join(LETTERS[int(place)] for place in self.value)

    @property
    def articles(self) -> list[tuple[str, str, str | None]]:
        """(law, article, address or None)."""
        return [(title, no, articles.address(title, no)) for title, no in (self.told.articles if self.told else ())]


@dataclass(frozen=True, slots=True)
class SetPage:
    """A set with the question that is looked at; none when all is done."""

    row: PracticeSet
    scope: Scope
    steps: list[Step]
    shown: Shown | None

    @property
    def done(self) -> int:
        """How many are answered."""
        return sum(step.state in ("right", "wrong") for step in self.steps)

    @property
    def right(self) -> int:
        """How many are answered rightly."""
        return sum(step.state == "right" for step in self.steps)

    @property
    def count(self) -> int:
        """How many there are, without those that may not be practised any more."""
        return sum(step.state != "away" for step in self.steps)

    @property
    def finished(self) -> bool:
        """Nothing is left to answer."""
        return not any(step.state == "todo" for step in self.steps)


def page_of(session: Session, viewer: Viewer, now: datetime, row: PracticeSet, place: int | None) -> SetPage:
    """The set at a place (from 0), or at the first one to answer. Raises RuleError "practice-while-sitting"."""
    services.require_rest(session, actor=viewer, now=now)
    current = queries.available(session, now, [item["q"] for item in row.items])
    steps = [Step(at, _state(item, current)) for at, item in enumerate(row.items)]
    looked_at = place if place is not None and 0 <= place < len(steps) else None
    if looked_at is None:
        looked_at = next((step.place for step in steps if step.state == "todo"), None)
    if looked_at is None or steps[looked_at].state == "away":
        return SetPage(row, scope_of(row.scope), steps, None)
    item = row.items[looked_at]
    shown = _shown(session, viewer, now, looked_at, item, item.get("v", current[item["q"]]))
    return SetPage(row, scope_of(row.scope), steps, shown)


def _state(item: dict[str, Any], current: dict[int, int]) -> str:
    if item["q"] not in current:
        return "away"
    if "r" not in item:
        return "todo"
    return "right" if item["r"] else "wrong"


def _shown(session: Session, viewer: Viewer, now: datetime, place: int, item: dict[str, Any], version_id: int) -> Shown:
    text = queries.texts(session, [version_id])[version_id]
    return Shown(
        place=place,
        version_id=version_id,
        type=text.type,
        stem=text.stem,
        options=text.options,
        blanks=text.blanks,
        value=item.get("a", []),
        right=item.get("r"),
        told=services.told(session, actor=viewer, now=now, item=item) if "r" in item else None,
    )


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """A question of a finished set."""

    step: Step
    stem: str


def summary(session: Session, page: SetPage) -> list[SummaryLine]:
    """The answered questions of a set with their stems; one statement."""
    versions = {step.place: page.row.items[step.place].get("v") for step in page.steps if step.state != "away"}
    texts = queries.texts(session, [version for version in versions.values() if version])
    return [SummaryLine(page.steps[at], texts[version].stem) for at, version in versions.items() if version]


@dataclass(frozen=True, slots=True)
class Begun:
    """A set that waits to be gone on with."""

    row: PracticeSet | Any
    scope: Scope
    done: int
    count: int

    @property
    def finished(self) -> bool:
        """Every question of it is answered."""
        return self.done == self.count

    def as_shown(self) -> tuple[int, Scope, int, int]:
        """What a page shows of it."""
        return self.row.id, self.scope, self.done, self.count


def begun(rows: Sequence[Any], today: date) -> tuple[Begun | None, list[Begun]]:
    """(today's ten if they are begun, the other sets that are not finished)."""
    known = [Begun(row, scope_of(row.scope), sum("r" in item for item in row.items), len(row.items)) for row in rows]
    daily = next((each for each in known if each.scope.kind is ScopeKind.DAILY and each.row.day == today), None)
    others = [each for each in known if each.scope.kind is not ScopeKind.DAILY and not each.finished]
    return daily, others


@dataclass(frozen=True, slots=True)
class HomeCard:
    """Practice on the home page: today's ten, and days in a row; `sitting` is an attempt that goes before."""

    daily: Begun | None
    streak: int
    sitting: int | None
    scope: Scope = DAILY


def home_card(session: Session, viewer: Viewer, now: datetime, today: date) -> HomeCard | None:
    """The small card of the home page; None where nothing is released. Four statements."""
    if not released.anything(session):
        return None
    row = queries.set_shown(session, viewer, DAILY)
    daily, _others = begun([row] if row else [], today)
    days = {each.day for each in queries.days_of(session, viewer, today)}
    return HomeCard(daily, streak(days, today), released.sitting(session, viewer, now))
