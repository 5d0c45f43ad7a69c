"""Who sits in a unit: features above say it, for this one knows no people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sqlalchemy.orm import Session

# (session, unit ids) -> {unit id: people in office in that very unit}
Counter = Callable[[Session, Collection[int]], Mapping[int, int]]

_COUNTERS: list[Counter] = []


def register(counter: Counter) -> None:
    """Add a way of counting people in office; the same one counts once."""
    if counter not in _COUNTERS:
        _COUNTERS.append(counter)


def count(session: Session, unit_ids: Collection[int]) -> dict[int, int]:
    """{unit id: people in office there}, units without anybody left out. One statement for each counter."""
    found: dict[int, int] = {}
    for counter in _COUNTERS if unit_ids else ():
        for unit_id, people in counter(session, unit_ids).items():
            found[unit_id] = found.get(unit_id, 0) + people
    return found
