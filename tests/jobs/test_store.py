"""The rows of jobs: an old file is brought up to date, a job is cancelled, tried again, and given up on in the end."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import create_engine

from portal.config import ConfigError
from portal.core import clock
from portal.jobs import schema
from portal.jobs.store import KEEP_ROWS, MAX_ATTEMPTS, STALE_AFTER, JobState, JobStore, Standing

# The first version's table, as it was created.
FIRST = """CREATE TABLE jobs (id VARCHAR(36) NOT NULL, kind VARCHAR(64) NOT NULL, arguments JSON NOT NULL,
owner_id INTEGER, state VARCHAR(16) NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL,
message VARCHAR(500) NOT NULL, back_url VARCHAR(300) NOT NULL, created_at DATETIME NOT NULL,
stirred_at DATETIME NOT NULL, PRIMARY KEY (id))"""
WHEN = "2026-03-01 08:00:00.000000"


def old_file(tmp_path: Path) -> Path:
    """A file of the first version with one job that waits, one that runs and one that is done."""
    path = tmp_path / "jobs.db"
    connection = sqlite3.connect(path)
    connection.execute(FIRST)
    connection.executemany(
        "INSERT INTO jobs VALUES (?, 'imports.read', '{\"batch\": \"b\"}', 3, ?, 1, 2, '', '/imports/b', ?, ?)",
        [("waits", "queued", WHEN, WHEN), ("runs", "running", WHEN, WHEN), ("done", "done", WHEN, WHEN)],
    )
    connection.commit()
    connection.close()
    return path


def opened(path: Path) -> JobStore:
    return JobStore(create_engine(f"sqlite:///{path}"))


def add(jobs: JobStore, **arguments: object) -> str:
    return jobs.add("count", arguments, owner_id=1, owner_name="Jia", back_url="/exams/").id


# --- an old file --------------------------------------------------------------------------------------------------


def test_an_old_file_keeps_its_rows_and_gets_what_is_new(tmp_path: Path) -> None:
    path = old_file(tmp_path)
    jobs = opened(path)
    job = jobs.get("waits")
    assert (job.state, job.arguments, job.back_url) == (JobState.QUEUED, {"batch": "b"}, "/imports/b")
    assert (job.attempts, job.cancel_asked, job.title, job.result_name, job.sent_at) == (0, False, "", "", None)
    assert jobs.put_back_stale(worker="here:/site") == ["waits", "runs"], "what the old worker had is done again"
    assert jobs.start("runs")
    assert jobs.get("runs").attempts == 1
    jobs.engine.dispose()
    again = opened(path)
    assert again.get("done").percent == 100
    again.engine.dispose()


def test_a_new_file_and_an_upgraded_one_are_the_same(tmp_path: Path) -> None:
    old, new = opened(old_file(tmp_path)), opened(tmp_path / "new.db")
    columns = []
    for jobs in (old, new):
        with jobs.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA table_info(jobs)").all()
        columns.append([(row[1], row[3]) for row in found])
        jobs.engine.dispose()
    assert columns[0] == columns[1]
    assert [name for name, _ in columns[0]] == [column.name for column in schema.JOBS.columns]


def test_a_file_from_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    opened(path).engine.dispose()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE jobs_schema SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match="99"):
        opened(path)


def test_many_processes_may_open_an_old_file_at_once(tmp_path: Path) -> None:
    path, problems, together = old_file(tmp_path), [], threading.Barrier(4)

    def one() -> None:
        together.wait()
        try:
            opened(path).engine.dispose()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


# --- cancel and retry ---------------------------------------------------------------------------------------------


def test_a_waiting_job_is_cancelled_at_once(jobs: JobStore) -> None:
    job_id = add(jobs)
    assert jobs.cancel(job_id)
    job = jobs.get(job_id)
    assert (job.state, job.message, job.finished) == (JobState.CANCELLED, "job-cancelled", True)
    assert job.finished_at is not None
    assert not jobs.start(job_id)
    assert not jobs.cancel(job_id)


def test_a_running_job_learns_that_it_is_to_stop(jobs: JobStore) -> None:
    job_id = add(jobs)
    jobs.start(job_id)
    assert jobs.progress(job_id, 1, 9) is Standing.GOING
    assert jobs.cancel(job_id)
    assert jobs.get(job_id).state is JobState.RUNNING
    assert jobs.progress(job_id, 2, 9) is Standing.CANCEL


@pytest.mark.parametrize("worker", ["w", None])
def test_a_job_to_be_cancelled_whose_worker_is_gone_is_cancelled(jobs: JobStore, worker: str | None) -> None:
    job_id = add(jobs)
    jobs.start(job_id, "w")
    jobs.cancel(job_id)
    with time_machine.travel(clock.now() + (timedelta() if worker else STALE_AFTER + timedelta(seconds=1))):
        assert jobs.put_back_stale(worker=worker) == []
    assert jobs.get(job_id).state is JobState.CANCELLED


def test_asking_to_cancel_is_no_sign_of_life(jobs: JobStore) -> None:
    job_id = add(jobs)
    jobs.start(job_id, "elsewhere")
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=1)):
        jobs.cancel(job_id)
        jobs.put_back_stale()
    assert jobs.get(job_id).state is JobState.CANCELLED


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_job_that_did_not_end_well_is_done_again(jobs: JobStore, state: JobState) -> None:
    job_id = add(jobs, upto=3)
    jobs.start(job_id)
    jobs.progress(job_id, 2, 3)
    jobs.finish(job_id, state, "坏了")
    assert jobs.retry(job_id)
    job = jobs.get(job_id)
    assert (job.state, job.attempts, job.percent, job.message, job.finished_at) == (JobState.QUEUED, 0, 0, "", None)
    assert job.arguments == {"upto": 3}


def test_only_such_a_job_is_done_again(jobs: JobStore) -> None:
    waiting, running, done = add(jobs), add(jobs), add(jobs)
    jobs.start(running)
    jobs.start(done)
    jobs.finish(done, JobState.DONE)
    assert [jobs.retry(each) for each in (waiting, running, done)] == [False, False, False]


# --- workers that vanish ------------------------------------------------------------------------------------------


def test_a_job_that_takes_three_workers_down_is_given_up(jobs: JobStore) -> None:
    job_id = add(jobs)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert jobs.start(job_id, "w"), attempt
        jobs.put_back_stale(worker="w")
    job = jobs.get(job_id)
    assert (job.state, job.message) == (JobState.FAILED, "job-gave-up")
    assert not jobs.start(job_id)


def test_a_worker_that_stops_in_order_costs_no_attempt(jobs: JobStore) -> None:
    job_id = add(jobs)
    for _ in range(MAX_ATTEMPTS + 2):
        assert jobs.start(job_id, "w")
        assert jobs.put_back(job_id, jobs.get(job_id).attempts)
    assert jobs.get(job_id).state is JobState.QUEUED


def test_a_stopping_worker_cancels_what_was_to_be_cancelled(jobs: JobStore) -> None:
    job_id = add(jobs)
    jobs.start(job_id, "w")
    jobs.cancel(job_id)
    assert jobs.put_back(job_id, 1)
    assert jobs.get(job_id).state is JobState.CANCELLED


def test_another_nodes_job_is_left_to_it_while_it_stirs(jobs: JobStore) -> None:
    mine, theirs = add(jobs), add(jobs)
    jobs.start(mine, "node-1:/site")
    jobs.start(theirs, "node-2:/site")
    assert jobs.put_back_stale(worker="node-1:/site") == [mine]
    with time_machine.travel(clock.now() + STALE_AFTER - timedelta(seconds=5)):
        assert jobs.beat(theirs, 1)
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=5)):
        assert jobs.put_back_stale(worker="node-1:/site") == [mine], "the beat counts, though the work is silent"
    with time_machine.travel(clock.now() + 3 * STALE_AFTER):
        assert jobs.put_back_stale() == [mine, theirs]


def test_a_worker_that_was_given_up_on_changes_nothing_any_more(jobs: JobStore) -> None:
    job_id = add(jobs)
    jobs.start(job_id, "slow")
    jobs.put_back_stale(worker="slow")
    jobs.start(job_id, "quick")
    assert jobs.progress(job_id, 5, 9, attempt=1) is Standing.LOST
    assert not jobs.finish(job_id, JobState.DONE, attempt=1)
    assert not jobs.beat(job_id, 1)
    assert not jobs.put_back(job_id, 1)
    assert jobs.progress(job_id, 6, 9, attempt=2) is Standing.GOING
    assert jobs.finish(job_id, JobState.DONE, attempt=2)


# --- order --------------------------------------------------------------------------------------------------------


def test_a_second_wish_for_the_same_finds_the_first(jobs: JobStore) -> None:
    job_id = add(jobs, upto=3)
    assert jobs.unfinished("count", 2, {"upto": 3}) is None, "another person's"
    assert jobs.unfinished("count", 1, {"upto": 4}) is None, "another thing"
    found = jobs.unfinished("count", 1, {"upto": 3})
    assert found is not None
    assert found.id == job_id
    jobs.cancel(job_id)
    assert jobs.unfinished("count", 1, {"upto": 3}) is None, "over"


def test_rows_are_forgotten_after_a_while(jobs: JobStore) -> None:
    over, waiting = add(jobs), add(jobs)
    jobs.cancel(over)
    assert jobs.forget_before(clock.now() + timedelta(seconds=1) - KEEP_ROWS) == 0
    assert jobs.forget_before(clock.now() + timedelta(seconds=1)) == 1
    assert jobs.get(waiting).state is JobState.QUEUED
