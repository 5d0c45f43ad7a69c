"""The units of a contest: their figures for the board, and those of the whole for reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.viewer import Viewer
from portal.exams.contest_models import Contest
from portal.exams.models import ExamRound, RosterEntry
from portal.exams.queries.contest import Stand, all_standings, settings
from portal.exams.queries.rounds import tops_of
from portal.exams.rules import contest as rules
from portal.exams.rules.contest import RankedUnit, UnitEntry
from portal.exams.rules.round import RosterStatus
from portal.org.models import Unit, UnitScope
from portal.org.queries import within


def unit_entries(session: Session, round_: ExamRound, contest: Contest, stands: Iterable[Stand]) -> list[UnitEntry]:
    """Every unit of the contest, in the order of their codes; at most two statements. `stands`: everybody's.

    Those who could take part are the people on the list, or everybody in service where people join by themselves: a
    list that grows by joining would make every unit's participation full.
    """
    took, points = Counter[int](), Counter[int]()
    for stand in stands:
        took[stand.unit_id] += 1
        points[stand.unit_id] += stand.score
    people = {row.id: row for row in _listed(session, round_)}
    if contest.self_enrol:
        people = _larger(people, {row.id: row for row in _headcounts(session, round_)})
    units = sorted(people.values(), key=lambda row: (row.code, row.id))
    return [UnitEntry(row.id, row.name, row.people, took[row.id], points[row.id]) for row in units]


def _larger(listed: dict[int, Row[Any]], service: dict[int, Row[Any]]) -> dict[int, Row[Any]]:
    """Of each unit the larger number: whoever has left since still took part."""
    rows = [*service.values(), *listed.values()]
    found: dict[int, Row[Any]] = {}
    for row in rows:
        if row.id not in found or row.people > found[row.id].people:
            found[row.id] = row
    return found


def _listed(session: Session, round_: ExamRound) -> Iterable[Row[Any]]:
    return session.execute(
        select(
            RosterEntry.unit_id.label("id"),
            Unit.code,
            func.max(RosterEntry.unit_name).label("name"),
            func.count().label("people"),
        )
        .join(Unit, Unit.id == RosterEntry.unit_id)
        .where(RosterEntry.round_id == round_.id, RosterEntry.status == RosterStatus.SHOULD)
        .group_by(RosterEntry.unit_id, Unit.code)
    )


def _headcounts(session: Session, round_: ExamRound) -> Iterable[Row[Any]]:
    return session.execute(
        select(Unit.id, Unit.code, Unit.name, func.count(User.id).label("people"))
        .join(User, User.unit_id == Unit.id)
        .where(User.state == UserState.ACTIVE, within(Unit.id, [round_.unit_id]))
        .group_by(Unit.id, Unit.code, Unit.name)
    )


def ranked_units(
    session: Session, round_: ExamRound, contest: Contest, stands: Iterable[Stand], viewer: Viewer
) -> list[RankedUnit]:
    """The units that the viewer reads, in the order of the board; their places count all units."""
    read = units_read_by(session, round_, viewer)
    ranked = rules.rank_units(unit_entries(session, round_, contest, stands), contest.least_people)
    return [each for each in ranked if each.entry.unit_id in read]


def units_read_by(session: Session, round_: ExamRound, viewer: Viewer) -> Container[int]:
    """The units whose figures the viewer reads: all of a round of their own, else theirs; as with results."""
    own = frozenset(
        session.scalars(select(UnitScope.unit_id).where(UnitScope.ancestor_id.in_(sorted(tops_of(viewer)))))
    )
    return _Everything() if round_.unit_id in own else own


class _Everything:
    """What holds every unit."""

    def __contains__(self, _unit_id: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ContestFigures:
    """What a report says of a contest. `mean` in hundredths of a point, exact, None before anybody has handed in."""

    people: int
    participants: int
    units: int
    units_taking_part: int
    mean: Fraction | None


def figures(session: Session, round_: ExamRound) -> ContestFigures:
    """Head counts and mean of a contest, for its own pages and for reports on publicity work; at most four statements.

    `round_` is one that the caller was allowed to see.
    """
    stands = all_standings(session, round_.id)
    return figures_of(unit_entries(session, round_, settings(session, round_.id), stands))


def figures_of(entries: Iterable[UnitEntry]) -> ContestFigures:
    """The sum of all units."""
    units = list(entries)
    took = sum(each.took for each in units)
    return ContestFigures(
        people=sum(max(each.people, each.took) for each in units),
        participants=took,
        units=len(units),
        units_taking_part=sum(each.took > 0 for each in units),
        mean=Fraction(sum(each.points for each in units), took) if took else None,
    )
