"""The worker process: takes ids from the queue, does small chores in between, and ends without losing anything."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

import click
from flask import Flask
from huey.consumer import Consumer

from portal.jobs import queue, ticks
from portal.jobs.store import store
from portal.lifeline import when_parent_dies

log = logging.getLogger("portal.jobs")

LOOP_SECONDS = 0.5
BEAT_SECONDS = 20
# `run` kills after 15 seconds what has not ended.
GRACE_SECONDS = 8


def name_of(app: Flask) -> str:
    """What this worker is called in the rows of its jobs: the same after a restart, another on each node."""
    return f"{socket.gethostname()}:{app.config['PORTAL'].instance}"[:200]


class Worker:
    """One at a time, in a thread; the main thread watches over it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stop_asked = threading.Event()
        app.extensions["worker-name"] = name_of(app)
        self.consumer = Consumer(
            queue.huey(app), workers=1, worker_type="thread", periodic=False, check_worker_health=False
        )

    def live(self) -> None:
        """Run background jobs until told to stop or until the parent is gone."""
        self._take_back()
        when_parent_dies(self.stop_asked.set)
        self.consumer.start()
        # After start(), which puts huey's own handlers in place: they would only set a flag that its run() looks at.
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        click.echo("worker ready")
        beaten = time.monotonic()
        while not self.stop_asked.wait(LOOP_SECONDS):
            ticks.run_due(self.app)
            if time.monotonic() - beaten > BEAT_SECONDS:
                beaten = time.monotonic()
                self._beat()
        self._end()

    def _take_back(self) -> None:
        """What an earlier life of this worker left unfinished, and everything that waits, goes into the queue."""
        with self.app.app_context():
            waiting = store().put_back_stale(worker=name_of(self.app))
        for job_id in waiting:
            if not queue.send(self.app, job_id):
                return  # the chore tries again

    def _beat(self) -> None:
        """A sign of life for the job at hand. A full disk or a lock is logged: the next one is some seconds away."""
        try:
            for job_id, attempt in queue.at_work():
                store(self.app).beat(job_id, attempt)
        except Exception:
            log.exception("no sign of life could be given")

    def _end(self) -> None:
        """Let the job at hand stop at its next report; one that is silent for too long is handed back as it is.

        What it may still commit in that instant does no harm: a task gives the same result when it runs twice.
        """
        queue.stop_jobs()
        self.consumer.stop_flag.set()
        until = time.monotonic() + GRACE_SECONDS
        while queue.at_work() and time.monotonic() < until:
            time.sleep(0.05)
        for job_id, attempt in queue.at_work():
            log.warning("job %s is handed back: the worker stops", job_id)
            store(self.app).put_back(job_id, attempt)
        sys.stdout.flush()
        # Threads of the queue may sit in a blocking read or in the job; nothing is left to wait for.
        os._exit(0)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_asked.set()
