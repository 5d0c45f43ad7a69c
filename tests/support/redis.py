"""A real redis-server on a free port, which a test may stop and start again."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import redis

from tests.support.server import free_port

BINARY = shutil.which("redis-server") or shutil.which("valkey-server")


def require_redis() -> None:
    """Skip where no server is installed, or fail where PORTAL_REDIS_REQUIRED says that one must be."""
    if BINARY is None:
        if os.environ.get("PORTAL_REDIS_REQUIRED"):
            pytest.fail("redis-server is not installed, and PORTAL_REDIS_REQUIRED is set")
        pytest.skip("redis-server is not installed")


class RedisServer:
    """One server without persistence: stopped, it forgets what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait for the first answer."""
        assert BINARY is not None
        self.process = subprocess.Popen(
            [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        client = redis.Redis.from_url(self.url)
        until = time.monotonic() + 10
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.02)
            else:
                client.close()
                return

    def pause(self) -> None:
        """Let it take connections and answer nothing, as a host does that hangs."""
        assert self.process is not None
        self.process.send_signal(19)

    def stop(self) -> None:
        """End it, whatever it has."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
