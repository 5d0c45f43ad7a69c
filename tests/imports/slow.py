"""A reader that never ends, for the guard to stop."""

from __future__ import annotations

import time
from typing import Any


def parse(*_args: Any, **_more: Any) -> None:
    """Sleep for longer than any test waits."""
    time.sleep(60)
