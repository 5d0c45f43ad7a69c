"""What kinds of unit there are, which may stand below which, and when one may be closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.core.errors import RuleError


class UnitKind(StrEnum):
    """区, 局, 科室, 街道, 社区, 站点, 部门."""

    DISTRICT = "district"
    BUREAU = "bureau"
    SECTION = "section"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    STATION = "station"
    DEPARTMENT = "department"


_OFFICES = frozenset({UnitKind.BUREAU, UnitKind.DEPARTMENT, UnitKind.SUBDISTRICT})

# What each kind may stand directly below. A unit at the top may be of any kind.
PARENT_KINDS: dict[UnitKind, frozenset[UnitKind]] = {
    UnitKind.DISTRICT: frozenset(),
    UnitKind.BUREAU: frozenset({UnitKind.DISTRICT}),
    UnitKind.DEPARTMENT: frozenset({UnitKind.DISTRICT}),
    UnitKind.SUBDISTRICT: frozenset({UnitKind.DISTRICT}),
    UnitKind.SECTION: _OFFICES,
    UnitKind.COMMUNITY: frozenset({UnitKind.SUBDISTRICT}),
    UnitKind.STATION: _OFFICES | {UnitKind.DISTRICT, UnitKind.COMMUNITY},
}


@dataclass(frozen=True, slots=True)
class Occupation:
    """What keeps a unit from being closed: units in use below it, and people in office in it."""

    children: int
    people: int


def check_place(kind: UnitKind, parent: UnitKind | None) -> None:
    """Raises RuleError("unit-kind-place") for a kind that may not stand below its parent's kind."""
    if parent is not None and parent not in PARENT_KINDS[kind]:
        raise RuleError("unit-kind-place")


def check_children(kind: UnitKind, children: frozenset[UnitKind]) -> None:
    """Raises RuleError("unit-kind-children") for a kind below which the units that are there may not stand."""
    if any(kind not in PARENT_KINDS[child] for child in children):
        raise RuleError("unit-kind-children")


def check_dates(valid_from: date, valid_to: date | None) -> None:
    """Raises RuleError("unit-dates") for an end before the beginning."""
    if valid_to is not None and valid_to < valid_from:
        raise RuleError("unit-dates")


def check_close(name: str, occupation: Occupation) -> None:
    """Raises RuleError unit-has-children or unit-has-people."""
    if occupation.children:
        raise RuleError("unit-has-children", name=name)
    if occupation.people:
        raise RuleError("unit-has-people", name=name, count=occupation.people)


def in_force(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether a unit with these dates exists on a day; both ends count."""
    return valid_from <= day and (valid_to is None or day <= valid_to)
