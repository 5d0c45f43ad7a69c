"""Files of a row, shown on a round: who may do what, and that nothing is half done."""

from __future__ import annotations

import errno
import io
import os
import random
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.exams.models import ExamRound
from portal.extensions import is_writing
from portal.files import receiving, services, tasks
from portal.files.models import Attachment
from portal.files.rules import KEPT_DAYS
from portal.files.storage import FolderStorage, storage
from tests.files.test_file_rules import picture
from tests.support.exams import build_round
from tests.support.people import Office, csrf

ClientAs = Callable[[str], FlaskClient]
PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def round_(session: Session, office: Office) -> ExamRound:
    made = build_round(session, office)
    session.commit()
    return made


def send(client: FlaskClient, round_: ExamRound, *files: tuple[bytes, str], **options: Any) -> Any:
    data = {"csrf_token": csrf(client), "files": [(io.BytesIO(data), name) for data, name in files]}
    return client.post(f"/files/round/{round_.id}", data=data, **options)


def only(session: Session) -> Attachment:
    return session.scalars(select(Attachment)).one()


def stored(app: Flask) -> list[Path]:
    return [path for path in (app.config["PORTAL"].instance / "files").rglob("*") if path.is_file()]


def test_a_file_goes_in_and_comes_out_as_it_was(client_as: ClientAs, session: Session, round_: ExamRound) -> None:
    officer = client_as("exam_officer")
    page = send(officer, round_, (PDF, "关于考试的通知.pdf"), follow_redirects=True)
    assert "已上传 1 个文件" in page.text
    assert "关于考试的通知.pdf" in page.text
    found = only(session)
    assert (found.name, found.size, found.media_type) == ("关于考试的通知.pdf", len(PDF), "application/pdf")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "file.add")).one()
    assert entry.subject_label == "关于考试的通知.pdf"
    answer = client_as("cadre").get(f"/files/{found.id}/anything", buffered=True)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "关于考试的通知.pdf" in client_as("cadre").get(f"/exams/take/{round_.id}").text


def test_a_picture_is_shown_in_place_and_has_a_small_one(
    client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    officer = client_as("exam_officer")
    send(officer, round_, (picture(size=(640, 480)), "现场.jpg"))
    found = only(session)
    assert (found.width, found.height) == (640, 480)
    whole, small = (
        officer.get(f"/files/{found.id}/a.jpg", buffered=True),
        officer.get(f"/files/{found.id}/small", buffered=True),
    )
    assert whole.mimetype == "image/jpeg"
    assert not whole.headers.get("Content-Disposition", "").startswith("attachment")
    assert small.mimetype == "image/webp"
    assert len(small.data) < len(whole.data)
    again = officer.get(f"/files/{found.id}/a.jpg", headers={"If-None-Match": whole.headers["ETag"]}, buffered=True)
    assert again.status_code == 304


def test_good_files_come_in_and_bad_ones_are_named(
    app: Flask, client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    before = len(stored(app))
    page = send(
        client_as("exam_officer"),
        round_,
        (PDF, "好.pdf"),
        (b"", "空.pdf"),
        (b"<svg/>", "图.svg"),
        follow_redirects=True,
    )
    assert "已上传 1 个文件" in page.text
    assert "“空.pdf”是空文件" in page.text
    assert "“图.svg”不是可以上传的类型" in page.text
    assert only(session).name == "好.pdf"
    assert len(stored(app)) == before + 1


def test_nothing_chosen_is_said(client_as: ClientAs, round_: ExamRound) -> None:
    assert "请先选择文件" in send(client_as("exam_officer"), round_, follow_redirects=True).text


def test_too_many_at_once_and_in_all(
    monkeypatch: pytest.MonkeyPatch, app: Flask, client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    monkeypatch.setattr(receiving, "MOST_AT_ONCE", 3)
    officer = client_as("exam_officer")
    page = send(officer, round_, *[(PDF, f"{n}.pdf") for n in range(5)], follow_redirects=True)
    assert "一次最多 3 个" in page.text
    assert len(session.scalars(select(Attachment)).all()) == 3
    monkeypatch.setattr(services, "MOST", 3)
    kept = len(stored(app))
    assert "这里最多放 3 个文件" in send(officer, round_, (PDF, "多.pdf"), follow_redirects=True).text
    assert len(stored(app)) == kept, "the bytes without a row are gone too"


@pytest.mark.parametrize(
    ("role", "may_read", "may_change"),
    [
        ("exam_officer", True, True),
        ("leader", True, False),
        ("cadre", True, False),
        ("foreign_cadre", False, False),
        ("foreign_liaison", False, False),
        ("audit_admin", False, False),
    ],
)
def test_whose_row_it_is_decides(
    client_as: ClientAs, session: Session, office: Office, role: str, may_read: bool, may_change: bool
) -> None:
    round_ = build_round(session, office, unit="D01", people=("cadre",))
    send(client_as("exam_officer"), round_, (picture(), "甲.jpg"))
    found = only(session)
    client = client_as(role)
    wanted = 200 if may_read else 404
    assert client.get(f"/files/{found.id}/a", buffered=True).status_code == wanted
    assert client.get(f"/files/{found.id}/small", buffered=True).status_code == wanted
    done = 303 if may_change else 404
    assert send(client, round_, (PDF, "乙.pdf")).status_code == done
    token = {"csrf_token": csrf(client)}
    assert client.post(f"/files/{found.id}/remove", data=token).status_code == done
    assert client.post(f"/files/{found.id}/restore", data=token).status_code == done


@pytest.mark.parametrize("path", ["/files/9999/a", "/files/9999/small", f"/files/{2**70}/a"])
def test_no_such_file(client_as: ClientAs, path: str) -> None:
    assert client_as("exam_officer").get(path).status_code == 404


def test_no_such_kind(client_as: ClientAs) -> None:
    client = client_as("exam_officer")
    assert client.post("/files/case/1", data={"csrf_token": csrf(client)}).status_code == 404


def test_removed_brought_back_and_at_last_purged(
    app: Flask, client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    officer, cadre = client_as("exam_officer"), client_as("cadre")
    send(officer, round_, (picture(), "甲.jpg"))
    found = only(session)
    token = {"csrf_token": csrf(officer)}
    page = officer.post(f"/files/{found.id}/remove", data=token, follow_redirects=True)
    assert "30 天内可以恢复" in page.text
    assert f"/files/{found.id}/restore" in page.text
    assert cadre.get(f"/files/{found.id}/a", buffered=True).status_code == 404
    officer.post(f"/files/{found.id}/restore", data=token)
    assert cadre.get(f"/files/{found.id}/a", buffered=True).status_code == 200
    officer.post(f"/files/{found.id}/remove", data=token)
    tasks.purge_removed()
    assert storage().exists(found.storage_key)
    found.removed_at = clock.now() - timedelta(days=KEPT_DAYS, hours=1)
    session.commit()
    keys = (found.storage_key, found.thumb_key)
    tasks.purge_removed()
    assert not any(storage().exists(key) for key in keys)
    assert officer.post(f"/files/{found.id}/restore", data=token).status_code == 404
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("file.%")).order_by(AuditEntry.id))
    assert list(actions) == ["file.add", "file.remove", "file.restore", "file.remove", "file.purge"]


def test_a_full_disk_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, app: Flask, client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    before = len(stored(app))
    put = FolderStorage.put
    calls: list[int] = []

    def full(self: FolderStorage, source: Any) -> str:
        calls.append(1)
        if len(calls) == 2:  # the picture is kept, the small one is not
            raise OSError(errno.ENOSPC, "No space left on device")
        return put(self, source)

    monkeypatch.setattr(FolderStorage, "put", full)
    page = send(client_as("exam_officer"), round_, (picture(), "甲.jpg"), follow_redirects=True)
    assert "“甲.jpg”没有存下：服务器磁盘可能已满" in page.text
    assert not session.scalars(select(Attachment)).all()
    assert len(stored(app)) == before


def test_half_a_write_leaves_no_file(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        FolderStorage(tmp_path).put(Broken())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("key", ["", "../../portal.db", "a" * 31, "a" * 31 + "/", "a" * 33])
def test_a_key_that_storage_never_made_opens_nothing(tmp_path: Path, key: str) -> None:
    with pytest.raises(FileNotFoundError):
        FolderStorage(tmp_path).open(key)


def test_no_transaction_is_open_while_a_picture_is_drawn(
    monkeypatch: pytest.MonkeyPatch, client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    """An upload must never keep a save waiting."""
    keep, seen = services.keep, []

    def watched(*args: Any, **kwargs: Any) -> services.Kept:
        seen.append((session().in_transaction(), is_writing()))  # type: ignore[operator]
        return keep(*args, **kwargs)

    monkeypatch.setattr(services, "keep", watched)
    send(client_as("exam_officer"), round_, (picture(), "甲.jpg"))
    assert seen == [(False, False)]
    assert only(session).name == "甲.jpg"


def test_a_row_whose_bytes_are_lost_is_not_found(
    app: Flask, client_as: ClientAs, session: Session, round_: ExamRound
) -> None:
    officer = client_as("exam_officer")
    send(officer, round_, (PDF, "甲.pdf"))
    storage().delete(only(session).storage_key)
    assert officer.get(f"/files/{only(session).id}/a", buffered=True).status_code == 404


def test_a_page_with_many_files_costs_no_more_queries(
    client_as: ClientAs, session: Session, office: Office, round_: ExamRound, statements: Callable[[], Any]
) -> None:
    officer = client_as("exam_officer")
    costs = []
    for count in (1, 12):
        send(officer, round_, *[(PDF, f"{n}.pdf") for n in range(count)])
        with statements() as seen:
            assert officer.get(f"/exams/rounds/{round_.id}").status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_twenty_bad_files_with_long_names_are_told_in_a_cookie_that_a_browser_keeps(
    client_as: ClientAs, round_: ExamRound
) -> None:
    """A browser drops a cookie of more than 4,096 bytes, and with it every message."""
    officer = client_as("exam_officer")
    characters = random.Random(20)
    names = ["".join(chr(characters.randrange(0x4E00, 0x9FA5)) for _ in range(190)) + ".exe" for _ in range(20)]
    answer = send(officer, round_, *[(b"MZ", name) for name in names])
    assert all(len(each) < 4096 for each in answer.headers.getlist("Set-Cookie"))
    page = officer.get(answer.location).text
    assert page.count("不是可以上传的类型") == 3
    assert "另有 17 个文件没有上传" in page
    assert f"“{names[0][:20]}…" in page
    assert page.count(".exe”不是") == 3


def test_the_name_of_a_file_reaches_the_disk_before_a_row_promises_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    key = FolderStorage(tmp_path).put(io.BytesIO(b"x"))
    file, *folders = synced
    assert file == tmp_path / key[:2] / f"{key}.part"
    assert folders == [tmp_path / key[:2], tmp_path]


def test_a_folder_that_cannot_be_synced_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        FolderStorage(tmp_path).put(io.BytesIO(b"x"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
