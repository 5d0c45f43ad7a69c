"""Third-party browser files: fetched from npm tarballs, verified, written down in a lock file."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from portal.config import ROOT

group = AppGroup("vendor", help="Fetch and check third-party browser files.")
LOCK = ROOT / "static" / "vendor" / "vendor.lock.json"


def read_lock() -> dict[str, Any]:
    """{package: {version, licence, tarball (sha512), files: {target: {source, sha384}}}}; targets are under static/."""
    loaded: dict[str, Any] = json.loads(LOCK.read_text(encoding="utf-8"))
    return loaded


def digest(data: bytes, algorithm: str) -> str:
    """A subresource-integrity style digest, "sha384-…"."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def problems() -> list[str]:
    """What does not agree with the lock: a file that is missing or changed, or one that nobody listed."""
    found: list[str] = []
    listed = {LOCK}
    for package in read_lock().values():
        for target, entry in package["files"].items():
            path = ROOT / "static" / target
            listed.add(path)
            if not path.exists():
                found.append(f"missing: {target}")
            elif digest(path.read_bytes(), "sha384") != entry["sha384"]:
                found.append(f"changed: {target}")
    strangers = sorted(path for path in LOCK.parent.rglob("*") if path.is_file() and path not in listed)
    return found + [f"not in the lock: {path.name}" for path in strangers]


@group.command("check")
def check() -> None:
    """Fail when a vendored file differs from the lock."""
    found = problems()
    for line in found:
        click.echo(line, err=True)
    if found:
        raise SystemExit(1)
    click.echo("vendored files agree with the lock")


@group.command("fetch")
def fetch() -> None:
    """Download every package of the lock with npm, verify it, and extract the named files."""
    npm = shutil.which("npm")
    if npm is None:
        raise click.ClickException("npm is needed to fetch packages; the product itself does not need it")
    lock = read_lock()
    for name, package in lock.items():
        with tempfile.TemporaryDirectory() as folder:
            wanted = f"{name}@{package['version']}"
            subprocess.run([npm, "pack", wanted, "--silent"], cwd=folder, check=True, capture_output=True)  # noqa: S603
            tarball = next(Path(folder).glob("*.tgz"))
            _extract(tarball, wanted, package)
        click.echo(f"{wanted}: {len(package['files'])} files")
    LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _extract(tarball: Path, wanted: str, package: dict[str, Any]) -> None:
    """Copy the named members out; an unknown tarball digest is written down, a known one must match."""
    seen = digest(tarball.read_bytes(), "sha512")
    if package.setdefault("tarball", seen) != seen:
        raise click.ClickException(f"{wanted}: the tarball's digest is not the one in the lock")
    with tarfile.open(tarball) as archive:
        for target, entry in package["files"].items():
            member = archive.extractfile(f"package/{entry['source']}")
            if member is None:
                raise click.ClickException(f"{wanted}: no file {entry['source']}")
            data = member.read()
            entry["sha384"] = digest(data, "sha384")
            path = ROOT / "static" / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
