"""A PostgreSQL of the test's own, from the system's binaries, on a socket in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BINARIES = (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin"), Path("/usr/bin"))
UNPRIVILEGED = ("postgres", "nobody")


def binary(name: str) -> str | None:
    """The path of initdb or pg_ctl."""
    found = next((str(place / name) for place in BINARIES if (place / name).exists()), None)
    return found or shutil.which(name)


def missing() -> str:
    """What keeps the tests from running, "" for nothing."""
    if not binary("initdb") or not binary("pg_ctl"):
        return "PostgreSQL is not installed"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return ""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server; gives the address for SQLAlchemy. It may not run as root, so it runs as nobody in particular."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user: dict[str, Any] = {}
    if os.getuid() == 0:
        entry = next(pwd.getpwnam(name) for name in UNPRIVILEGED if _exists(name))
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        as_user = {"user": entry.pw_uid, "group": entry.pw_gid}
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)

    try:
        run(
            str(binary("initdb")),
            "-D",
            str(data),
            "-U",
            "portal",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-A",
            "trust",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(str(binary("pg_ctl")), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql+psycopg://portal@/postgres?host={folder}"
        finally:
            run(str(binary("pg_ctl")), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
