"""Search in a library of full size against one of a hundredth, and against a scan by LIKE; and the import of it all."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from bench import laws
from portal import create_app, database
from portal.config import ROOT, Config
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import db, writing
from portal.library.importers.tree import read_document
from portal.library.models import Provision
from portal.library.queries.search import search
from portal.library.rules.search import query_runs
from portal.library.services.store import prepare, store

SMALL = (36, 1_500)
LARGE = (laws.DOCUMENTS, 147_000)
QUERIES, SCANS = 200, 15
MOST_SLOWER, LEAST_BELOW_LIKE = 5.0, 50.0
_AT_ONCE = 50


def make(folder: Path, documents: int, articles: int) -> None:
    """Fill a library."""
    app = create_app(Config(instance=folder, secret_key="bench", database_url=f"sqlite:///{folder / 'portal.db'}"))
    list(database.prepare(app))
    begun = time.monotonic()
    with app.app_context():
        group: list[tuple[str, str]] = []
        for each in laws.collection(documents, articles):
            group.append(each)
            if len(group) == _AT_ONCE:
                _store(group)
                group = []
        _store(group)
        _measure_lines(f"{articles:,} articles written in {time.monotonic() - begun:.0f} s")
        db.session.remove()
        db.engine.dispose()


def _store(group: list[tuple[str, str]]) -> None:
    prepared = [prepare(read_document(text.split("\n"), name)) for name, text in group]
    with writing() as session:
        for each in prepared:
            store(session, actor=system_viewer("bench"), now=clock.now(), prepared=each, audit=False)
        session.commit()
        session.expunge_all()


def _measure_lines(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def queries(session: Session) -> list[str]:
    """Pieces of one to eight letters from anywhere in the articles, some of two words."""
    dice = random.Random(5)
    most = session.scalar(select(func.max(Provision.id))) or 1
    found: list[str] = []
    while len(found) < QUERIES:
        text = session.scalar(select(Provision.text).where(Provision.id == dice.randint(1, most))) or ""
        length = dice.choice((1, 2, 2, 2, 3, 4, 4, 6, 8))
        if len(text) <= length + 1:
            continue
        start = dice.randrange(len(text) - length)
        piece = text[start : start + length]
        if not query_runs(piece):
            continue
        found.append(f"{piece} {dice.choice(('应当', '规定', '国家'))}" if len(found) % 10 == 9 else piece)
    return found


def best_of(times: int, act: Callable[[], object]) -> float:
    """Seconds of processor time of the quickest of several runs.

    The database works inside this process, so that the clock of the processor tells all, whoever else is at work.
    """
    return min(_timed(act) for _ in range(times))


def _timed(act: Callable[[], object]) -> float:
    begun = time.thread_time()
    act()
    return time.thread_time() - begun


def measure(folder: Path) -> tuple[float, float, float]:
    """(p50, p95 of a search's first page, median of a LIKE scan), in seconds."""
    app = create_app(Config(instance=folder, secret_key="bench", database_url=f"sqlite:///{folder / 'portal.db'}"))
    today = clock.today()
    with app.app_context():
        session = db.session()
        asked = queries(session)
        for query in asked[:20]:
            search(session, query, today)
        times = sorted(best_of(7, partial(search, session, query, today)) for query in asked)
        like = "SELECT count(*) FROM provisions WHERE kind = 'article' AND text LIKE :like"
        scans = [best_of(3, partial(session.scalar, sql(like), {"like": f"%{query}%"})) for query in asked[:SCANS]]
        db.session.remove()
        db.engine.dispose()
    return median(times), quantiles(times, n=20)[-1], median(scans)


def bench_search() -> bool:
    """Print the ratios; False below one of them."""
    with tempfile.TemporaryDirectory() as base:
        found = {}
        for name, size in (("small", SMALL), ("large", LARGE)):
            folder = Path(base) / name
            folder.mkdir(mode=0o700)
            make(folder, *size)
            found[name] = measure(folder)
    (small50, small95, _), (large50, large95, like) = found["small"], found["large"]
    slower, below = large95 / small95, like / large95
    _measure_lines(
        f"search, 1,500 articles:   p50 {small50 * 1000:.2f} ms, p95 {small95 * 1000:.2f} ms",
        f"search, 147,000 articles: p50 {large50 * 1000:.2f} ms, p95 {large95 * 1000:.2f} ms",
        f"a scan by LIKE: {like * 1000:.0f} ms",
        f"p95 at 147,000 / p95 at 1,500: {slower:.2f} (most {MOST_SLOWER:.0f}): {_said(slower <= MOST_SLOWER)}",
        f"LIKE / p95: {below:.0f} (least {LEAST_BELOW_LIKE:.0f}): {_said(below >= LEAST_BELOW_LIKE)}",
    )
    return slower <= MOST_SLOWER and below >= LEAST_BELOW_LIKE


def _said(fits: bool) -> str:
    return "ok" if fits else "not reached"


def bench_import() -> bool:
    """Import a collection of full size by the command while somebody saves; False where a file or a save failed."""
    with tempfile.TemporaryDirectory() as base:
        files, instance = Path(base) / "laws", Path(base) / "instance"
        files.mkdir()
        instance.mkdir(mode=0o700)
        laws.write_collection(files)
        environment = dict(os.environ, PORTAL_INSTANCE=str(instance), PORTAL_DEMO="1", PYTHONPATH=str(ROOT))
        subprocess.run([sys.executable, "-m", "portal.prepare", "--quiet"], env=environment, cwd=ROOT, check=True)
        waits: list[float] = []
        failed: list[str] = []
        over = threading.Event()
        saver = threading.Thread(target=_save, args=(instance / "demo" / "portal.db", over, waits, failed))
        saver.start()
        begun = time.monotonic()
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "regulations", "import", str(files), "--json"]
        done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)
        minutes = (time.monotonic() - begun) / 60
        over.set()
        saver.join()
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    _measure_lines(
        done.stdout[:300],
        f"import: {minutes:.1f} minutes, most memory of a process {memory} MB, {len(waits)} saves meanwhile, "
        f"longest {max(waits) * 1000:.0f} ms, p99 {quantiles(waits, n=100)[-1] * 1000:.0f} ms, failed {len(failed)}",
    )
    return done.returncode == 0 and not failed and '"failed": []' in done.stdout


def _save(path: Path, over: threading.Event, waits: list[float], failed: list[str]) -> None:
    """What an exam does all the while: a short write, with the patience that the portal has."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    while not over.wait(0.02):
        begun = time.monotonic()
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE units SET name = name WHERE id = 1")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            failed.append(str(error))
        waits.append(time.monotonic() - begun)
    connection.close()
