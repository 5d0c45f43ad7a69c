"""A large import while an exam goes on and the worker is killed; a batch accepted from everywhere at once; bad rows."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from portal.config import ROOT
from portal.exams.importers import xlsx
from portal.exams.saving import sqlite_engine
from portal.extensions import db
from portal.imports.models import BatchState
from portal.jobs import queue
from portal.jobs.store import Job, store
from portal.web.exports import write_sheet
from tests.exams.test_kill import PEOPLE, prepare, press, value_of
from tests.support.imports import Site, multipart
from tests.support.jobs import wait_for
from tests.support.people import csrf
from tests.support.server import Server

ROWS = 32_780
SAVERS = 3
# The server itself gives up on a lock after ten seconds.
PATIENCE = 15


class Sitting:
    """People who save their answers again and again, and do not take no for an answer."""

    def __init__(self, server: Server, sitters: list[dict[str, object]]) -> None:
        self.server, self.sitters = server, sitters
        self.over = threading.Event()
        self.acknowledged, self.failed = 0, []  # type: ignore[var-annotated]
        self.slowest = 0.0
        self.last: dict[tuple[object, int], int] = {}
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._sit, args=(number,)) for number in range(SAVERS)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _sit(self, number: int) -> None:
        """A few of the people, their answers in turn, each with a higher counter than before."""
        mine, counter = self.sitters[number::SAVERS], 0
        while not self.over.is_set():
            counter += 1
            who, place = mine[counter % len(mine)], counter % 40 + 1
            began = time.monotonic()
            try:
                answer = self._save(who, place, counter)
            except (OSError, http.client.HTTPException) as error:
                answer = repr(error)
            with self.lock:
                self.slowest = max(self.slowest, time.monotonic() - began)
                if answer == "saved":
                    self.acknowledged += 1
                    self.last[who["attempt"], place] = counter
                else:
                    self.failed.append(answer)
                    counter -= 1  # sent again, as the page does
            self.over.wait(0.05)

    def _save(self, who: dict[str, object], place: int, counter: int) -> str:
        body = {"lease": 1, "answers": [{"pos": place, "value": value_of(who, place), "counter": counter}]}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        try:
            connection.request(
                "POST", f"/exams/attempts/{who['attempt']}/answers", json.dumps(body),
                {"Content-Type": "application/json", "Cookie": f"portal={who['cookie']}",
                 "X-CSRFToken": str(who["token"])},
            )  # fmt: skip
            response = connection.getresponse()
            said = response.read()
            return (
                "saved"
                if response.status == 200 and json.loads(said)["saved"] == {str(place): counter}
                else (f"{response.status} {said[:80]!r}")
            )
        finally:
            connection.close()


def test_no_save_fails_during_a_large_import_whose_worker_dies_twice(
    live_app: Flask, site: Site, tmp_path: Path
) -> None:
    sitters = prepare(live_app)
    file = tmp_path / "题库.xlsx"
    write_sheet(file, "题库", ["题型", "题干", "选项A", "选项B", "答案"],
                (["单选题", f"第{n}问几日内办理？", f"{n}日", f"{n + 1}日", "A"] for n in range(ROWS)))  # fmt: skip
    client = site.client("liaison")
    body = multipart({"csrf_token": csrf(client).encode()}, "题库.xlsx", file.read_bytes())
    sent = client.post(site.upload_url, data=body, content_type="multipart/form-data; boundary=edge")
    reading, before = sent.location.rsplit("/", 1)[1], site.count()
    server = Server(live_app.config["PORTAL"].instance)
    server.start()
    try:
        with Sitting(server, sitters) as sitting, live_app.app_context():
            server.start_worker()
            batch = wait_for(store(), reading, lambda job: job.done > 0, 60).back_url
            kill_worker(server)
            assert site.batch(batch).state is BatchState.READING
            server.start_worker()
            wait_for(store(), reading, over, 180)
            assert store().get(reading).attempts == 2
            assert site.batch(batch).summary["accepted"] == ROWS
            writing = site.post(client, f"{batch}/accept").location.rsplit("/", 1)[1]
            wait_for(store(), writing, lambda job: job.done > 0, 60)  # all is made ready, the write begins
            kill_worker(server)
            assert site.count() - before in {0, ROWS}, "the write is whole or not at all"
            server.start_worker()
            wait_for(store(), writing, over, 120)
    finally:
        server.stop()
    # All is made ready before the lock: the write takes half a second of one processor, a save waits for ten.
    told = f"{len(sitting.failed)} of {sitting.acknowledged} saves failed, the slowest took {sitting.slowest:.2f} s"
    assert not sitting.failed, (told, sitting.failed)
    assert sitting.acknowledged > 50, told
    assert site.count() - before == ROWS
    assert site.batch(batch).state is BatchState.ACCEPTED
    assert site.batch(batch).summary["result"] == {"accepted": ROWS, "duplicates": 0, "rejected": 0}
    with live_app.app_context():
        rows = db.session.execute(db.text("SELECT attempt_id, position, counter FROM answers")).all()
        stored = {(attempt, position): counter for attempt, position, counter in rows}
        db.session.remove()
    assert {place: stored[place] for place in sitting.last} == sitting.last
    assert len(sitters) == PEOPLE


def test_both_doors_of_a_save_wait_long_enough_and_alike(live_app: Flask) -> None:
    """The view and the lane write through one engine, and end before the page itself gives the connection up."""
    with live_app.app_context():
        engine = sqlite_engine()
        assert engine is db.engine
        with engine.connect() as connection:
            milliseconds = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    assert milliseconds == 10_000
    for script in ("exam.js", "contest.js"):
        limits = re.findall(r"(?:abort\(\), |PATIENCE = )(\d+)", (ROOT / "static/js" / script).read_text("utf-8"))
        assert [int(each) > milliseconds for each in limits] == [True]


def over(job: Job) -> bool:
    return job.finished


def kill_worker(server: Server) -> None:
    assert server.worker is not None
    server.worker.kill()
    server.worker.wait()


def test_one_batch_accepted_ten_times_at_once_is_written_once(live_app: Flask, site: Site) -> None:
    """Two windows of the same person, or an impatient finger: one job, one result."""
    client = site.client("liaison")
    batch = site.ready(client)
    cookie = client.get_cookie("portal")
    assert cookie is not None
    server = Server(live_app.config["PORTAL"].instance)
    server.start()
    try:
        answers = press(server, f"{batch}/accept", cookie.value, csrf(client))
    finally:
        server.stop()
    assert {status for status, _ in answers} == {303}
    jobs = {where for _, where in answers}
    assert len(jobs) == 1
    with live_app.app_context():
        queue.run(jobs.pop().rsplit("/", 1)[1])
        accepts = db.session.scalar(db.text("SELECT count(*) FROM audit_entries WHERE action = 'import.accept'"))
        db.session.remove()
    assert (site.count(), accepts) == (30, 1)


# --- ten thousand bad rows ----------------------------------------------------------------------------------------


def staged(site: Site, client: FlaskClient, tmp_path: Path, rows: int) -> str:
    """The preview of a sheet of which no row can come in."""
    file = tmp_path / f"{rows}.xlsx"
    write_sheet(file, "题库", ["题型", "题干", "选项A", "选项B", "答案"],
                (["单选题", f"第{n}问没有答案？", f"{n}日", f"{n + 1}日", ""] for n in range(rows)))  # fmt: skip
    return site.work(site.upload(client, file.read_bytes(), "坏题.xlsx"))


def test_ten_thousand_bad_rows_are_listed_and_downloaded_whole(
    site: Site, tmp_path: Path, any_statement: list[str]
) -> None:
    client = site.client("liaison")
    costs = []
    for rows in (30, 10_000):
        url = staged(site, client, tmp_path, rows)
        any_statement.clear()
        for asked in ({}, {"show": "rejected"}, {"sort": "-n"}, {"q": "第2"}):
            page = client.get(url, query_string=asked)
            assert page.status_code == 200
            assert len(page.data) < 120_000, "twenty rows a page, whatever the file holds"
        costs.append(len(any_statement))
    assert costs[0] == costs[1]
    assert "共 10,000 条" in client.get(url, query_string={"show": "rejected"}).text
    assert site.post(client, f"{url}/accept").location == url, "there is nothing to accept"
    with client.get(f"{url}/failed-rows") as answer:
        path = tmp_path / "failed.xlsx"
        path.write_bytes(answer.data)
    _head, *found = xlsx.read_workbook(path)[0].rows
    assert len(found) == 10_000
    assert found[9_999][1] == "第9999问没有答案？"
    assert all("没有答案" in str(row[-1]) for row in found[::500])
    assert site.count() == 0


@pytest.fixture
def any_statement() -> Iterator[list[str]]:
    """What any engine of the process is asked: the rows of an import lie in a file of their own."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)
