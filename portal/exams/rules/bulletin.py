"""《关于…考试情况的通报》: which units the text around the figures names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FULL = 10_000
"""A rate of 100% in hundredths of a percent."""


@dataclass(frozen=True)
class UnitRates:
    """A unit as the text speaks of it: rates in hundredths of a percent, None without a base."""

    name: str
    participation: int | None
    passed: int | None


@dataclass(frozen=True)
class Standing:
    """Which units are named: all present, all passed, and those that did neither reach the overall participation."""

    all_present: tuple[str, ...]
    all_passed: tuple[str, ...]
    behind: tuple[str, ...]


def standing(units: Sequence[UnitRates], overall_participation: int | None) -> Standing:
    """Who reached 100%, and who stayed below the participation of all; units without anybody due are not named."""
    due = [unit for unit in units if unit.participation is not None]
    return Standing(
        all_present=tuple(unit.name for unit in due if unit.participation == FULL),
        all_passed=tuple(unit.name for unit in due if unit.participation == FULL and unit.passed == FULL),
        behind=tuple(
            unit.name
            for unit in due
            if overall_participation is not None and (unit.participation or 0) < overall_participation
        ),
    )


def title_of(round_title: str) -> str:
    """关于 … 情况的通报, without saying 关于 twice."""
    return f"关于{round_title.removeprefix('关于')}情况的通报"
