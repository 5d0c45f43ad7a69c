"""How a child process learns that its parent is gone, on every system: the pipe from the parent closes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

VARIABLE = "PORTAL_LIFELINE"


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
