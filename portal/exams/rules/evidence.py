"""What an attempt left behind of its course, put into order and counted, never judged.

The events are facts as the server and the page noted them. What a person makes of them is that person's matter, so
nothing here says more than what was written down and what became of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.exams.rules.attempt import Answer

_RETURNS = {"focus": "blur", "online": "offline"}
"""Events that end a span, and the event that began it."""


class Fate(StrEnum):
    """What became of an answer that did not come by the ordinary way."""

    FILLED = "filled"
    REPLACED = "replaced"
    SAME = "same"
    KEPT_OUT = "kept-out"
    TOO_LATE = "too-late"

    @property
    def counts(self) -> bool:
        """The answer on the sheet is this one."""
        return self in (Fate.FILLED, Fate.SAME)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as it was noted. `detail` holds what its kind has to say."""

    kind: str
    at: datetime
    address: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer that a page sent although it was not its turn."""

    place: int
    value: tuple[str, ...]
    fate: Fate


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timeline. `span` is whole seconds since the event that this one ends, None where it ends nothing;
    `moved` says that the address differs from the one before.
    """

    kind: str
    at: datetime
    address: str
    moved: bool
    span: int | None
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each thing was noted. Different addresses are counted, not changes between them."""

    blurs: int
    addresses: int
    takeovers: int
    offlines: int
    stale: int
    late: int


def counts(happenings: Sequence[Happening]) -> Counts:
    """The figures of one attempt."""
    kinds = [each.kind for each in happenings]
    return Counts(
        blurs=kinds.count("blur"),
        addresses=len({each.address for each in happenings if each.address}),
        takeovers=kinds.count("takeover"),
        offlines=kinds.count("offline"),
        stale=kinds.count("stale"),
        late=kinds.count("late"),
    )


def timeline(happenings: Iterable[Happening], answers: Mapping[int, Answer]) -> list[Line]:
    """The events by time, those of one moment in the order in which they were noted. `answers` is the sheet."""
    lines: list[Line] = []
    began: dict[str, datetime] = {}
    before = ""
    for each in sorted(happenings, key=lambda happening: happening.at):
        start = began.pop(_RETURNS.get(each.kind, ""), None)
        if each.kind in _RETURNS.values():
            began.setdefault(each.kind, each.at)
        lines.append(
            Line(
                kind=each.kind,
                at=each.at,
                address=each.address,
                moved=bool(before and each.address and each.address != before),
                span=None if start is None else int((each.at - start).total_seconds()),
                sent=sent_by(each, answers),
            )
        )
        before = each.address or before
    return lines


def sent_by(happening: Happening, answers: Mapping[int, Answer]) -> tuple[Sent, ...]:
    """The answers that an event kept as evidence, by place, each with its fate."""
    filled = {int(place) for place in happening.detail.get("filled", ())}
    kept = {int(place): tuple(value) for place, value in happening.detail.get("answers", {}).items()}
    return tuple(
        Sent(place, value, fate(happening.kind, place, value, filled, answers)) for place, value in sorted(kept.items())
    )


def fate(kind: str, place: int, value: tuple[str, ...], filled: Collection[int], answers: Mapping[int, Answer]) -> Fate:
    """What became of one of them.

    After the hand-in nothing is taken any more ("late"). From a page that was taken over ("stale") it went into a blank
    (`filled`, where it may have been answered anew since) or was kept out; then the sheet may still say the same.
    """
    if kind == "late":
        return Fate.TOO_LATE
    same = place in answers and answers[place].value == value
    if place in filled:
        return Fate.FILLED if same else Fate.REPLACED
    return Fate.SAME if same else Fate.KEPT_OUT
