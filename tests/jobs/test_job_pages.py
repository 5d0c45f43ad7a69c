"""The pages of jobs, for their owner, for others, and for who looks after the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.audit.models import AuditEntry
from portal.extensions import db
from portal.jobs import queue, results
from portal.jobs.store import JobState, JobStore, store
from tests.support.people import Office, csrf

Clients = Callable[[str], FlaskClient]


@pytest.fixture
def jobs(app: Flask) -> Iterator[JobStore]:
    """The store of the application that rolls back; the store does not, and ids are unique."""
    opened = store(app)
    yield opened
    with opened.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM jobs")
    opened.engine.dispose()


def add(jobs: JobStore, office: Office, label: str = "exam_officer", **more: Any) -> str:
    owner = office.people[label]
    more = {"title": "题库.docx", "back_url": "", **more}
    return jobs.add("imports.read", {}, owner_id=owner.id, owner_name=owner.name, **more).id


def post(client: FlaskClient, path: str) -> Any:
    return client.post(path, data={"csrf_token": csrf(client)})


def ended(jobs: JobStore, job_id: str, state: JobState, message: str = "", content: str = "") -> str:
    """Bring a job to its end."""
    jobs.start(job_id)
    if content:
        results.path_of(job_id).write_text(content)
    jobs.finish(job_id, state, message, result=("名单.xlsx", len(content)) if content else ("", 0))
    return job_id


def test_the_list_shows_ones_own_jobs(jobs: JobStore, office: Office, client_as: Clients) -> None:
    waiting = add(jobs, office)
    failed = ended(jobs, add(jobs, office, title="坏.docx"), JobState.FAILED, "job-gave-up")
    add(jobs, office, "liaison", title="别人的.docx")
    page = client_as("exam_officer").get("/jobs/").text
    assert page.count("读取导入文件") == 2
    assert "别人的" not in page
    assert "连续三次使后台进程中断" in page
    assert f"/jobs/{waiting}/cancel" in page
    assert f"/jobs/{failed}/retry" in page
    assert f"/jobs/{failed}/cancel" not in page


def test_the_list_is_filtered_and_its_statements_do_not_grow(
    jobs: JobStore, office: Office, client_as: Clients
) -> None:
    client, seen, costs = client_as("exam_officer"), [], []
    jobs.engine.dispose()  # the next connection tells of all that runs on it
    event.listen(jobs.engine, "connect", lambda driver, _record: driver.set_trace_callback(seen.append))
    begin, count, rows, end = 1, 1, 1, 1
    for number in range(33):
        ended(jobs, add(jobs, office, title=f"第{number}份"), JobState.DONE)
        if number in {2, 32}:
            seen.clear()
            assert client.get("/jobs/", query_string={"state": "done"}).status_code == 200
            costs.append(len(seen))
    assert costs == [begin + count + rows + end] * 2
    assert "共 33 条" in client.get("/jobs/").text
    assert "共 1 条" in client.get("/jobs/", query_string={"q": "第32份"}).text
    assert "还没有" not in client.get("/jobs/", query_string={"state": "failed"}).text


def test_administrators_see_all_jobs_without_what_is_in_them(
    jobs: JobStore, office: Office, client_as: Clients
) -> None:
    job_id = ended(jobs, add(jobs, office), JobState.FAILED, "第 3 行：张三的身份证号不对")
    admin = client_as("system_admin")
    page = admin.get("/jobs/all").text
    assert office.people["exam_officer"].name in page
    assert "读取导入文件" in page
    for inside in ("题库.docx", "张三", job_id):
        assert inside not in page
    assert admin.get(f"/jobs/{job_id}").status_code == 404
    for label in ("exam_officer", "security_admin", "audit_admin", "cadre"):
        assert client_as(label).get("/jobs/all").status_code == 403


@pytest.mark.parametrize("label", ["liaison", "system_admin"])
def test_nobody_else_touches_a_job(jobs: JobStore, office: Office, client_as: Clients, label: str) -> None:
    client, waiting = client_as(label), add(jobs, office)
    failed = ended(jobs, add(jobs, office), JobState.FAILED)
    done = ended(jobs, add(jobs, office), JobState.DONE, content="abc")
    assert post(client, f"/jobs/{waiting}/cancel").status_code == 404
    assert post(client, f"/jobs/{failed}/retry").status_code == 404
    assert client.get(f"/jobs/{done}/result").status_code == 404
    assert [jobs.get(each).state for each in (waiting, failed)] == [JobState.QUEUED, JobState.FAILED]


def test_cancelling_from_the_page(jobs: JobStore, office: Office, client_as: Clients) -> None:
    client, job_id = client_as("exam_officer"), add(jobs, office)
    jobs.start(job_id)
    jobs.note_sent(job_id, arrived=True)
    assert post(client, f"/jobs/{job_id}/cancel").location == f"/jobs/{job_id}"
    page = client.get(f"/jobs/{job_id}").text
    assert "正在停下来" in page
    assert "取消任务" not in page
    jobs.finish(job_id, JobState.CANCELLED, "job-cancelled")
    page = client.get(f"/jobs/{job_id}").text
    assert "已按要求取消" in page
    assert 'hx-trigger="every' not in page, "the polling has ended"
    post(client, f"/jobs/{job_id}/cancel")
    assert "已经结束，不能取消" in client.get(f"/jobs/{job_id}").text


def test_retrying_from_the_page(app: Flask, jobs: JobStore, office: Office, client_as: Clients) -> None:
    client, job_id = client_as("exam_officer"), add(jobs, office, back_url="/exams/")
    ended(jobs, job_id, JobState.FAILED, "disk-full")
    page = client.get(f"/jobs/{job_id}").text
    assert "磁盘空间不足" in page
    assert 'href="/exams/"' in page
    assert post(client, f"/jobs/{job_id}/retry").location == f"/jobs/{job_id}"
    job = jobs.get(job_id)
    assert job.state is JobState.QUEUED
    assert job.sent_at is not None
    post(client, f"/jobs/{job_id}/retry")
    assert "还没有结束，不用重试" in client.get(f"/jobs/{job_id}").text
    queue.huey(app).flush()


def test_without_script_the_page_loads_itself_again(jobs: JobStore, office: Office, client_as: Clients) -> None:
    client, job_id = client_as("exam_officer"), add(jobs, office)
    reload = '<noscript><meta http-equiv="refresh" content="2"></noscript>'
    assert reload in client.get(f"/jobs/{job_id}").text
    ended(jobs, job_id, JobState.FAILED, "坏了")
    assert reload not in client.get(f"/jobs/{job_id}").text


# --- the file -----------------------------------------------------------------------------------------------------


def test_the_owner_downloads_the_file_and_the_log_tells(
    jobs: JobStore, office: Office, client_as: Clients, session: Any
) -> None:
    job_id = ended(jobs, add(jobs, office), JobState.DONE, "已导出 3 行。", content="abc")
    client = client_as("exam_officer")
    page = client.get(f"/jobs/{job_id}").text
    assert "已导出 3 行" in page
    assert f"/jobs/{job_id}/result" in page
    answer = client.get(f"/jobs/{job_id}/result")
    assert answer.data == b"abc"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "%E5%90%8D%E5%8D%95.xlsx" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject_id) == ("job.download", job_id)


def test_a_file_past_its_time_is_told(jobs: JobStore, office: Office, client_as: Clients) -> None:
    job_id = ended(jobs, add(jobs, office), JobState.DONE, content="abc")
    results.discard(job_id)
    client = client_as("exam_officer")
    assert client.get(f"/jobs/{job_id}/result").location == f"/jobs/{job_id}"
    page = client.get(f"/jobs/{job_id}").text
    assert "已过保存期" in page
    assert "下载文件" not in page


def test_a_job_without_a_file(jobs: JobStore, office: Office, client_as: Clients) -> None:
    job_id = add(jobs, office)
    client = client_as("exam_officer")
    assert client.get(f"/jobs/{job_id}/result").location == f"/jobs/{job_id}"
    assert "没有结果文件" in client.get(f"/jobs/{job_id}").text
