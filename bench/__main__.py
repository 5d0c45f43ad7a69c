"""`python3 manage.py bench exam|pages|start|search|import`: print each ratio with its limits; exit 1 beyond one."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import attempt, load, site, start
from bench import search as library
from bench.lines import TURNS, Line, compared
from bench.load import Outcome, Request

FORM = Request("/form", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, "a=1&b=2")
OK = Request("/ok")


def saves(people: list[site.Person]) -> list[Request]:
    """One save for each question with options of each person, with a counter that always rises."""
    found = []
    for place_index in range(8):
        for person in people:
            headers = {**person.headers, "Content-Type": "application/json"}
            body = f'{{"lease":1,"answers":[{{"pos":{person.choices[place_index]},"value":["1"],"counter":%d}}]}}'
            found.append(Request(f"/exams/attempts/{person.attempt}/answers", "POST", headers, body))
    return found


def pages_of(people: list[site.Person], path: str) -> list[Request]:
    """A page, asked for by each person in turn as a browser does; "{attempt}" in the path is theirs."""
    return [
        Request(
            path.format(attempt=each.attempt),
            headers={"Cookie": each.headers["Cookie"], "Accept-Encoding": "gzip, deflate"},
        )
        for each in people
    ]


def bench_exam(place: site.Place) -> list[Line]:
    """Saving an answer, the exam page, the crowd of the last minute, and a whole attempt."""
    portal, bare, people = place.portal, place.bare, place.people
    pages = pages_of(people, "/exams/attempts/{attempt}")
    lines = [
        compared("save of an answer, durable", (portal, saves(people)), (bare, FORM), 0.25, 0.6),
        compared("exam page of 52 questions, loaded again", (portal, pages), (bare, OK), 0.25, 0.6),
        attempt.whole(place),
    ]
    if load.tool() == "wrk":
        turns = [load.run(portal, saves(people), connections=500, think=2000, seconds=8) for _ in range(3)]
        lines.append(_crowd(turns))
    return lines


def _crowd(turns: list[Outcome]) -> Line:
    middle = sorted(turns, key=lambda each: each.p99 / each.p50)[len(turns) // 2]
    more = f"{middle.rate:.0f} saves/s, p50 {middle.p50:.1f} ms, p99 {middle.p99:.1f} ms"
    refused = sum(each.refused for each in turns)
    return Line("500 who think 2 s, p99 to p50 of a save", middle.p99 / middle.p50, 10, 10, more, refused, most=True)


def bench_pages(place: site.Place) -> list[Line]:
    """Home, a list and a page of details, as a cadre and as an officer see them."""
    officer = [place.officer]
    wanted = {
        "home of a cadre": pages_of(place.people, "/"),
        "my exams": pages_of(place.people, "/exams/"),
        "home of an exam officer": pages_of(officer, "/"),
        "list of rounds": pages_of(officer, "/exams/rounds"),
        "question bank, 160 questions": pages_of(officer, "/exams/banks/1"),
        "a round": pages_of(officer, "/exams/rounds/1"),
    }
    ours = {name: (place.portal, requests) for name, requests in wanted.items()}
    return [compared(name, each, (place.bare, OK), 0.12, 0.25) for name, each in ours.items()]


BENCHES: dict[str, Callable[[site.Place], list[Line]]] = {"exam": bench_exam, "pages": bench_pages}


def bench_start() -> bool:
    """The second start of a site."""
    with tempfile.TemporaryDirectory() as folder:
        return _print([start.second_start(Path(folder))])


# What brings its own site along.
ALONE: dict[str, Callable[[], bool]] = {
    "start": bench_start, "search": library.bench_search, "import": library.bench_import,
}  # fmt: skip


def _say_load() -> None:
    """How busy the machine is, with us or with others."""
    if hasattr(os, "getloadavg"):
        print(f"load of the machine over a minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)


def main() -> int:
    """Measure and print; 1 when something is below its floor or was refused."""
    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("what", choices=sorted([*BENCHES, *ALONE]))
    parser.add_argument("--roster", type=int, default=0, help="so many more people on the list of the exam")
    options = parser.parse_args()
    _say_load()
    sound = ALONE[options.what]() if options.what in ALONE else _served(options.what, options.roster)
    _say_load()
    return 0 if sound else 1


def _served(what: str, roster: int) -> bool:
    with tempfile.TemporaryDirectory() as folder, site.place(Path(folder), roster) as place:
        print(f"sent with {load.tool()}, {load.CONNECTIONS} connections, {TURNS} turns", flush=True)
        return _print(BENCHES[what](place))


def _print(lines: list[Line]) -> bool:
    for line in lines:
        print(line, flush=True)
    return all(line.sound for line in lines)


if __name__ == "__main__":
    sys.exit(main())
