"""Background work: the row tells the truth, a lost task is done again, only the owner looks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from portal.core import clock
from portal.core.errors import RuleError
from portal.extensions import db, writing
from portal.jobs import queue, ticks, worker
from portal.jobs.progress import Progress
from portal.jobs.schema import MESSAGE_LENGTH
from portal.jobs.store import FINISHED, STALE_AFTER, JobState, JobStore, store
from portal.jobs.telling import Told, in_words
from tests.support.people import Office


def add(jobs: JobStore, kind: str = "count", owner_id: int | None = 1, **arguments: Any) -> str:
    return jobs.add(kind, arguments, owner_id=owner_id, owner_name="Jia", back_url="/exams/").id


def test_a_new_job_waits(jobs: JobStore) -> None:
    job = jobs.get(add(jobs, upto=3))
    assert (job.state, job.percent, job.finished, job.arguments) == (JobState.QUEUED, 0, False, {"upto": 3})


def test_an_unknown_job_is_no_job(jobs: JobStore) -> None:
    with pytest.raises(LookupError):
        jobs.get("nothing")


def test_a_job_is_taken_once(jobs: JobStore) -> None:
    job_id = add(jobs)
    assert [jobs.start(job_id), jobs.start(job_id), jobs.start("nothing")] == [True, False, False]


@pytest.mark.parametrize(("done", "total", "percent"), [(0, 0, 0), (1, 3, 33), (3, 3, 99), (7, 3, 99)])
def test_only_a_finished_job_is_at_a_hundred(jobs: JobStore, done: int, total: int, percent: int) -> None:
    job_id = add(jobs)
    jobs.start(job_id)
    jobs.progress(job_id, done, total)
    assert jobs.get(job_id).percent == percent
    jobs.finish(job_id, JobState.DONE, "x" * 900)
    assert jobs.get(job_id).percent == 100
    assert len(jobs.get(job_id).message) == 500


def test_a_job_that_goes_well(jobs: JobStore, kinds: dict[str, Any]) -> None:
    seen = []

    def count(arguments: dict[str, Any], progress: Progress) -> Told:
        for number in range(arguments["upto"]):
            progress(number + 1, arguments["upto"])
            seen.append(jobs.get(job_id).percent)
        return Told("数完了。")

    kinds["count"] = count
    job_id = add(jobs, upto=4)
    queue.run(job_id)
    job = jobs.get(job_id)
    assert (job.state, job.message, seen) == (JobState.DONE, "数完了。", [25, 50, 75, 99])
    queue.run(job_id)
    assert len(seen) == 4, "a finished job is not done again"


def test_a_rule_that_says_no_is_told_in_words(live_app: Flask, jobs: JobStore, kinds: dict[str, Any]) -> None:
    def refuse(_arguments: dict[str, Any], _progress: Progress) -> Told:
        raise RuleError("number-taken", number="T001")

    kinds["count"] = refuse
    job_id = add(jobs)
    queue.run(job_id)
    job = jobs.get(job_id)
    assert (job.state, in_words(job.message)) == (JobState.FAILED, "工号 T001 已有人使用。")
    with live_app.app_context(), live_app.test_request_context(headers={"Cookie": "ui=en.normal.m.normal"}):
        assert "T001" in in_words(job.message)
        assert in_words(job.message).isascii()


def test_a_fault_is_logged_and_not_shown(
    jobs: JobStore, kinds: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_arguments: dict[str, Any], _progress: Progress) -> Told:
        raise ZeroDivisionError("secret detail")

    kinds["count"] = fail
    job_id = add(jobs)
    queue.run(job_id)
    assert jobs.get(job_id).state == JobState.FAILED
    assert "secret" not in jobs.get(job_id).message
    assert job_id in caplog.text
    assert "secret detail" in caplog.text


def test_a_failed_job_leaves_no_half_work(jobs: JobStore, kinds: dict[str, Any]) -> None:
    from portal.org.models import Unit

    def half(_arguments: dict[str, Any], _progress: Progress) -> Told:
        unit = db.session.query(Unit).filter_by(code="D").one()
        unit.name = "改到一半"
        db.session.flush()
        raise ZeroDivisionError

    kinds["count"] = half
    queue.run(add(jobs))
    assert db.session.query(Unit).filter_by(code="D").one().name == "测试区"


def test_what_a_lost_worker_left_is_queued_again(jobs: JobStore) -> None:
    waiting, running, finished = add(jobs), add(jobs), add(jobs)
    jobs.note_sent(waiting, arrived=True)
    jobs.start(running)
    jobs.start(finished)
    jobs.finish(finished, JobState.DONE)
    assert jobs.put_back_stale() == [waiting], "one that stirred just now has its worker"
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=1)):
        assert jobs.put_back_stale() == [waiting, running]
    assert jobs.get(running).state == JobState.QUEUED
    assert jobs.get(finished).state in FINISHED


def test_the_only_worker_takes_everything_back_at_its_start(jobs: JobStore) -> None:
    running = add(jobs)
    jobs.start(running)
    assert jobs.put_back_stale(worker="") == [running]
    assert jobs.start(running)


def test_progress_counts_as_a_sign_of_life(jobs: JobStore) -> None:
    running = add(jobs)
    jobs.start(running)
    with time_machine.travel(clock.now() + STALE_AFTER - timedelta(seconds=5)):
        jobs.progress(running, 1, 2)
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=5)):
        assert jobs.put_back_stale() == []


def test_progress_does_not_wait_for_the_real_database(jobs: JobStore) -> None:
    """Rows of progress live in a file of their own: a long write elsewhere does not hold them up."""
    job_id = add(jobs)
    jobs.start(job_id)
    with writing() as session:
        session.execute(db.text("UPDATE units SET name = name"))
        jobs.progress(job_id, 1, 2)
        session.rollback()
    assert jobs.get(job_id).percent == 50


def test_a_job_goes_through_the_queue(live_app: Flask, jobs: JobStore, kinds: dict[str, Any]) -> None:
    kinds["count"] = lambda _arguments, _progress: Told("好")
    job = queue.enqueue("count", {}, owner_id=1, owner_name="Jia", back_url="/")
    opened = queue.huey(live_app)
    task = opened.dequeue()
    assert task is not None
    opened.execute(task)
    assert jobs.get(job.id).state == JobState.DONE
    assert opened.dequeue() is None


# --- the page -----------------------------------------------------------------------------------------------------


@pytest.fixture
def owned(app: Flask, office: Office) -> Iterator[tuple[JobStore, str]]:
    """A job of the exam officer, in the application that rolls back (its store does not; ids are unique)."""
    opened = store(app)
    yield opened, add(opened, owner_id=office.people["exam_officer"].id)
    opened.engine.dispose()


def test_only_the_owner_sees_a_job(owned: tuple[JobStore, str], client_as: Callable[[str], FlaskClient]) -> None:
    _, job_id = owned
    assert client_as("exam_officer").get(f"/jobs/{job_id}").status_code == 200
    for label in ("liaison", "system_admin", "audit_admin"):
        assert client_as(label).get(f"/jobs/{job_id}").status_code == 404, label


def test_a_job_of_nobody_is_for_nobody(app: Flask, client_as: Callable[[str], FlaskClient]) -> None:
    job_id = add(store(app), owner_id=None)
    assert client_as("exam_officer").get(f"/jobs/{job_id}").status_code == 404


def test_the_page_asks_again_until_the_job_is_over(
    owned: tuple[JobStore, str], client_as: Callable[[str], FlaskClient]
) -> None:
    jobs, job_id = owned
    client = client_as("exam_officer")
    jobs.start(job_id)
    jobs.progress(job_id, 1, 4)
    running = client.get(f"/jobs/{job_id}", headers={"HX-Request": "true"})
    assert 'hx-trigger="every' in running.text
    assert "25" in running.text
    assert "<html" not in running.text
    jobs.finish(job_id, JobState.DONE, "导入完成")
    over = client.get(f"/jobs/{job_id}", headers={"HX-Request": "true"})
    assert over.headers["HX-Redirect"] == "/exams/"
    assert "导入完成" in client.get("/exams/").text


# --- chores -------------------------------------------------------------------------------------------------------


def test_a_chore_that_fails_is_tried_again_and_stops_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ticks, "_ticks", [])
    done: list[str] = []

    @ticks.every(0)
    def broken() -> None:
        done.append("broken")
        raise ZeroDivisionError

    @ticks.every(3600)
    def hourly() -> None:
        done.append("hourly")

    ticks.run_due(app)
    ticks.run_due(app)
    assert done == ["broken", "hourly", "broken"]
    assert "chore broken failed" in caplog.text


def test_what_an_older_version_said_is_shown_as_it_is(jobs: JobStore) -> None:
    for message in ("已导入 30 条。", "{花括号}开头的句子", '{"code": "gone-in-this-version", "params": {}}', "{}"):
        assert in_words(message) == message
    assert in_words("job-cancelled") == "已按要求取消，没有留下做到一半的内容。"


@given(st.text(), st.integers(), st.text(min_size=400, max_size=900))
def test_what_a_job_says_fits_its_column(short: str, count: int, long: str) -> None:
    for params in ({"a": short[:50], "n": count}, {"a": short, "n": count, "b": long, "c": long}):
        stored = Told("number-taken", params).stored()
        assert len(stored) <= MESSAGE_LENGTH
        assert json.loads(stored)["code"] == "number-taken"


def test_no_sign_of_life_does_not_stop_the_worker(
    live_app: Flask, jobs: JobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk is full at the first beat and has room at the second; the worker ends when it is told to, not before."""
    beats = []
    made = worker.Worker(live_app)

    def beat(job_id: str, attempt: int) -> None:
        beats.append((job_id, attempt))
        if len(beats) == 1:
            raise OperationalError("UPDATE jobs", {}, sqlite3.OperationalError("database or disk is full"))
        made.stop_asked.set()

    monkeypatch.setattr(jobs, "beat", beat)
    monkeypatch.setattr(queue, "_current", {"a": 1})
    monkeypatch.setattr(worker, "LOOP_SECONDS", 0.01)
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0)
    monkeypatch.setattr(ticks, "run_due", lambda _app: None)
    monkeypatch.setattr(made.consumer, "start", lambda: None)
    monkeypatch.setattr(made, "_end", lambda: None)
    for name in ("when_parent_dies", "signal"):
        monkeypatch.setattr(worker, name, Mock())
    made.live()
    assert beats == [("a", 1), ("a", 1)]
    assert "no sign of life" in caplog.text
