"""Rounds and years side by side, as far as the viewer reads their lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.exams.models import ExamRound
from portal.exams.queries import results
from portal.exams.queries.results import UnitFigures
from portal.exams.queries.rounds import seen_by
from portal.exams.rules.round import RoundKind, RoundState

MOST = 6
"""So many columns can still be read, and each costs one statement."""
_OFFERED = 40
_KINDS = (RoundKind.MAIN, RoundKind.RESIT, RoundKind.SUPERIOR, RoundKind.PAPER)
_FIRST = 3
_NUMBERS = "①②③④⑤⑥"


@dataclass
class Column:
    """A round or a year: its name, a short one for the plot, the figures of all and of each unit by name."""

    name: str
    short: str
    total: UnitFigures
    units: dict[str, UnitFigures] = field(default_factory=dict)


def comparable(session: Session, viewer: Viewer, now: datetime) -> list[ExamRound]:
    """The rounds that can be compared, latest first: published ones that have begun, without mocks and contests."""
    return list(
        session.scalars(
            select(ExamRound)
            .where(
                seen_by(viewer),
                ExamRound.state != RoundState.DRAFT,
                ExamRound.opens_at <= now,
                ExamRound.kind.in_(_KINDS),
            )
            .order_by(ExamRound.year.desc(), ExamRound.opens_at.desc(), ExamRound.id.desc())
            .limit(_OFFERED)
        )
    )


def usual(offered: Sequence[ExamRound], now: datetime) -> list[ExamRound]:
    """What is compared when nothing was chosen: the latest three that are over and no re-sits."""
    main = [each for each in offered if each.main_round_id is None and each.kind is not RoundKind.RESIT]
    return [each for each in main if each.closes_at <= now][:_FIRST]


def columns(
    session: Session, viewer: Viewer, now: datetime, rounds: Iterable[ExamRound], *, by_year: bool
) -> list[Column]:
    """A column for each round, or for each year with all its rounds together, oldest first; one statement a round."""
    ordered = sorted(rounds, key=lambda each: (each.year, each.opens_at, each.id))
    found: dict[object, list[tuple[ExamRound, list[UnitFigures]]]] = {}
    for round_ in ordered:
        key = round_.year if by_year else round_.id
        found.setdefault(key, []).append((round_, results.by_unit(session, round_, now, viewer)))
    years = [each.year for each in ordered]
    made, seen = [], 0
    for number, parts in enumerate(found.values()):
        year = parts[0][0].year
        seen = seen + 1 if number and year == years[number - 1] else 1
        alone = by_year or years.count(year) == 1
        made.append(_column(parts, by_year=by_year, short=str(year) if alone else f"{year}{_NUMBERS[seen - 1]}"))
    return made


def _column(parts: list[tuple[ExamRound, list[UnitFigures]]], *, by_year: bool, short: str) -> Column:
    first = parts[0][0]
    name = str(first.year) if by_year else first.title
    grouped: dict[str, list[UnitFigures]] = {}
    for _round, units in parts:
        for unit in units:
            grouped.setdefault(unit.name, []).append(unit)
    together = {unit: results.overall(figures, unit) for unit, figures in grouped.items()}
    return Column(name, short, results.overall(list(together.values()), name), together)


def unit_names(columns_: Iterable[Column]) -> list[str]:
    """The units of all columns, each once, those of the latest column first."""
    names: dict[str, None] = {}
    for column in reversed(list(columns_)):
        names.update(dict.fromkeys(column.units))
    return list(names)
