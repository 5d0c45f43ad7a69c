"""What is printed: a ratio with its limits, measured in turns."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from bench import load
from bench.load import Request

TURNS = 5
"""The bare route and ours are measured in turns, so often: the machine is rarely ours alone. The median counts."""


@dataclass(frozen=True)
class Line:
    """A measured thing, as a ratio to a bare route: the least ratio and the one we want, and what else was seen.

    Where `most` is set, the ratio must not be above the floor instead.
    """

    name: str
    ratio: float
    floor: float
    goal: float
    more: str
    refused: int = 0
    most: bool = False

    @property
    def sound(self) -> bool:
        """Not below the floor, and nothing refused."""
        return not self.refused and (self.ratio <= self.floor if self.most else self.ratio >= self.floor)

    def __str__(self) -> str:
        if self.most:
            judged, limits = "ok" if self.ratio <= self.floor else "above the limit", f"at most {self.floor:g}"
        else:
            judged = (
                "below the floor" if self.ratio < self.floor else "ok" if self.ratio < self.goal else "goal reached"
            )
            limits = f"floor {self.floor:g}, goal {self.goal:g}"
        refused = f"; {self.refused} refused" if self.refused else ""
        return f"{self.name:<40} {self.ratio:6.3f} ({limits}) {judged}{refused}; {self.more}"


def compared(name: str, ours: tuple[str, list[Request]], bare: tuple[str, Request], floor: float, goal: float) -> Line:
    """Our answers a second in units of the bare route's, measured in turns."""
    load.run(*ours, seconds=1)
    turns = [(load.run(bare[0], [bare[1]]), load.run(*ours)) for _ in range(TURNS)]
    ratio = statistics.median(own.rate / plain.rate for plain, own in turns)
    median = {place: statistics.median(turn[place].rate for turn in turns) for place in (0, 1)}
    p50, p99 = (statistics.median(getattr(own, name) for _, own in turns) for name in ("p50", "p99"))
    more = f"{median[1]:.0f}/s to {median[0]:.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    return Line(name, ratio, floor, goal, more, sum(own.refused for _, own in turns))
