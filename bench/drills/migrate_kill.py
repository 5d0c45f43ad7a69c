"""Drill F: an upgrade is killed at one statement after the other. The schema is the old one or the new one, never half.

Each time on a fresh copy of a site with people and answers; afterwards the upgrade is started again and must succeed
with every row in place.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from flask_migrate import downgrade
from sqlalchemy import event

from bench import site
from portal import create_app, database
from portal.config import Config
from portal.extensions import db
from tests.support.server import SECRET


def options(parser: argparse.ArgumentParser) -> None:
    """How large."""
    parser.description = __doc__
    parser.add_argument("--at-most", type=int, default=40, help="kills for each upgrade; 0 for every statement")


@dataclass(frozen=True)
class State:
    """Schema revision, a hash of the whole schema, and rows by table. Constraints count in any order: alembic writes
    those of a table that it rebuilds as they come out of a set.
    """

    revision: str
    schema: str
    rows: dict[str, int]


def run(given: argparse.Namespace) -> bool:
    """Whether every kill left a whole database."""
    revisions = [each.revision for each in ScriptDirectory(str(database.MIGRATIONS)).walk_revisions()]
    passed = True
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "made"
        made.mkdir(mode=0o700)
        site.make(made)
        for start in dict.fromkeys((revisions[1], revisions[-1])):  # the last step, and all of them
            passed = _upgrade(Path(name), made / "portal.db", start, given.at_most) and passed
    return passed


def _upgrade(folder: Path, made: Path, start: str, at_most: int) -> bool:
    old = folder / f"old-{start}"
    _in_child(_copy(made, old), down_to=start)
    before = look(old / "portal.db")
    whole = _copy(old / "portal.db", folder / f"whole-{start}")
    counted = folder / f"count-{start}"
    _in_child(whole, count_into=counted)
    after, statements = look(whole / "portal.db"), int(counted.read_text())
    kept = set(before.rows) & set(after.rows)
    outcomes = {"old": 0, "new": 0, "other": 0}
    unfinished = 0
    for number in _chosen(statements, at_most):
        place = _copy(old / "portal.db", folder / "killed")
        killed = _in_child(place, kill_at=number)
        found = look(place / "portal.db")
        outcomes["old" if found == before else "new" if found == after else "other"] += 1
        _in_child(place)
        again = look(place / "portal.db")
        sound = again.schema == after.schema and all(again.rows[name] == after.rows[name] for name in kept)
        unfinished += not (killed and sound)
        shutil.rmtree(place)
    print(
        f"{before.revision} -> {after.revision}: {statements} 条语句 statements, 强制结束后 after a kill {outcomes}, "
        f"重做失败 rerun failed {unfinished}",
        flush=True,
    )
    return outcomes["other"] == 0 and unfinished == 0


def _chosen(statements: int, at_most: int) -> list[int]:
    if not at_most or statements <= at_most:
        return list(range(1, statements + 1))
    return sorted({1 + (statements - 1) * each // (at_most - 1) for each in range(at_most)})


def look(path: Path) -> State:
    """What a database is now. Raises sqlite3.DatabaseError when it is not whole."""
    connection = sqlite3.connect(path)
    try:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError(path.name)
        found = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        schema = [(kind, name, _lines(sql or "")) for kind, name, sql in found]
        tables = [name for kind, name, _sql in schema if kind == "table"]
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    finally:
        connection.close()
    return State(revision, hashlib.sha256(repr(schema).encode()).hexdigest(), rows)


def _lines(sql: str) -> list[str]:
    """The lines of a CREATE statement: columns as they stand, then constraints by name."""
    lines = [line.strip().rstrip(",") for line in sql.splitlines()]
    return sorted(lines, key=lambda line: line if line.startswith("CONSTRAINT") else "")


def _copy(source: Path, folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    shutil.copy(source, folder / "portal.db")
    return folder


def _in_child(folder: Path, *, down_to: str = "", kill_at: int = 0, count_into: Path | None = None) -> bool:
    """Upgrade (or go down to a revision) in a process of its own; whether it was killed. Raises RuntimeError."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _work(folder, down_to, kill_at, count_into)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status:
        raise RuntimeError(f"the upgrade ended with {status}")
    return False


def _work(folder: Path, down_to: str, kill_at: int, count_into: Path | None) -> None:
    url = f"sqlite:///{folder / 'portal.db'}"
    app = create_app(Config(instance=folder, secret_key=SECRET, database_url=url))
    numbers: Iterator[int] = iter(range(1, 1_000_000))
    reached = 0

    def note(*_given: object) -> None:
        nonlocal reached
        reached = next(numbers)
        if reached == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with app.app_context():
        event.listen(db.engine, "after_cursor_execute", note)
        if down_to:
            downgrade(directory=str(database.MIGRATIONS), revision=down_to)
    if not down_to:
        list(database.prepare(app))
    if count_into is not None:
        count_into.write_text(str(reached))
