"""How processes know of one another on every system: a child of its parent, a command of a site that is running.

Only the standard library is imported here: `manage.py` reads this file before the virtual environment is there.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

VARIABLE = "PORTAL_LIFELINE"
# Held open and locked by `manage.py run` in the data folder; it says the process id, host and port, one a line.
RUN_FILE = "run.pid"
# The exit code of a server that must not start, for reasons that have been said.
REFUSED = 3
# Windows forbids to read what is locked, so the lock lies behind the text.
_BEHIND = 1 << 20


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


def hold(folder: Path, host: str, port: int) -> TextIO | None:
    """Take a data folder for this process, until it closes what it gets or ends; None when another one has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (folder / RUN_FILE).open("a+", encoding="utf-8")
    if not _lock(file):
        file.close()
        return None
    file.truncate(0)
    file.write(f"{os.getpid()}\n{host}\n{port}\n")
    file.flush()
    return file


def running(folder: Path) -> int | None:
    """The process id of the `manage.py run` that serves from a data folder, None when none does.

    The lock tells, which the system takes from whoever dies: what a run that was killed left behind counts for nothing,
    whoever has its number now. -1 when the number cannot be read, which whoever asks must not take for none.
    """
    try:
        with (folder / RUN_FILE).open("r+", encoding="utf-8") as file:
            if _lock(file):
                return None
            pid = file.readline().strip()
            return int(pid) if pid.isdecimal() else -1
    except FileNotFoundError:
        return None


def _lock(file: TextIO) -> bool:
    """Whether the lock could be had; it goes with the file."""
    try:
        if sys.platform == "win32":
            os.lseek(file.fileno(), _BEHIND, os.SEEK_SET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            os.lseek(file.fileno(), 0, os.SEEK_SET)
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
