"""`python3 manage.py drill kill|powercut|diskfull|migrate-kill`: print the figures; exit 1 when something is lost."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from bench.drills import diskfull, kill, migrate_kill, powercut

DRILLS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], bool]]] = {
    "kill": (kill.options, kill.run),
    "powercut": (powercut.options, powercut.run),
    "diskfull": (diskfull.options, diskfull.run),
    "migrate-kill": (migrate_kill.options, migrate_kill.run),
}


def main() -> int:
    """Run one drill."""
    if os.name != "posix":
        print("演练需要 Linux。 The drills need Linux.", file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(prog="manage.py drill")
    commands = parser.add_subparsers(dest="what", required=True)
    for name, (options, _run) in DRILLS.items():
        options(commands.add_parser(name))
    given = parser.parse_args()
    passed = DRILLS[given.what][1](given)
    print("通过 passed" if passed else "没有通过 FAILED", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
