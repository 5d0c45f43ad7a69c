"""What the worker does for its own jobs."""

from __future__ import annotations

from flask import Flask, current_app

from portal.core import clock
from portal.jobs import queue, results
from portal.jobs.store import KEEP_ROWS, store
from portal.jobs.ticks import every

SEND_SECONDS, CLEAR_SECONDS = 15, 3600


@every(SEND_SECONDS)
def send_waiting() -> None:
    """Take back what vanished workers left, and send what the queue does not have."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    store().put_back_stale()
    queue.send_waiting(app)


@every(CLEAR_SECONDS)
def clear_away() -> None:
    """Delete result files and rows that are past their time."""
    results.clear(store(), clock.now())
    store().forget_before(clock.now() - KEEP_ROWS)
