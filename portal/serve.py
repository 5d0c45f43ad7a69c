"""The web server process: granian in front of the WSGI application.

It loads the application and prepares the site, then starts the workers. Where they are forked they have all of it in
memory already, so a start loads it once.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import os
import signal
import sys
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from portal import logs, prepare
from portal.extensions import db
from portal.lifeline import REFUSED, when_parent_dies

OURS = "wsgi:app"
THREADS = 32
"""Of a process. A save holds one while it waits for the disk, and the more of them wait, the more share a commit."""


def main() -> None:
    """Serve until told to stop or until the parent is gone."""
    parser = argparse.ArgumentParser(prog="portal.serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--app", default=OURS, help="what to serve; the benches serve a bare one")
    parser.add_argument("--prepare", action="store_true", help="first what portal.prepare does")
    prepare.add_options(parser)
    options = parser.parse_args()
    when_parent_dies(_stop)
    if hasattr(os, "register_at_fork"):  # a worker whose server was killed would go on, and hold the port
        os.register_at_fork(after_in_child=lambda: when_parent_dies(_stop))
    os.environ[logs.VARIABLE] = "web"  # for the workers, which write the logs
    if options.app == OURS and not _load(options):
        sys.exit(REFUSED)
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


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _load(options: argparse.Namespace) -> bool:
    """Load the application and, if asked, prepare the site; False when it must not start."""
    options.quiet = False
    if options.prepare and not prepare.prepare(options, lambda _settings: _application()):
        return False
    app = _application()
    with app.app_context():  # no connection to a database may be open in two processes
        db.session.remove()
        db.engine.dispose()
    return True


@functools.cache
def _application() -> Flask:
    """Load it, once. To look for garbage again and again in what stays for good would take a third of the time."""
    gc.disable()
    app: Flask = importlib.import_module("wsgi").app
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)  # a request leaves hundreds of objects behind that are thrown away at its end
    gc.enable()
    return app


if __name__ == "__main__":
    main()
