"""The worker process: told to stop, killed, and killed by the job itself."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from flask import Flask

from portal.jobs import queue
from portal.jobs.store import Job, JobState, JobStore
from tests.support.jobs import FATAL, SILENT, TALKS, start_worker, wait_for

Start = Callable[[], Popen[bytes]]


@pytest.fixture
def worker(live_app: Flask) -> Iterator[Start]:
    """Start the worker; what still runs at the end of the test is killed."""
    folder: Path = live_app.config["PORTAL"].instance
    started: list[Popen[bytes]] = []

    def start() -> Popen[bytes]:
        started.append(start_worker(folder))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def running(job: Job) -> bool:
    return job.state is JobState.RUNNING and job.done > 0


def add(kind: str, **arguments: int) -> str:
    return queue.enqueue(kind, dict(arguments), owner_id=1, owner_name="Jia", back_url="").id


def test_a_long_job_is_put_back_at_once_when_the_worker_stops(jobs: JobStore, worker: Start) -> None:
    talks = add(TALKS, steps=3000)
    process = worker()
    wait_for(jobs, talks, running)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    job = jobs.get(talks)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


def test_a_silent_job_is_handed_back_when_its_grace_is_over(jobs: JobStore, worker: Start) -> None:
    silent = add(SILENT)
    process = worker()
    wait_for(jobs, silent, running)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 8, "it did not wait for the job's 60 seconds"
    assert jobs.get(silent).state is JobState.QUEUED


def test_what_a_killed_worker_had_is_done_by_the_next(jobs: JobStore, worker: Start) -> None:
    first, second = add(TALKS, steps=40), add(TALKS, steps=1)
    process = worker()
    wait_for(jobs, first, running)
    process.kill()
    process.wait()
    worker()
    for job_id in (first, second):
        assert wait_for(jobs, job_id, lambda job: job.finished).message == "说完了。"
    assert jobs.get(first).attempts == 2


def test_a_job_that_kills_its_worker_every_time_is_given_up(jobs: JobStore, worker: Start) -> None:
    fatal = add(FATAL)
    jobs.start(fatal)
    assert fatal in jobs.put_back_stale(worker=""), "one worker fell"
    for attempt in (2, 3):
        assert worker().wait(30) == -signal.SIGKILL
        assert jobs.get(fatal).attempts == attempt
    harmless = add(TALKS, steps=1)
    worker()
    assert wait_for(jobs, harmless, lambda job: job.finished).state is JobState.DONE
    job = jobs.get(fatal)
    assert (job.state, job.message) == (JobState.FAILED, "job-gave-up")
