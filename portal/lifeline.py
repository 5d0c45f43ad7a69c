"""How processes know of one another on every system: a child of its parent, a command of a site that is running."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

VARIABLE = "PORTAL_LIFELINE"
# Written by `manage.py run` into the data folder: its process id, host and port, one a line.
RUN_FILE = "run.pid"


def when_parent_dies(act: Callable[[], None]) -> None:
    """Call `act` once standard input ends, if the parent said that it holds the other end."""
    if os.environ.get(VARIABLE) != "1":
        return

    def wait() -> None:
        # Not through sys.stdin: its lock, held here, would be copied into a forked worker, which then hangs.
        while os.read(0, 1):
            pass
        act()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def running(folder: Path) -> int | None:
    """The process id of the `manage.py run` that serves from a data folder, None when none does.

    What a run that was killed left behind does not count.
    """
    try:
        pid, host, port = (folder / RUN_FILE).read_text(encoding="utf-8").split()
        return int(pid) if _lives(int(pid), host, int(port)) else None
    except (OSError, ValueError):
        return None


def _lives(pid: int, host: str, port: int) -> bool:
    if os.name == "nt":  # where signal 0 would interrupt the process instead of asking for it
        return _answers(host, port)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process
    return True


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
