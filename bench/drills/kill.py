"""Drill A: SIGKILL to the whole server, again and again, while people save."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench import site
from bench.drills.crowd import Crowd, judge
from tests.support.server import Server


def options(parser: argparse.ArgumentParser) -> None:
    """How large."""
    parser.description = __doc__
    parser.add_argument("--saves", type=int, default=4000, help="10000 is the full size")
    parser.add_argument("--kills", type=int, default=5, help="10 is the full size")
    parser.add_argument("--clients", type=int, default=16)


def run(given: argparse.Namespace) -> bool:
    """Whether all that was acknowledged is there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people = site.make(folder).people
        server = Server(folder)
        server.start()
        crowd = Crowd(server.port, people, given.saves, given.clients)
        crowd.start()
        restarts = []
        try:
            for number in range(1, given.kills + 1):
                while crowd.count < number * given.saves // (given.kills + 1):
                    time.sleep(0.005)
                server.kill()
                began = time.monotonic()
                server.start()
                restarts.append(time.monotonic() - began)
            crowd.wait()
        finally:
            server.stop()
        found = judge(folder / "portal.db", crowd.acknowledged.values())
    print(
        f"已确认 acknowledged {crowd.count}, 强制结束 kills {given.kills}, 在途 cut off in flight {crowd.unanswered}\n"
        f"丢失 LOST_ACKED={found.lost}, 错值 wrong={found.wrong}, 损坏 corrupt={found.corrupt}, "
        f"重启 restart max {max(restarts, default=0):.2f} s, 状态 statuses {dict(crowd.statuses)}",
        flush=True,
    )
    return found.fine and crowd.count >= given.saves and set(crowd.statuses) == {200}
