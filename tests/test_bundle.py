"""What goes along to a site without internet."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from portal import bundle
from portal.config import ROOT

LOCK = """\
plain==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via other
colour==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc
old==3.0 ; python_full_version < '3.12' \\
    --hash=sha256:dd
"""


@pytest.mark.parametrize(
    ("platform", "version", "names"),
    [
        ("linux-x86_64", "3.11", ["plain", "old"]),
        ("linux-aarch64", "3.13", ["plain"]),
        ("windows-amd64", "3.11", ["plain", "colour", "old"]),
        ("windows-amd64", "3.12", ["plain", "colour"]),
    ],
)
def test_markers_are_those_of_the_other_machine(platform: str, version: str, names: list[str]) -> None:
    found = list(bundle.requirements_for(LOCK, platform, version))
    assert [each.split("==")[0] for each in found] == names
    assert all("--hash=" in each and ";" not in each for each in found)
    assert found[0].count("--hash=") == 2


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_no_requirement_of_the_lock_is_overlooked(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    pinned = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    windows = list(bundle.requirements_for(lock, "windows-amd64", "3.11"))
    assert len(pinned) - 1 <= len(windows) <= len(pinned)


def test_only_the_program_is_taken(tmp_path: Path) -> None:
    bundle.copy_program(tmp_path)
    taken = {path.name for path in tmp_path.iterdir()}
    assert {"manage.py", "wsgi.py", "portal", "templates", "static", "migrations", "requirements.txt"} <= taken
    assert taken <= set(bundle.PROGRAM)
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in everything if path.suffix in {".pyc", ".db"} or path.name.startswith(".")]
    assert not [path for path in everything if path.name == "secrets.toml"]


def test_the_sums_are_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "a.whl").write_bytes(b"wheel")
    (tmp_path / "manage.py").write_text("x")
    assert bundle.write_sums(tmp_path) == 2
    lines = (tmp_path / bundle.SUMS).read_text().splitlines()
    assert lines[1] == f"{hashlib.sha256(b'wheel').hexdigest()}  wheels/a.whl"
