"""A calendar as an .ics file (RFC 5545). Times go out in UTC, so that no program has to know the office's zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from portal.core import clock
from portal.study.queries.calendar import Event

if TYPE_CHECKING:
    from icalendar import Event as Entry

_HOUR = timedelta(hours=1)
# How often a program may look again (RFC 7986).
_REFRESH = timedelta(hours=6)


def write(
    events: Iterable[Event], *, name: str, host: str, now: datetime, labels: Mapping[str, str],
    url: Callable[[Event], str],
) -> bytes:  # fmt: skip
    """The file. `labels` are words for kinds of entry that need one before their title."""
    from icalendar import Calendar  # eighty modules that no other page needs

    made = Calendar()
    made.add("prodid", "-//law-work-portal//study//ZH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for event in events:
        made.add_component(_entry(event, host, now, labels.get(event.kind, ""), url(event)))
    data: bytes = made.to_ical()
    return data


def _entry(event: Event, host: str, now: datetime, label: str, url: str) -> Entry:
    from icalendar import Event as Entry

    made = Entry()
    made.add("uid", f"{event.kind}-{event.id}@{host}")
    made.add("dtstamp", now)
    made.add("summary", f"{label}{event.title}")
    for name, value in (("location", event.place), ("description", event.note), ("url", url)):
        if value:
            made.add(name, value)
    if event.begins and event.exact:
        start = _moment(event.first, event.begins)
        made.add("dtstart", start)
        made.add("dtend", _moment(event.first, event.ends) if event.ends else start + _HOUR)
    else:
        made.add("dtstart", event.first)
        made.add("dtend", event.last + timedelta(days=1))
        made.add("transp", "TRANSPARENT")
    return made


def _moment(day: date, text: str) -> datetime:
    return clock.from_local(datetime.combine(day, time.fromisoformat(text)))
