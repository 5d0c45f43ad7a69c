"""The site in one file and back, made while others write, refused when anything in it is not as it says."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import backup, create_app
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.audit.services import note
from portal.config import Config
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import db, side_write
from portal.files.models import Attachment
from portal.lifeline import hold
from tests.conftest import make_config


@pytest.fixture
def site(live_app: Flask) -> Iterator[Flask]:
    """The test office with a file of its own."""
    instance = config_of(live_app).instance
    (instance / "files" / "ab").mkdir(parents=True)
    (instance / "files" / "ab" / "照片.bin").write_bytes(os.urandom(200_000))
    (instance / "site.toml").write_text('bureau = "测试"\n', encoding="utf-8")
    (instance / "secrets.toml").write_text('secret_key = "do not copy me"\n')
    return live_app


def config_of(app: Flask) -> Config:
    config: Config = app.config["PORTAL"]
    return config


def run(app: Flask, *words: object) -> Any:
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


def people(app: Flask) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(User))
        db.session.remove()
        db.engine.dispose()
    return int(found or 0)


def test_there_and_back(site: Flask, tmp_path: Path) -> None:
    out, instance = tmp_path / "out.tar.gz", config_of(site).instance
    photo = (instance / "files" / "ab" / "照片.bin").read_bytes()
    made = run(site, "backup", out)
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    last = backup.last_backup(instance)
    assert last is not None
    assert (Path(last.file), last.bytes) == (out, out.stat().st_size)
    with tarfile.open(out) as tar:
        names = set(tar.getnames())
        told = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert names == {"manifest.json", "portal.db", "files/ab/照片.bin", "site.toml"}
    before = people(site)
    assert told["rows"]["users"] == before > 0

    with site.app_context(), side_write() as session:
        note(session, actor=system_viewer(), at=clock.now(), action="demo.load", subject=("x", "", "later"))
    (instance / "files" / "ab" / "照片.bin").write_bytes(b"spoilt")
    (instance / "files" / "new.bin").write_bytes(b"new")
    done = run(site, "restore", out, "--yes")
    assert done.exit_code == 0, done.output
    assert people(site) == before
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuditEntry).filter_by(subject_label="later")) == 0
        db.session.remove()
    assert (instance / "files" / "ab" / "照片.bin").read_bytes() == photo
    assert not (instance / "files" / "new.bin").exists()
    assert (instance / "secrets.toml").read_text().count("do not copy me") == 1
    aside = next(instance.glob("before-restore-*"))
    assert (aside / "files" / "new.bin").read_bytes() == b"new"
    assert (aside / "portal.db").exists()


def test_a_folder_gets_a_dated_name_and_nothing_is_overwritten(site: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert run(site, "backup", folder).exit_code == 0
    made = list(folder.iterdir())
    assert [path.name.startswith("portal-") for path in made] == [True]
    again = run(site, "backup", made[0])
    assert again.exit_code == 1
    assert "没有覆盖" in again.output


def test_it_is_consistent_while_others_write(site: Flask, tmp_path: Path) -> None:
    """Each write adds two entries at once: no backup may hold only one of a pair."""
    stop = threading.Event()

    def write() -> None:
        with site.app_context():
            while not stop.is_set():
                with side_write() as session:
                    for label in ("one", "two"):
                        note(
                            session, actor=system_viewer(), at=clock.now(), action="demo.load", subject=("x", "", label)
                        )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with site.app_context():
            made = [backup.back_up(config_of(site), tmp_path / f"{n}.tar.gz", clock.now()) for n in range(4)]
    finally:
        stop.set()
        writer.join()
    counts = [each.rows["audit_entries"] for each in made]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert {(each - counts[0]) % 2 for each in counts} == {0}


@pytest.fixture
def archive(site: Flask, tmp_path: Path) -> Path:
    out = tmp_path / "good.tar.gz"
    with site.app_context():
        backup.back_up(config_of(site), out, clock.now())
        db.engine.dispose()
    return out


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar.getmembers()}  # type: ignore[union-attr]


def pack(path: Path, content: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def refused(site: Flask, path: Path, said: str = "不完整或被改动") -> None:
    instance = config_of(site).instance
    before = people(site)
    kept = sorted(each.name for each in instance.iterdir())
    done = run(site, "restore", path, "--yes")
    assert done.exit_code == 1, done.output
    assert said in done.output
    assert people(site) == before
    assert sorted(each.name for each in instance.iterdir() if not each.name.endswith(("-wal", "-shm"))) == [
        name for name in kept if not name.endswith(("-wal", "-shm"))
    ]


def test_half_an_archive_is_refused(site: Flask, archive: Path, tmp_path: Path) -> None:
    data = archive.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) * 9 // 10):
        half = tmp_path / f"half-{length}"
        half.write_bytes(data[:length])
        refused(site, half)


def test_a_flipped_bit_is_found_wherever_it_is(site: Flask, archive: Path, tmp_path: Path) -> None:
    data = archive.read_bytes()
    for tenth in range(1, 10):
        place = len(data) * tenth // 10
        spoilt = tmp_path / f"spoilt-{tenth}"
        spoilt.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        refused(site, spoilt)


def test_something_that_is_no_archive_is_refused(site: Flask, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("hello")
    refused(site, other)
    refused(site, pack(tmp_path / "empty.tar.gz", {}))
    refused(site, pack(tmp_path / "odd.tar.gz", {"manifest.json": b"[]"}))


@pytest.mark.parametrize("change", ["byte", "missing", "more", "rows", "outside", "above"])
def test_a_forged_archive_is_refused(site: Flask, archive: Path, tmp_path: Path, change: str) -> None:
    content = members(archive)
    told = json.loads(content["manifest.json"])
    if change == "byte":
        content["files/ab/照片.bin"] = b"x" + content["files/ab/照片.bin"][1:]
    elif change == "missing":
        del content["files/ab/照片.bin"]
    elif change == "more":
        content["files/more"] = b"more"
    elif change == "rows":
        told["rows"]["users"] += 1
    else:
        name = "secrets.toml" if change == "outside" else "files/../../stolen"
        content[name] = b"x"
        told["files"][name] = [1, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"]
    content["manifest.json"] = json.dumps(told).encode()
    refused(site, pack(tmp_path / "forged.tar.gz", content))
    assert not (config_of(site).instance.parent / "stolen").exists()


def test_a_newer_one_is_refused(site: Flask, archive: Path, tmp_path: Path) -> None:
    content = members(archive)
    told = json.loads(content["manifest.json"])
    content["manifest.json"] = json.dumps({**told, "format": 2}).encode()
    refused(site, pack(tmp_path / "newer.tar.gz", content), "更新版本")


def test_nothing_is_restored_under_a_running_site(site: Flask, archive: Path) -> None:
    held = hold(config_of(site).instance, "127.0.0.1", 8000)
    assert held
    with held:
        refused(site, archive, f"正在运行（进程 {os.getpid()}）")


def test_a_full_disk_leaves_no_half_file(site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "part")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    done = run(site, "backup", tmp_path / "out.tar.gz")
    assert done.exit_code == 1
    assert "没有留下半个文件" in done.output
    assert not list(tmp_path.glob("*.tar.gz"))
    assert not list(tmp_path.glob(".backup-*"))


def test_a_disk_that_fills_while_restoring_changes_nothing(
    site: Flask, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, moved = people(site), []
    rename = Path.rename

    def fails_late(self: Path, target: Path) -> Path:
        moved.append(self)
        if len(moved) == 3:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_late)
    done = run(site, "restore", archive, "--yes")
    assert done.exit_code == 1
    assert "原数据未动" in done.output
    monkeypatch.undo()
    assert people(site) == before
    assert (config_of(site).instance / "files" / "ab" / "照片.bin").exists()


def test_an_empty_site_takes_a_backup(site: Flask, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir(mode=0o700)
    fresh = create_app(make_config(folder))
    before = people(site)
    done = run(fresh, "restore", archive, "--yes")
    assert done.exit_code == 0, done.output
    assert people(fresh) == before
    shutil.rmtree(folder)


def test_postgresql_has_its_own(site: Flask, tmp_path: Path) -> None:
    config = replace(config_of(site), database_url="postgresql://x/y")
    with pytest.raises(backup.BackupError, match="pg_dump"):
        backup.back_up(config, tmp_path / "x", clock.now())


def attached(app: Flask, key: str) -> None:
    """A row that promises the bytes under a key."""
    with app.app_context(), side_write() as session:
        owner = session.scalars(select(User)).first()
        assert owner is not None
        session.add(
            Attachment(
                kind="round", owner_id=1, name="x.pdf", media_type="application/pdf", size=1, sha256="0" * 64,
                storage_key=key, uploaded_by=owner.id, uploader_name=owner.name, uploaded_at=clock.now(),
            )
        )  # fmt: skip


def names_in(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


def test_an_upload_under_way_is_left_out(site: Flask, tmp_path: Path) -> None:
    (config_of(site).instance / "files" / "ab" / "cd.part").write_bytes(b"half")
    done = run(site, "backup", tmp_path / "out.tar.gz")
    assert done.exit_code == 0, done.output
    assert names_in(tmp_path / "out.tar.gz") == {"manifest.json", "portal.db", "files/ab/照片.bin", "site.toml"}


def gone_when_read(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """The file goes between the listing and the reading."""
    measured = backup._measured

    def late(each: Path) -> tuple[int, str]:
        if each == path:
            path.unlink()
        return measured(each)

    monkeypatch.setattr(backup, "_measured", late)


def test_a_file_that_goes_meanwhile_and_that_no_row_names_is_told_and_left_out(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = config_of(site).instance / "files" / "ab" / "gone"
    path.write_bytes(b"x")
    gone_when_read(monkeypatch, path)
    done = run(site, "backup", tmp_path / "out.tar.gz")
    assert done.exit_code == 0, done.output
    assert "files/ab/gone" not in names_in(tmp_path / "out.tar.gz")
    assert "files/ab/gone was deleted meanwhile" in caplog.text


@pytest.mark.parametrize("when", ["before it is read", "before it is packed"])
def test_a_file_that_goes_though_a_row_promises_it_makes_no_backup(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    attached(site, "gone")
    path = config_of(site).instance / "files" / "ab" / "gone"
    path.write_bytes(b"x")
    if when == "before it is read":
        gone_when_read(monkeypatch, path)
    else:
        describe = backup._describe

        def late(*given: Any) -> backup.Manifest:
            made = describe(*given)
            path.unlink()
            return made

        monkeypatch.setattr(backup, "_describe", late)
    done = run(site, "backup", tmp_path / "out.tar.gz")
    assert done.exit_code == 1
    assert "请再做一次" in done.output
    assert not (tmp_path / "out.tar.gz").exists()


def test_a_database_that_lies_elsewhere_is_restored_there(site: Flask, archive: Path, tmp_path: Path) -> None:
    folder, other = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    other.mkdir(mode=0o700)
    config = replace(make_config(folder), database_url=f"sqlite:///{other / 'law.db'}")
    (other / "law.db").write_bytes(b"old")
    (other / "law.db-wal").write_bytes(b"old log")
    _manifest, aside = backup.restore(config, archive, clock.now())
    assert not (folder / "portal.db").exists()
    assert sorted(each.name for each in other.iterdir()) == ["law.db"]
    assert (aside / "portal.db").read_bytes() == b"old"
    assert (aside / "portal.db-wal").read_bytes() == b"old log"
    assert people(create_app(config)) == people(site)


def test_a_database_on_another_disk_is_refused_in_words(
    site: Flask, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, database = Path.rename, config_of(site).instance / "portal.db"

    def across(self: Path, target: Path) -> Path:
        if target == database:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    before = people(site)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", across)
        patched.setattr(backup._Moves, "undo", lambda moves: [rename(new, old) for old, new in reversed(moves._done)])
        done = run(site, "restore", archive, "--yes")
    assert done.exit_code == 1
    assert "不在同一个磁盘上" in done.output
    assert people(site) == before
