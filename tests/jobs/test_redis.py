"""The queue in Redis: several nodes, one that is down, one that hangs, one that has forgotten everything."""

from __future__ import annotations

import io
import logging
import pickle
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from flask import Flask

from portal import create_app
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.services import bank as banks
from portal.extensions import db, writing
from portal.jobs import queue, tasks
from portal.jobs.store import Job, JobState, JobStore, store
from tests.conftest import make_config
from tests.support.jobs import TALKS, start_worker, wait_for
from tests.support.people import Office, csrf, sign_in
from tests.support.redis import RedisServer, require_redis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that runs."""
    require_redis()
    made = RedisServer(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def site(live_app: Flask, server: RedisServer) -> Iterator[Flask]:
    """A site whose queue is in it."""
    config = replace(live_app.config["PORTAL"], redis_url=server.url)
    made = create_app(config)
    with made.app_context():
        yield made
        db.session.remove()
        store().engine.dispose()
        db.engine.dispose()
        queue.huey(made).storage.close()


def enqueue() -> Job:
    return queue.enqueue(TALKS, {"steps": 1}, owner_id=1, owner_name="Jia", back_url="")


def over(job: Job) -> bool:
    return job.finished


def told(site: Flask, server: RedisServer) -> dict[str, str]:
    return {"PORTAL_REDIS_URL": server.url, "PORTAL_JOBS_URL": site.config["PORTAL"].jobs_url}


def test_what_one_node_takes_in_another_sees_and_does(site: Flask, server: RedisServer, tmp_path: Path) -> None:
    """Two data folders, one Redis, one store: as two web nodes in front of one database."""
    folder = tmp_path / "second"
    folder.mkdir(mode=0o700)
    second = create_app(replace(make_config(folder), redis_url=server.url, jobs_url=site.config["PORTAL"].jobs_url))
    job = enqueue()
    assert queue.huey(site).pending_count() == 1
    assert not (site.config["PORTAL"].instance / "queue.db").exists()
    with second.app_context():
        assert store().get(job.id).state is JobState.QUEUED
    worker = start_worker(folder, **told(site, server))
    try:
        assert wait_for(store(), job.id, over).state is JobState.DONE
    finally:
        worker.kill()
        worker.wait()
    with second.app_context():
        assert store().get(job.id).message == "说完了。"
        store().engine.dispose()
        queue.huey(second).storage.close()


@pytest.mark.parametrize("how", ["down", "hangs"])
def test_without_redis_a_job_waits_and_no_page_hangs(
    site: Flask, server: RedisServer, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with writing() as session:
        office = Office.load(session)
        made = banks.create_bank(
            session, actor=system_viewer(), now=clock.now(), name="题库", unit_id=office.units["D02"].id
        )
        bank_id = made.id
        client = sign_in(site, office.people["liaison"])
        session.commit()
        db.session.remove()
    server.pause() if how == "hangs" else server.stop()
    data = {"csrf_token": csrf(client), "file": (io.BytesIO("1. 问？（ A ）\nA. 一\nB. 二".encode()), "题.txt")}
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        answer = client.post(f"/imports/new/questions?bank={bank_id}", data=data, content_type="multipart/form-data")
    assert time.monotonic() - began < queue.CONNECT_SECONDS + queue.ANSWER_SECONDS + 2
    assert "the queue does not answer" in caplog.text
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "任务已经记下，恢复后会自动开始，不用重复提交" in page
    job_id = answer.location.rsplit("/", 1)[1]
    assert (store().get(job_id).state, store().get(job_id).sent_at) == (JobState.QUEUED, None)
    server.stop()
    server.start()
    tasks.send_waiting()
    assert store().get(job_id).sent_at is not None
    assert "排队中，马上开始" in client.get(answer.location).text
    task = queue.huey(site).dequeue()
    assert task is not None
    assert task.args == (job_id,)


def test_a_worker_outlives_redis(site: Flask, server: RedisServer) -> None:
    server.stop()
    job = enqueue()
    worker = start_worker(site.config["PORTAL"].instance, **told(site, server))
    try:
        time.sleep(2)  # it starts without Redis and stays
        assert worker.poll() is None
        server.start()
        queue.send_waiting(site)
        assert wait_for(store(), job.id, over).state is JobState.DONE
    finally:
        worker.kill()
        worker.wait()


def test_a_redis_that_forgot_everything_is_told_again(site: Flask, server: RedisServer) -> None:
    first, second = enqueue(), enqueue()
    server.stop()
    server.start()
    assert queue.huey(site).pending_count() == 0
    queue.send_waiting(site)
    assert [queue.huey(site).dequeue().args[0] for _ in range(2)] == [first.id, second.id]


def test_nothing_is_sent_twice_while_it_waits(site: Flask) -> None:
    enqueue()
    enqueue()
    queue.send_waiting(site)
    assert queue.huey(site).pending_count() == 2


def test_a_forged_message_runs_nothing(site: Flask, server: RedisServer, tmp_path: Path) -> None:
    """Who can write to Redis must not be able to run code on the node that reads it."""
    mark = tmp_path / "was-run"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (mark,))  # type: ignore[return-value]

    client = redis.Redis.from_url(server.url)
    client.lpush("huey.redis.portal", pickle.dumps(Evil()))
    client.close()
    with pytest.raises(ValueError, match=r"Separator|Signature"):
        queue.huey(site).dequeue()
    assert not mark.exists()


def test_the_store_of_a_site_with_a_database_server_is_there(tmp_path: Path, jobs: JobStore) -> None:
    """Job rows live where the data lives; beside a SQLite database in a file of their own."""
    config = make_config(tmp_path)
    assert config.jobs_url == f"sqlite:///{tmp_path / 'jobs.db'}"
    server = "postgresql://portal@db/portal"
    assert replace(config, database_url=server, jobs_url="").jobs_url == server
