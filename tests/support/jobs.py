"""An application with a few kinds of job for tests, and the worker process that runs them.

`flask --app "tests.support.jobs:make_app()" jobs work` serves it, on the data folder that the environment names.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from portal import create_app
from portal.config import ROOT
from portal.jobs.progress import Progress
from portal.jobs.queue import task
from portal.jobs.store import Job, JobStore
from portal.jobs.telling import Told
from tests.support.server import SECRET

TALKS, SILENT, FATAL = "test.talks", "test.silent", "test.fatal"


def make_app() -> Flask:
    """The application of the worker process."""

    @task(TALKS, "talks")
    def talks(arguments: dict[str, Any], progress: Progress) -> Told:
        for step in range(arguments["steps"]):
            progress(step, arguments["steps"])
            time.sleep(0.02)
        return Told("说完了。")

    @task(SILENT, "silent")
    def silent(arguments: dict[str, Any], progress: Progress) -> Told:
        progress(1, 2)
        time.sleep(60)
        return Told("睡醒了。")

    @task(FATAL, "fatal")
    def fatal(_arguments: dict[str, Any], progress: Progress) -> Told:
        progress(1, 2)
        os.kill(os.getpid(), signal.SIGKILL)
        return Told("没有这回事。")

    from portal.jobs import worker

    worker.GRACE_SECONDS = 1
    return create_app()


def start_worker(folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The worker process on a data folder."""
    told = dict(
        os.environ, PORTAL_INSTANCE=str(folder), PORTAL_DEMO="0", PORTAL_SECRET_KEY=SECRET, PYTHONDONTWRITEBYTECODE="1",
        **environment,
    )  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "tests.support.jobs:make_app()", "jobs", "work"],
        cwd=ROOT, env=told, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def wait_for(jobs: JobStore, job_id: str, fits: Callable[[Job], bool], seconds: float = 30) -> Job:
    """The job as soon as it is as wanted."""
    until = time.monotonic() + seconds
    while not fits(job := jobs.get(job_id)):
        assert time.monotonic() < until, job
        time.sleep(0.02)
    return job
