"""An import from upload to rows, as its owner and as others meet it."""

from __future__ import annotations

import io
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import system_viewer
from portal.exams.importers import xlsx
from portal.extensions import db, writing
from portal.imports import registry, services
from portal.imports.models import BatchState
from portal.jobs import queue
from portal.jobs.store import JobState, store
from tests.support.imports import TEXT, Site
from tests.support.people import csrf


def test_from_upload_to_rows(site: Site) -> None:
    client = site.client("liaison")
    assert "涉密文件不得上传" in client.get(site.upload_url).text
    url = site.ready(client)
    page = client.get(url).text
    assert "共识别 33 = 30 可导入 + 1 重复 + 2 不导入" in page
    assert "第 1–20 条，共 33 条" in page
    assert site.count() == 0
    assert site.folder(url).stat().st_mode & 0o077 == 0
    back = site.work(site.post(client, f"{url}/accept"))
    assert back == url
    assert site.count() == 30
    assert "已导入 30 条" in client.get(url).text
    assert site.batch(url).state is BatchState.ACCEPTED


@pytest.mark.parametrize(("show", "count"), [("accepted", 30), ("duplicate", 1), ("rejected", 2), ("flagged", 1)])
def test_the_preview_is_filtered(site: Site, show: str, count: int) -> None:
    client = site.client("liaison")
    url = site.ready(client)
    assert f"共 {count} 条" in client.get(url, query_string={"show": show}).text


def test_the_preview_says_why_and_where(site: Site) -> None:
    client = site.client("liaison")
    page = client.get(site.ready(client), query_string={"show": "rejected"}).text
    assert "第33题" in page
    assert "没有答案" in page
    assert "但答案不同，请人工核对（见本文件第2题）" in page


def test_accepting_twice_writes_once(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client)
    first = site.post(client, f"{url}/accept")
    second = site.post(client, f"{url}/accept")
    assert first.location == second.location
    site.work(first)
    third = site.post(client, f"{url}/accept")
    assert third.location == url
    assert "没有重复写入" in client.get(url).text
    with site.app.app_context():
        job = store().add(
            "imports.accept", {"batch": url.rsplit("/", 1)[1], "actor": {}}, owner_id=1, owner_name="Jia", back_url=""
        )
        queue.run(job.id)
        assert store().get(job.id).state is JobState.DONE
    assert site.count() == 30


def test_a_reading_that_was_interrupted_runs_again(site: Site) -> None:
    client = site.client("liaison")
    answer = site.upload(client, TEXT.encode(), "题库.txt")
    job_id = answer.location.rsplit("/", 1)[1]
    with site.app.app_context():
        store().start(job_id)  # a worker took it and died
        assert job_id in store().put_back_stale(worker="")
    assert "33" in client.get(site.work(answer)).text


def test_what_came_meanwhile_is_counted_as_duplicate(site: Site) -> None:
    client = site.client("liaison")
    one, two = site.ready(client), site.ready(client)
    site.work(site.post(client, f"{one}/accept"))
    site.work(site.post(client, f"{two}/accept"))
    assert site.count() == 30
    assert site.batch(two).summary["result"] == {"accepted": 0, "duplicates": 31, "rejected": 2}


def test_cancelling_deletes_the_file(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client)
    assert site.folder(url).is_dir()
    assert site.post(client, f"{url}/cancel").status_code == 303
    assert not site.folder(url).exists()
    assert site.batch(url).state is BatchState.CANCELLED
    refused = site.post(client, f"{url}/accept")
    assert refused.location == url
    assert "已过保存期" in client.get(url).text
    assert client.get(f"{url}/failed-rows").status_code == 404


def test_nobody_else_sees_a_batch(site: Site) -> None:
    url = site.ready(site.client("liaison"))
    for label in ("exam_officer", "foreign_liaison", "cadre"):
        client = site.client(label)
        assert client.get(url).status_code == 404
        assert client.get(f"{url}/failed-rows").status_code == 404
        assert site.post(client, f"{url}/accept").status_code == 404
        assert site.post(client, f"{url}/cancel").status_code == 404
    assert site.batch(url).state is BatchState.READY


@pytest.mark.parametrize("label", ["cadre", "foreign_liaison", "leader"])
def test_nobody_imports_into_a_bank_that_is_not_theirs(site: Site, label: str) -> None:
    client = site.client(label)
    assert client.get(site.upload_url).status_code == 404
    assert site.upload(client, TEXT.encode(), "题库.txt").status_code == 404


def test_unknown_kinds_and_banks_are_not_found(site: Site) -> None:
    client = site.client("liaison")
    for url in ("/imports/new/nothing", "/imports/new/questions", "/imports/new/questions?bank=x"):
        assert client.get(url).status_code == 404


def test_the_failed_rows_come_as_a_sheet(site: Site, tmp_path: Path) -> None:
    client = site.client("liaison")
    answer = client.get(f"{site.ready(client)}/failed-rows")
    path = tmp_path / "rows.xlsx"
    path.write_bytes(answer.data)
    answer.close()
    head, *rows = xlsx.read_workbook(path)[0].rows
    assert head[-2:] == ["位置", "未导入的原因"]
    assert [row[-2] for row in rows] == ["第31题", "第32题", "第33题"]
    assert [row[1] for row in rows] == ["第1道题几日内办理？（ ）", "第2道题几日内办理？（ ）", "没有答案的是？"]


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (60 * 1024 * 1024))
    return buffer.getvalue()


BAD: list[tuple[str, Callable[[], bytes], str]] = [
    ("空.docx", bytes, "文件是空的"),
    ("改名.docx", "只是文字".encode, "内容却不是 Word 文档"),
    ("加密.docx", lambda: bytes.fromhex("D0CF11E0A1B11AE1") + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
    ("炸弹.docx", bomb, "压缩比异常"),
    ("图.pdf", lambda: b"%PDF-1.4", "这是 PDF 文件"),
]


@pytest.mark.parametrize(("name", "content", "said"), BAD, ids=[name for name, _, _ in BAD])
def test_a_bad_upload_is_told_why(site: Site, name: str, content: Callable[[], bytes], said: str) -> None:
    answer = site.upload(site.client("liaison"), content(), name)
    assert answer.status_code == 422
    assert said in answer.text
    imports = site.app.config["PORTAL"].instance / "imports"
    assert list(imports.iterdir()) == []


def test_a_file_over_the_limit_is_refused_and_not_kept(site: Site) -> None:
    small = replace(registry.get("questions"), max_bytes=registry.MEGABYTE)
    instance = site.app.config["PORTAL"].instance
    big = services.Upload("大.txt", lambda path: path.write_bytes(b"1" * (registry.MEGABYTE + 1)))
    target = registry.Target({"bank": site.bank_id}, "", "")
    with site.app.app_context(), pytest.raises(RuleError) as refused:
        services.receive(
            db.session(),
            actor=system_viewer(),
            now=clock.now(),
            instance=instance,
            importer=small,
            target=target,
            first=big,
        )
    assert (refused.value.code, refused.value.params) == ("import-too-big", {"limit": 1})
    assert list((instance / "imports").iterdir()) == []


def test_no_file_at_all(site: Site) -> None:
    client = site.client("liaison")
    answer = client.post(site.upload_url, data={"csrf_token": csrf(client)})
    assert answer.status_code == 422
    assert "请选择要导入的文件" in answer.text


def test_a_file_without_questions(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client, "会议通知，没有题目。\n")
    page = client.get(url).text
    assert "未识别到任何题目" in page
    assert site.post(client, f"{url}/accept").location == url
    assert "没有可以导入的记录" in client.get(url).text


def test_a_file_that_cannot_be_parsed_fails_in_words(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = replace(registry.get("questions"), parse="tests.imports.slow:parse", seconds=1)
    monkeypatch.setitem(registry._importers, "questions", slow)
    client = site.client("liaison")
    url = site.work(site.upload(client, TEXT.encode(), "题库.txt"))
    assert site.batch(url).state is BatchState.FAILED
    assert "读取文件超过 1 秒仍未完成" in client.get(url).text


def test_answers_in_a_second_file(site: Site) -> None:
    client = site.client("liaison")
    second = (io.BytesIO(b"1. A\n2. AB\n"), "答案.txt")
    answer = site.upload(
        client, "1. 哪一项？\nA. 甲\nB. 乙\n2. 哪些？\nA. 甲\nB. 乙\n".encode(), "题.txt", second=second
    )
    page = client.get(site.work(answer)).text
    assert "共识别 2 = 2 可导入" in page


def test_old_uploads_are_cleared_away(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client)
    instance = site.app.config["PORTAL"].instance
    with site.app.app_context(), writing() as session:
        later = clock.now() + services.KEEP
        assert services.clear_old(session, now=later - timedelta(minutes=5), instance=instance) == 0
        assert services.clear_old(session, now=later + timedelta(minutes=5), instance=instance) == 1
        session.commit()
    assert not site.folder(url).exists()
    assert site.batch(url).state is BatchState.CANCELLED


def test_a_write_elsewhere_waits_for_no_import(site: Site) -> None:
    """Another connection writes every few milliseconds while a file is read and its rows are written: the longest wait
    is a small part of the whole, which would be all of it if the lock were held from the reading on."""
    client = site.client("liaison")
    many = "\n".join(f"{n}. 第{n}问？（ A ）\nA. {n}日\nB. {n + 1}日" for n in range(1, 1501))
    waits: list[float] = []
    refused: list[str] = []
    over = threading.Event()
    path = site.app.config["PORTAL"].instance / "portal.db"

    def save() -> None:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        while not over.is_set():
            began = time.monotonic()
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE units SET name = name WHERE id = 1")
                connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                refused.append(str(error))
            waits.append(time.monotonic() - began)
            time.sleep(0.01)
        connection.close()

    writer = threading.Thread(target=save)
    writer.start()
    started = time.monotonic()
    try:
        url = site.ready(client, many)
        site.work(site.post(client, f"{url}/accept"))
        whole = time.monotonic() - started
    finally:
        over.set()
        writer.join()
    assert site.count() == 1500
    assert refused == []
    assert len(waits) > 20
    assert max(waits) < whole / 2
