"""Drill B: the power goes while people save. What was acknowledged must be on the disk.

The real server runs under strace, which notes each write and fsync of the database and each answer that leaves. At
every fourth acknowledgement the power is cut on paper: the disk then holds what was synced (the worst case), or that
and any part of the rest (a random case). SQLite opens what is left and recovers, and all that had been acknowledged by
then must be there. Three runs: the product as it is; with checkpoints so often that many cuts fall into one; and, to
show that the drill would find a loss, with synchronous=NORMAL, which must lose something.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import site
from bench.drills import replay
from bench.drills.crowd import Crowd, Save, judge
from bench.site import Person
from tests.support.server import Server

EVERY = 4
_SAVED = re.compile(rb'"saved": ?\{"\d+": ?(\d+)\}')
OFTEN = "wal_autocheckpoint=50"
WEAK = f"synchronous=NORMAL,{OFTEN}"


@dataclass
class Tally:
    """What the cuts of one run found."""

    cuts: int = 0
    with_loss: int = 0
    lost: int = 0
    corrupt: int = 0

    @property
    def fine(self) -> bool:
        """Nothing lost in any of them."""
        return self.cuts > 0 and not (self.with_loss or self.corrupt)


def options(parser: argparse.ArgumentParser) -> None:
    """How large."""
    parser.description = __doc__
    parser.add_argument("--saves", type=int, default=400, help="acknowledgements in each run")
    parser.add_argument("--seed", type=int, default=1, help="of the random cases")
    parser.add_argument("--self-test", action="store_true", help="only the run that must lose something")


def run(given: argparse.Namespace) -> bool:
    """Whether nothing is lost, and the drill can tell."""
    if shutil.which("strace") is None:
        print("需要 strace：apt install strace。 This drill needs strace.", file=sys.stderr)
        return False
    passed = True
    if not given.self_test:
        passed = _told("产品设置 as shipped", _cuts(given, "")).fine
        passed = _told(f"频繁检查点 {OFTEN}", _cuts(given, OFTEN)).fine and passed
    weak = _told(f"自检 self-test {WEAK}", _cuts(given, WEAK))
    if weak.fine:
        print("自检没有查出丢失，本演练不可信。 The self-test found no loss: the drill cannot be trusted.")
    return passed and not weak.fine


def _told(name: str, tally: Tally) -> Tally:
    print(
        f"{name}: 断电 cuts {tally.cuts}, 有丢失 with a loss {tally.with_loss}, 最多丢失 most lost {tally.lost}, "
        f"损坏 corrupt {tally.corrupt}",
        flush=True,
    )
    return tally


def _cuts(given: argparse.Namespace, pragmas: str) -> Tally:
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name) / "site", Path(name) / "strace.log"
        folder.mkdir(mode=0o700)
        people = site.make(folder).people
        database = folder / "portal.db"
        before = {str(path): bytearray(path.read_bytes()) for path in (database, _wal(database)) if path.exists()}
        crowd = _saved_under_strace(folder, log, people, given.saves, pragmas)
        if set(crowd.statuses) != {200}:
            print(f"保存失败 saves failed: {dict(crowd.statuses)}")
            return Tally()
        with log.open("rb") as lines:
            choice = random.Random(given.seed)
            return cut(replay.events(lines), replay.Disk(before), database, crowd.sent, choice)


def _saved_under_strace(folder: Path, log: Path, people: list[Person], saves: int, pragmas: str) -> Crowd:
    words = ["strace", "-f", "-y", "-xx", "-s", "1000000", "--seccomp-bpf", "-e", f"trace={replay.CALLS}"]
    words += ["-o", str(log)]
    more = {"DRILL_PRAGMAS": pragmas} if pragmas else {}
    server = Server(folder, prefix=words, app="bench.drills.tuned:app" if pragmas else "wsgi:app", environment=more)
    server.start()
    crowd = Crowd(server.port, people, saves, clients=4)
    try:
        crowd.start()
        crowd.wait()
    finally:
        server.kill()  # no goodbye: what is only half done at the end is part of the drill
    return crowd


def cut(
    events: Iterable[replay.Event],
    disk: replay.Disk,
    database: Path,
    sent: Mapping[int, Save],
    choice: random.Random,
) -> Tally:
    """Cut the power at every fourth acknowledgement, in the worst and in a random way."""
    tally, seen = Tally(), 0
    acknowledged: dict[tuple[int, int], Save] = {}
    for event in events:
        disk.apply(event)
        for number in _SAVED.findall(event.data) if isinstance(event, replay.Sent) else ():
            save = sent[int(number)]
            acknowledged[save.key] = save
            seen += 1
            if seen % EVERY == 0:
                _cut_once(disk, database, lambda: False, acknowledged.values(), tally)
                _cut_once(disk, database, lambda: choice.random() < 0.5, acknowledged.values(), tally)
    return tally


def _cut_once(
    disk: replay.Disk, database: Path, keeps: Callable[[], bool], acknowledged: Iterable[Save], tally: Tally
) -> None:
    with tempfile.TemporaryDirectory() as name:
        left = Path(name) / database.name
        for path, copy in ((database, left), (_wal(database), _wal(left))):
            copy.write_bytes(disk.after_cut(str(path), keeps))
        found = judge(left, acknowledged)
    tally.cuts += 1
    tally.with_loss += bool(found.lost or found.wrong)
    tally.lost = max(tally.lost, found.lost + found.wrong)
    tally.corrupt += found.corrupt


def _wal(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")
