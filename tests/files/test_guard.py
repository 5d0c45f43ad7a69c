"""The archive check and the guarded process."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.config import ROOT
from portal.core.errors import RuleError
from portal.files.guard import check_archive, run_guarded
from portal.imports import registry
from portal.library import importing as library


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


TARGETS = "tests.files.guarded_targets"


def test_result_and_progress() -> None:
    calls: list[tuple[int, int]] = []
    result = run_guarded(
        f"{TARGETS}:add", [2, 3], seconds=20, memory_mb=1024, on_progress=lambda *call: calls.append(call)
    )
    assert result == {"sum": 5}
    assert calls == [(1, 2), (2, 2)]


def failing(function: str, **limits: Any) -> RuleError:
    with pytest.raises(RuleError) as caught:
        run_guarded(f"{TARGETS}:{function}", [], **{"seconds": 20, "memory_mb": 512, **limits})
    return caught.value


def test_rule_errors_come_through() -> None:
    error = failing("refuse")
    assert (error.code, error.params) == ("file-empty", {"limit": "3"})


@pytest.mark.parametrize("function", ["sleep", "spin"])
def test_too_long(function: str) -> None:
    started = time.monotonic()
    assert failing(function, seconds=1).code == "parse-too-long"
    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of processor time and memory on Windows")
@pytest.mark.parametrize(("function", "code"), [("swallow", "parse-too-big"), ("out_of_time", "parse-too-long")])
def test_too_big_and_out_of_processor_time(function: str, code: str) -> None:
    assert failing(function, memory_mb=400).code == code


@pytest.mark.parametrize("function", ["crash", "fail", "silent", "missing"])
def test_crash(function: str) -> None:
    assert failing(function).code == "parse-crashed"


def test_a_module_that_is_not_there_is_a_crash() -> None:
    with pytest.raises(RuleError, match="parse-crashed"):
        run_guarded("tests.files.nowhere:parse", [], seconds=20, memory_mb=512)


def test_however_much_is_printed_it_is_no_message() -> None:
    assert run_guarded(f"{TARGETS}:chatter", [], seconds=20, memory_mb=512) == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_process_has_nothing_of_its_parent(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "open.db") as database, socket.socket() as listener:
        database.execute("CREATE TABLE a (b)")
        listener.bind(("127.0.0.1", 0))
        found = run_guarded(f"{TARGETS}:surroundings", [], seconds=20, memory_mb=600)
    database.close()
    assert set(found["open"]) <= {0, 1, 2, 3}, "what it was given, and the folder that lists them"
    assert found["limits"] == [[600 * 2**20] * 2, [21, 21], [0, 0]]
    assert {"flask", "sqlalchemy", "pytest"} & set(found["modules"]) == set()


LOADED = """
import importlib, sys
from guarded import give_packages_bare
give_packages_bare()
for target in sys.argv[1:]:
    module, _, function = target.partition(":")
    assert callable(getattr(importlib.import_module(module), function)), target
print({name.split(".")[0] for name in sys.modules} & {"flask", "sqlalchemy", "wtforms"} or "bare")
"""


def test_readers_need_no_web_and_no_database(app: Flask) -> None:
    """All are loaded as guarded.py does, and nothing of the features' packages comes along."""
    targets = {importer.parse for importer in registry._importers.values()} | {library.PARSE_MANY}
    assert len(targets) > 5
    paths = {**os.environ, "PYTHONPATH": str(ROOT / "portal" / "files")}
    run = [sys.executable, "-c", LOADED, *sorted(targets)]
    shown = subprocess.run(run, env=paths, capture_output=True, text=True, check=False)
    assert (shown.stdout, shown.stderr) == ("bare\n", "")
