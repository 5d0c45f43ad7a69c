"""The archive check and the guarded process."""

from __future__ import annotations

import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from portal.core.errors import RuleError
from portal.files.guard import check_archive, run_guarded


def archive(tmp_path: Path, parts: dict[str, bytes]) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return path


def test_plain_archive_passes(tmp_path: Path) -> None:
    check_archive(
        archive(tmp_path, {"word/document.xml": b"<?xml version='1.0'?><a/>", "a/b.txt": b"<!DOCTYPE in a text"})
    )


@pytest.mark.parametrize(
    ("parts", "limits", "code"),
    [
        ({"a": b"", "b": b"", "c": b""}, {"max_files": 2}, "archive-too-many-files"),
        ({"a": b"x" * 3_000_000}, {"max_unpacked": 2_000_000}, "archive-too-big"),
        ({"a": bytes(20_000_000)}, {}, "archive-ratio"),
        ({"../a": b""}, {}, "archive-bad-name"),
        ({"/etc/a": b""}, {}, "archive-bad-name"),
        ({"a\\..\\b": b""}, {}, "archive-bad-name"),
        ({"C:/a": b""}, {}, "archive-bad-name"),
        ({"a.xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}, {}, "archive-doctype"),
        ({"a.rels": "<!DOCTYPE a><a/>".encode("utf-16")}, {}, "archive-doctype"),
        ({"a.xml": b" " * (256 * 1024 - 4) + b"<!DOCTYPE a><a/>"}, {}, "archive-doctype"),
    ],
)
def test_archives_refused(tmp_path: Path, parts: dict[str, bytes], limits: dict[str, int], code: str) -> None:
    with pytest.raises(RuleError) as caught:
        check_archive(archive(tmp_path, parts), **limits)
    assert caught.value.code == code


def test_small_parts_may_pack_well(tmp_path: Path) -> None:
    check_archive(archive(tmp_path, {"a": bytes(9_000_000)}))


def test_damaged_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(RuleError, match="archive-damaged"):
        check_archive(path)


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that only the guarded process imports."""
    (tmp_path / "guard_helper.py").write_text(
        "import os, time\n"
        "from portal.core.errors import RuleError\n"
        "def add(a, b, progress):\n    print('noise')\n    progress(1, 2)\n    progress(2, 2)\n"
        "    return {'sum': a + b}\n"
        "def refuse(progress):\n    raise RuleError('file-empty', limit=3)\n"
        "def sleep(progress):\n    time.sleep(60)\n"
        "def spin(progress):\n    while True: pass\n"
        "def swallow(progress):\n    return len(bytearray(3_000_000_000))\n"
        "def crash(progress):\n    os.abort()\n"
        "def fail(progress):\n    raise ValueError('inner detail')\n"
        "def silent(progress):\n    os._exit(0)\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return "guard_helper"


def test_result_and_progress(helper: str) -> None:
    calls: list[tuple[int, int]] = []
    result = run_guarded(
        f"{helper}:add", [2, 3], seconds=20, memory_mb=512, on_progress=lambda *call: calls.append(call)
    )
    assert result == {"sum": 5}
    assert calls == [(1, 2), (2, 2)]


def failing(target: str, **limits: Any) -> RuleError:
    with pytest.raises(RuleError) as caught:
        run_guarded(target, [], **{"seconds": 20, "memory_mb": 512, **limits})
    return caught.value


def test_rule_errors_come_through(helper: str) -> None:
    error = failing(f"{helper}:refuse")
    assert (error.code, error.params) == ("file-empty", {"limit": "3"})


@pytest.mark.parametrize("function", ["sleep", "spin"])
def test_too_long(helper: str, function: str) -> None:
    started = time.monotonic()
    assert failing(f"{helper}:{function}", seconds=1).code == "parse-too-long"
    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform == "win32", reason="no memory limit on Windows")
def test_too_big(helper: str) -> None:
    assert failing(f"{helper}:swallow", memory_mb=400).code == "parse-too-big"


@pytest.mark.parametrize("function", ["crash", "fail", "silent", "missing"])
def test_crash(helper: str, function: str) -> None:
    assert failing(f"{helper}:{function}").code == "parse-crashed"
