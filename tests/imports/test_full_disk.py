"""A full disk, at every step of an import and in an export: told in words, nothing half done, the next try works."""

from __future__ import annotations

import errno
from typing import IO, Any

import pytest
from flask.testing import FlaskClient
from werkzeug.formparser import default_stream_factory

from portal.imports.models import BatchState
from portal.jobs import queue, results
from portal.jobs.store import Job, JobState, store
from portal.web import exports
from tests.support.disk import full_disk
from tests.support.imports import Site, multipart
from tests.support.people import csrf

KILOBYTE = 1024
MANY = "\n".join(f"{n}. 第{n}问？（ A ）\nA. {n}日\nB. {n + 1}日" for n in range(1, 2001))


def leftovers(site: Site) -> list[str]:
    return [path.name for path in (site.app.config["PORTAL"].instance / "imports").rglob("*")]


def job_of(site: Site, answer: object) -> str:
    return str(answer.location.rsplit("/", 1)[1])  # type: ignore[attr-defined]


def run(site: Site, job_id: str) -> Job:
    with site.app.app_context():
        queue.run(job_id)
        return store().get(job_id)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """The files that a request began to write."""
    streams: list[IO[bytes]] = []

    def remember(*about: Any, **more: Any) -> IO[bytes]:
        streams.append(default_stream_factory(*about, **more))
        return streams[-1]

    monkeypatch.setattr("werkzeug.wrappers.request.default_stream_factory", remember)
    return streams


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["browser", "htmx"])
def test_an_upload(site: Site, headers: dict[str, str], begun: list[IO[bytes]]) -> None:
    client = site.client("liaison")
    client.environ_base.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()})
    big = ("1. 问？（ A ）\nA. 一\nB. 二\n" + "（空行）\n" * 90_000).encode()
    body = multipart({"csrf_token": csrf(client).encode()}, "大.txt", big)
    with full_disk(600 * KILOBYTE):
        answer = client.post(site.upload_url, data=body, content_type="multipart/form-data; boundary=edge")
    assert answer.status_code == 503
    assert [stream.closed for stream in begun] == [True], "the half file gives its room back at once"
    assert "服务器磁盘空间不足，本次没有保存" in answer.text
    assert "data-say" in answer.text, "htmx shows this line in the page at hand"
    assert leftovers(site) == []
    assert site.upload(client, big, "大.txt").status_code == (200 if headers else 303)


def test_the_job_row_of_an_upload(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is there, and then its job cannot be written down."""
    client = site.client("liaison")

    def full(*_given: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with site.app.app_context():
        jobs = store()
    with monkeypatch.context() as patched:
        patched.setattr(type(jobs), "add", full)
        answer = site.upload(client, b"1. ?", "题.txt")
    assert answer.status_code == 503
    assert "磁盘空间不足" in answer.text
    assert leftovers(site) == []
    assert "我最近上传的文件" not in client.get(site.upload_url).text


def test_reading(site: Site) -> None:
    client = site.client("liaison")
    job_id = job_of(site, site.upload(client, MANY.encode(), "题库.txt"))
    with full_disk(500 * KILOBYTE):
        job = run(site, job_id)
    assert job.state is JobState.FAILED
    page = client.get(job.back_url).text
    assert "服务器磁盘空间不足，文件没有读完，也没有写入任何数据" in page
    assert [name for name in leftovers(site) if "rows.db" in name] == []
    retry(site, client, job_id)
    assert "共识别 2000 = 2000 可导入" in client.get(job.back_url).text


def test_accepting(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client, MANY)
    job_id = job_of(site, site.post(client, f"{url}/accept"))
    with full_disk(500 * KILOBYTE):
        job = run(site, job_id)
    assert (job.state, job.message) == (JobState.FAILED, "disk-full")
    assert site.count() == 0
    assert "没有写入任何数据" in client.get(url).text
    assert "磁盘空间不足" in client.get(f"/jobs/{job_id}").text
    retry(site, client, job_id)
    assert site.count() == 2000
    assert site.batch(url).state is BatchState.ACCEPTED


def test_an_export(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.client("exam_officer")
    site.work(site.post(client, f"{site.ready(client, MANY)}/accept"))
    monkeypatch.setattr(exports, "DIRECT_ROWS", 100)
    job_id = job_of(site, client.get(f"/exams/banks/{site.bank_id}?export=xlsx"))
    with full_disk(300 * KILOBYTE):
        job = run(site, job_id)
    assert (job.state, job.message) == (JobState.FAILED, "disk-full")
    with site.app.app_context():
        assert list(results.folder().iterdir()) == []
    retry(site, client, job_id)
    with client.get(f"/jobs/{job_id}/result") as answer:
        assert answer.data.startswith(b"PK")


def retry(site: Site, client: FlaskClient, job_id: str) -> None:
    """Press the button of the job's page, with room on the disk again."""
    assert site.post(client, f"/jobs/{job_id}/retry").status_code == 303
    assert run(site, job_id).state is JobState.DONE
