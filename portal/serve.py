"""The web server process: granian in front of the WSGI application."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from portal import logs
from portal.lifeline import when_parent_dies

THREADS = 32
"""Of a process. A save holds one while it waits for the disk, and the more of them wait, the more share a commit."""


def main() -> None:
    """Serve until told to stop or until the parent is gone."""
    parser = argparse.ArgumentParser(prog="portal.serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--app", default="wsgi:app", help="what to serve; the benches serve a bare one")
    options = parser.parse_args()
    when_parent_dies(lambda: os.kill(os.getpid(), signal.SIGTERM))
    os.environ[logs.VARIABLE] = "web"  # for the workers, which write the logs
    certificate, key = os.environ.get("PORTAL_TLS_CERT"), os.environ.get("PORTAL_TLS_KEY")
    server = Granian(
        options.app,
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        ssl_cert=Path(certificate) if certificate else None,
        ssl_key=Path(key) if key else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    server.serve()


if __name__ == "__main__":
    main()
