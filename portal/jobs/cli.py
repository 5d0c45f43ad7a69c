"""The worker process."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click
from flask import current_app
from huey.consumer import Consumer

from portal.jobs import bp, queue, ticks
from portal.jobs.store import store
from portal.lifeline import when_parent_dies


@bp.cli.command("work")
def work() -> None:
    """Run background jobs until told to stop."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    consumer = Consumer(queue.huey(app), workers=1, worker_type="thread", periodic=False, check_worker_health=False)
    queue.huey(app).flush()
    for job_id in store().put_back_stale(everything=True):
        queue.send(app, job_id)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    when_parent_dies(stopping.set)
    consumer.start()
    # After start(), which puts huey's own handlers in place: they would only set a flag that its run() looks at.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo("worker ready")
    while not stopping.wait(0.5):
        ticks.run_due(app)
    consumer.stop(graceful=True)
