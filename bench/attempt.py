"""What a whole attempt costs the server: start, 50 saves, hand in, against as many bare form posts."""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from bench.lines import Line
from bench.site import Newcomer, Place

SAVES = 50
GROUPS = 3
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def whole(place: Place) -> Line:
    """Processor time of the server for an attempt, in units of 52 bare form posts; in turns, the median."""
    share = len(place.newcomers) // GROUPS
    ratios, spent = [], []
    for turn in range(GROUPS):
        group = place.newcomers[turn * share : (turn + 1) * share]
        plain = _cpu(place.bare_group, partial(_bare, place.bare, len(group) * (SAVES + 2)))
        ours = _cpu(place.portal_group, partial(_sit_all, place.portal, group))
        ratios.append(ours / plain)
        spent.append(ours / len(group) * 1000)
    more = f"{statistics.median(spent):.0f} ms of processor time an attempt"
    return Line("whole attempt, to 52 bare form posts", statistics.median(ratios), 6, 6, more, most=True)


def _cpu(group: int, work: Callable[[], object]) -> float:
    before = processor_seconds(group)
    work()
    return processor_seconds(group) - before


def processor_seconds(group: int) -> float:
    """What the processes of a group have used so far. Linux only."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[2]) == group:
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def _bare(url: str, times: int) -> None:
    link = _link(url)
    for _ in range(times):
        _send(link, "/form", FORM, "a=1&b=2", 200)


def _sit_all(url: str, group: Sequence[Newcomer]) -> None:
    for each in group:
        _attempt(url, each)


def _attempt(url: str, who: Newcomer) -> None:
    link = _link(url)
    token = urlencode({"csrf_token": who.headers["X-CSRFToken"]})
    form = {**who.headers, **FORM}
    where = _send(link, f"/exams/take/{who.round}/start", form, token, 303)
    number = re.search(r"/exams/attempts/(\d+)", where)
    if number is None:
        raise RuntimeError(where)
    for counter in range(1, SAVES + 1):
        # The paper's first three sections have options: 39 places.
        body = {"lease": 1, "answers": [{"pos": counter % 39 + 1, "value": ["0"], "counter": counter}]}
        headers = {**who.headers, "Content-Type": "application/json"}
        _send(link, f"/exams/attempts/{number[1]}/answers", headers, json.dumps(body), 200)
    _send(link, f"/exams/attempts/{number[1]}/submit", form, token, 303)


def _link(url: str) -> http.client.HTTPConnection:
    host, port = url.removeprefix("http://").split(":")
    return http.client.HTTPConnection(host, int(port))


def _send(link: http.client.HTTPConnection, path: str, headers: dict[str, str], body: str, expected: int) -> str:
    link.request("POST", path, body, headers)
    answer = link.getresponse()
    shown = answer.read()
    if answer.status != expected:
        raise RuntimeError(f"{path}: {answer.status} {shown[:200]!r}")
    return answer.getheader("Location", "")
