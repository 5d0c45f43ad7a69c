"""Drill C: the disk fills up while people save. It is said, nothing acknowledged is lost, and with room it goes on.

The site lies on a small disk in memory, in a mount namespace of its own: whatever happens to the drill, nothing stays
mounted.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import site
from bench.drills.crowd import Crowd, Save, judge
from tests.support.server import Server

INSIDE = "DRILL_INSIDE"
MEGABYTE = 1024 * 1024


def options(parser: argparse.ArgumentParser) -> None:
    """How large."""
    parser.description = __doc__
    parser.add_argument("--megabytes", type=int, default=12, help="size of the disk")


def run(given: argparse.Namespace) -> bool:
    """Whether it was told, survived, and nothing is lost."""
    if os.environ.get(INSIDE) != "1":
        _move_to_a_namespace()
        return False
    with tempfile.TemporaryDirectory() as name:
        disk = Path(name)
        try:
            _mount(disk, given.megabytes)
        except subprocess.CalledProcessError:
            print("这里不能挂载 tmpfs。 A tmpfs cannot be mounted here.", file=sys.stderr)
            return False
        try:
            return _drill(disk, given.megabytes)
        finally:
            subprocess.run(["umount", str(disk)], check=False)


def _move_to_a_namespace() -> None:
    """Start anew where a mount is seen by nobody else; comes back only where that is not possible."""
    if shutil.which("unshare") is None:
        print("需要 unshare（util-linux）。 This drill needs unshare.", file=sys.stderr)
        return
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    words = ["unshare", "--mount", *rights, sys.executable, "-m", "bench.drills", *sys.argv[1:]]
    os.execvpe("unshare", words, {**os.environ, INSIDE: "1"})  # noqa: S606  does not come back


def _mount(disk: Path, megabytes: int, *more: str) -> None:
    choice = ",".join((f"size={megabytes}m", "mode=0700", *more))
    subprocess.run(["mount", "-t", "tmpfs", "-o", choice, "tmpfs", str(disk)], check=True)


def _drill(disk: Path, megabytes: int) -> bool:
    people = site.make(disk).people
    server = Server(disk)
    server.start()
    try:
        crowd = Crowd(server.port, people, saves=20_000, clients=8, stop_at_refusal=True)
        crowd.start()
        crowd.wait()
        refusals = {status: count for status, count in crowd.statuses.items() if status != 200}
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        last = Save(people[0], people[0].choices[0], 1_000_000)
        still_full = _status(crowd, link, last)
        alive = _healthy(link)
        _mount(disk, megabytes * 4, "remount")
        goes_on = _status(crowd, link, last)
        link.close()
    finally:
        server.stop()
    found = judge(disk / "portal.db", crowd.acknowledged.values())
    print(
        f"{megabytes} MB: 已确认 acknowledged {crowd.count}, 写满后 refused {refusals}, 再试 again {still_full}, "
        f"进程在 alive {alive}, 有空间后 with room {goes_on}\n"
        f"丢失 LOST_ACKED={found.lost}, 错值 wrong={found.wrong}, 损坏 corrupt={found.corrupt}, "
        f"没有回音 unanswered {crowd.unanswered}",
        flush=True,
    )
    told = set(refusals) == {503} and still_full == 503
    return told and alive and goes_on == 200 and found.fine and crowd.unanswered == 0


def _status(crowd: Crowd, link: http.client.HTTPConnection, save: Save) -> int:
    before = crowd.statuses.copy()
    crowd.send(link, save)
    return next(iter(crowd.statuses - before), 0)


def _healthy(link: http.client.HTTPConnection) -> bool:
    link.request("GET", "/healthz")
    response = link.getresponse()
    response.read()
    return response.status == 200
