"""What the guarded process is asked to run in tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portal.core.errors import RuleError

Progress = Callable[[int, int], None]


def add(a: int, b: int, progress: Progress) -> dict[str, int]:
    """Print, from Python and from another program, report twice, and give the sum."""
    print("noise")
    subprocess.run(["echo", "noise"], check=True)
    progress(1, 2)
    progress(2, 2)
    return {"sum": a + b}


def refuse(progress: Progress) -> None:
    """Refuse with a parameter."""
    raise RuleError("file-empty", limit=3)


def sleep(progress: Progress) -> None:
    """Wait for longer than any test."""
    time.sleep(60)


def spin(progress: Progress) -> None:
    """Use the processor for ever."""
    while True:
        pass


def swallow(progress: Progress) -> int:
    """Take three gigabytes."""
    return len(bytearray(3_000_000_000))


def crash(progress: Progress) -> None:
    """Die of a signal."""
    os.abort()


def out_of_time(progress: Progress) -> None:
    """Die as one whose processor time is used up."""
    import signal

    os.kill(os.getpid(), signal.SIGXCPU)
    time.sleep(60)


def fail(progress: Progress) -> None:
    """Raise what is no refusal."""
    raise ValueError("inner detail")


def silent(progress: Progress) -> None:
    """End well, without a word."""
    os._exit(0)


def chatter(progress: Progress) -> str:
    """Print more than any pipe holds."""
    for _ in range(3000):
        print("x" * 1000)
        print("y" * 1000, file=sys.stderr)
    return "done"


def surroundings(progress: Progress) -> dict[str, Any]:
    """What this process has from others. Linux only."""
    import resource

    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
    return {
        "open": sorted(int(each.name) for each in Path("/proc/self/fd").iterdir() if each.exists()),
        "modules": sorted({name.split(".")[0] for name in sys.modules}),
        "limits": [resource.getrlimit(each) for each in kinds],
    }
