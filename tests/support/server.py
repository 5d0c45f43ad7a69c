"""The real server process on a database of its own, for browsers and for kill -9."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from portal.config import ROOT

SECRET = "a-secret-for-tests-only"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python -m portal.serve` in a process group of its own, on a data folder."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        prefix: Sequence[str] = (),
        app: str = "wsgi:app",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`prefix` are words in front of the command, such as a tracer; `environment` is told to it besides."""
        self.folder, self.port, self.workers = folder, free_port(), workers
        self.prefix, self.app, self.more = prefix, app, environment
        self.process: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self.require_totp = "none"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the site's processes are told."""
        return dict(
            os.environ, PORTAL_INSTANCE=str(self.folder), PORTAL_DEMO="0", PORTAL_SECRET_KEY=SECRET,
            PORTAL_REQUIRE_TOTP=self.require_totp, PYTHONDONTWRITEBYTECODE="1", **self.more,
        )  # fmt: skip

    def start(self) -> None:
        """Start and wait for the first answer."""
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "portal.serve", "--port", str(self.port),
             "--workers", str(self.workers), "--app", self.app],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):  # noqa: S310  our own server
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to the whole group: nobody gets to say goodbye."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start_worker(self) -> None:
        """Start the job worker beside it."""
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work"],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask it to end, and the worker with it."""
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(20)
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def site_folder(base: Path, target: Path) -> Path:
    """A private data folder with a copy of the test office's database."""
    target.mkdir(mode=0o700)
    shutil.copy(base / "portal.db", target / "portal.db")
    return target
