"""How long the product takes to start, against importing Flask."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.lines import Line
from portal.config import ROOT
from tests.support.server import free_port

TURNS = 3
LONGEST = 300
"""Seconds that the first start may take: it makes the demo."""


def second_start(folder: Path) -> Line:
    """From `manage.py run` to the first page, once the site is there; in turns, the median."""
    _page_after_start(folder)  # the first start makes the database and the demo
    turns = [(_import_flask(), _page_after_start(folder)) for _ in range(TURNS)]
    ratio = statistics.median(ours / plain for plain, ours in turns)
    shown = [statistics.median(turn[place] for turn in turns) for place in (0, 1)]
    more = f"{shown[1]:.2f} s to {shown[0]:.2f} s"
    return Line('second start to first page, to "import flask"', ratio, 10, 10, more, most=True)


def _import_flask() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask"], check=True)
    return time.perf_counter() - began


def _page_after_start(folder: Path) -> float:
    port = free_port()
    environment = dict(os.environ, PORTAL_INSTANCE=str(folder / "site"), PORTAL_DEMO="1")
    began = time.perf_counter()
    words = [sys.executable, str(ROOT / "manage.py"), "run", "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login", timeout=5):
                    return time.perf_counter() - began
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.perf_counter() - began > LONGEST:
                    raise
                time.sleep(0.02)
    finally:
        process.terminate()
        process.wait(30)
