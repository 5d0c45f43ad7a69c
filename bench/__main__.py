"""`python3 manage.py bench exam|pages|search|import`: print each ratio with its floor and goal; exit 1 below one."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import load, site
from bench import search as library
from bench.load import Outcome, Request

FORM = Request("/form", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, "a=1&b=2")
OK = Request("/ok")


@dataclass(frozen=True)
class Line:
    """A measured thing: its outcome, that of the bare route beside it, the least ratio and the one we want."""

    name: str
    outcome: Outcome
    bare: Outcome
    floor: float
    goal: float

    @property
    def ratio(self) -> float:
        """Answers a second in units of the bare route's."""
        return self.outcome.rate / self.bare.rate

    @property
    def sound(self) -> bool:
        """Not below the floor, and nothing refused."""
        return self.ratio >= self.floor and not self.outcome.refused

    def __str__(self) -> str:
        judged = "below the floor" if self.ratio < self.floor else "ok" if self.ratio < self.goal else "goal reached"
        refused = f", {self.outcome.refused} refused" if self.outcome.refused else ""
        return (
            f"{self.name:<34} {self.outcome.rate:>8.0f}/s  bare {self.bare.rate:>8.0f}/s  ratio {self.ratio:5.3f} "
            f"(floor {self.floor}, goal {self.goal}): {judged}{refused}; "
            f"p50 {self.outcome.p50:.1f} ms, p99 {self.outcome.p99:.1f} ms"
        )


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
    """A page, asked for by each person in turn; "{attempt}" in the path is theirs."""
    return [Request(path.format(attempt=each.attempt), headers={"Cookie": each.headers["Cookie"]}) for each in people]


def bench_exam(portal: str, bare: str, people: list[site.Person], _officer: site.Person) -> list[Line]:
    """Saving an answer, and the page of 52 questions."""
    form, ok = load.run(bare, [FORM]), load.run(bare, [OK])
    page = load.run(portal, pages_of(people, "/exams/attempts/{attempt}"))
    save = load.run(portal, saves(people))
    lines = [
        Line("save of an answer, durable", save, form, 0.25, 0.6),
        Line("exam page of 52 questions", page, ok, 0.25, 0.6),
    ]
    if load.tool() == "wrk":
        crowd = load.run(portal, saves(people), connections=500, think=2000, seconds=10)
        print(
            f"500 people who think 2 s: {crowd.rate:.0f} saves/s, p50 {crowd.p50:.1f} ms, p99 {crowd.p99:.1f} ms "
            f"({crowd.p99 / crowd.p50:.1f} times), {crowd.refused} refused",
            flush=True,
        )
    return lines


def bench_pages(portal: str, bare: str, people: list[site.Person], officer: site.Person) -> list[Line]:
    """Home, a list and a page of details, as a cadre and as an officer see them."""
    ok = load.run(bare, [OK])
    wanted = {
        "home of a cadre": pages_of(people, "/"),
        "my exams": pages_of(people, "/exams/"),
        "home of an exam officer": pages_of([officer], "/"),
        "list of rounds": pages_of([officer], "/exams/rounds"),
        "question bank, 160 questions": pages_of([officer], "/exams/banks/1"),
        "a round": pages_of([officer], "/exams/rounds/1"),
    }
    return [Line(name, load.run(portal, requests), ok, 0.12, 0.25) for name, requests in wanted.items()]


BENCHES: dict[str, Callable[[str, str, list[site.Person], site.Person], list[Line]]] = {
    "exam": bench_exam,
    "pages": bench_pages,
}


# What needs no server.
ALONE: dict[str, Callable[[], bool]] = {"search": library.bench_search, "import": library.bench_import}


def main() -> int:
    """Measure and print; 1 when something is below its floor or was refused."""
    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("what", choices=sorted([*BENCHES, *ALONE]))
    options = parser.parse_args()
    if options.what in ALONE:
        return 0 if ALONE[options.what]() else 1
    with tempfile.TemporaryDirectory() as folder:
        _app, people, officer = site.make(Path(folder))
        with site.bare() as bare, site.portal(Path(folder)) as portal:
            print(f"sent with {load.tool()}, {load.CONNECTIONS} connections, {load.SECONDS} s each", flush=True)
            lines = BENCHES[options.what](portal, bare, people, officer)
    for line in lines:
        print(line, flush=True)
    return 0 if all(line.sound for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
