"""The machinery of the drills: a drill that cannot find a loss proves nothing."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.drills import migrate_kill, replay
from bench.drills.crowd import Save, judge
from bench.drills.powercut import cut
from bench.drills.replay import Disk, Sent, SyncBegins, SyncEnds, Truncate, Write
from bench.site import Person
from portal.config import ROOT

PERSON = Person({}, attempt=7, choices=(1, 2, 3))


def hexed(text: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in text)


def test_a_log_is_read_in_order_with_calls_that_overlap() -> None:
    path, socket = hexed(b"/site/portal.db-wal"), hexed(b"socket:[1]")
    lines = [
        b'10 pwrite64(3<%s>, "%s", 3, 5) = 3\n' % (path, hexed(b"a\n\0")),
        b"10 fdatasync(3<%s> <unfinished ...>\n" % path,
        b'11 pwrite64(3<%s>, "%s", 1, 0 <unfinished ...>\n' % (path, hexed(b"z")),
        b'12 writev(9<%s>, [{iov_base="%s", iov_len=2}, {iov_base="%s", iov_len=2}], 2) = 4\n'
        % (socket, hexed(b"OK"), hexed(b"ab")),
        b"10 <... fdatasync resumed>) = 0\n",
        b"11 <... pwrite64 resumed>) = 1\n",
        b"11 ftruncate(3<%s>, 4) = 0\n" % path,
        b'11 pwrite64(3<%s>, "%s", 1, 9) = -1 ENOSPC (No space left on device)\n' % (path, hexed(b"n")),
        b"12 +++ exited with 0 +++\n",
    ]
    assert list(replay.events(lines)) == [
        Write("/site/portal.db-wal", 5, b"a\n\0"),
        SyncBegins("/site/portal.db-wal", 1),
        Sent(b"OKab"),
        SyncEnds("/site/portal.db-wal", 1),
        Write("/site/portal.db-wal", 0, b"z"),
        Truncate("/site/portal.db-wal", 4),
    ]


def test_only_what_was_written_before_a_sync_began_is_sure() -> None:
    disk = Disk({"f": bytearray(b"....")})
    for event in (Write("f", 0, b"ab"), SyncBegins("f", 1), Write("f", 2, b"cd"), SyncEnds("f", 1), Truncate("f", 3)):
        disk.apply(event)
    assert disk.after_cut("f", lambda: False) == b"ab.."
    assert disk.after_cut("f", lambda: True) == b"abc"
    assert disk.after_cut("never", lambda: True) == b""


def test_two_syncs_at_once_bring_each_write_once() -> None:
    disk = Disk({})
    for event in (
        Write("f", 0, b"a"), SyncBegins("f", 1), Write("f", 1, b"b"), SyncBegins("f", 2), Write("f", 2, b"c"),
        SyncEnds("f", 2), SyncEnds("f", 1),
    ):  # fmt: skip
        disk.apply(event)
    assert disk.after_cut("f", lambda: False) == b"ab"


def test_a_write_may_reach_the_disk_in_part() -> None:
    disk = Disk({})
    disk.apply(Write("f", 0, b"x" * 2 * replay.SECTOR))
    choices = iter([False, True])
    assert disk.after_cut("f", lambda: next(choices)) == bytes(replay.SECTOR) + b"x" * replay.SECTOR


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "portal.db"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE answers (attempt_id, position, counter, value, PRIMARY KEY (attempt_id, position))"
    )
    connection.executemany("INSERT INTO answers VALUES (7, ?, ?, ?)", [(1, 5, '["1"]'), (2, 8, '["0"]')])
    connection.commit()
    connection.close()
    return path


def test_a_verdict_tells_lost_from_wrong_from_corrupt(database: Path) -> None:
    assert judge(database, [Save(PERSON, 1, 5), Save(PERSON, 2, 8)]).fine
    assert judge(database, [Save(PERSON, 1, 4)]).fine, "a newer answer stands there"
    assert judge(database, [Save(PERSON, 1, 7), Save(PERSON, 3, 1)]).lost == 2
    assert judge(database, [Save(PERSON, 1, 5)]).wrong == 0
    connection = sqlite3.connect(database)
    connection.execute("UPDATE answers SET value = '[\"9\"]'")
    connection.commit()
    connection.close()
    assert judge(database, [Save(PERSON, 1, 5)]).wrong == 1
    database.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert judge(database, []).corrupt


def answered(number: int) -> Sent:
    return Sent(b'HTTP/1.1 200 OK\r\n\r\n{"saved": {"1": %d}}' % number)


@pytest.mark.parametrize("synced", [True, False])
def test_a_power_cut_finds_what_was_promised_too_early(database: Path, tmp_path: Path, synced: bool) -> None:
    """Four answers, each in a new content of the database that is, or is not, synced before it is acknowledged."""
    before = bytearray(database.read_bytes())
    sent = {number: Save(PERSON, 1, number) for number in range(10, 14)}
    events: list[replay.Event] = []
    for number, save in sent.items():
        connection = sqlite3.connect(database)
        connection.execute(
            "UPDATE answers SET counter = ?, value = ? WHERE position = 1", (number, f'["{save.value[0]}"]')
        )
        connection.commit()
        connection.close()
        events.append(Write(str(database), 0, database.read_bytes()))
        if synced:
            events += [SyncBegins(str(database), number), SyncEnds(str(database), number)]
        events.append(answered(number))
    tally = cut(events, Disk({str(database): before}), database, sent, random.Random(1))
    assert tally.cuts == 2
    assert tally.fine is synced


TOY = """
import os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(file, b"first", 0)
os.fsync(file)
os.pwrite(file, b"later", 5)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_log_of_a_real_program_is_understood(tmp_path: Path) -> None:
    log, file = tmp_path / "log", tmp_path / "file"
    words = ["strace", "-f", "-y", "-xx", "-s", "1000", "-e", f"trace={replay.CALLS}", "-o", str(log)]
    done = subprocess.run([*words, sys.executable, "-c", TOY, str(file)], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr[:200]}")
    disk = Disk({})
    with log.open("rb") as lines:
        for event in replay.events(lines):
            disk.apply(event)
    assert disk.after_cut(str(file), lambda: False) == b"first"
    assert disk.after_cut(str(file), lambda: True) == b"firstlater"


@pytest.fixture
def half(database: Path) -> Iterator[Path]:
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE alembic_version (version_num)")
    connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    connection.commit()
    yield database
    connection.close()


def test_a_half_schema_is_neither_old_nor_new(half: Path) -> None:
    before = migrate_kill.look(half)
    assert before.rows == {"answers": 2, "alembic_version": 1}
    connection = sqlite3.connect(half)
    connection.execute("ALTER TABLE answers ADD COLUMN more")
    connection.commit()
    connection.close()
    assert migrate_kill.look(half) != before
    assert migrate_kill.look(half).revision == before.revision


@pytest.mark.parametrize(("statements", "most", "count"), [(5, 40, 5), (100, 0, 100), (103, 40, 40), (40, 40, 40)])
def test_kills_are_spread_from_the_first_statement_to_the_last(statements: int, most: int, count: int) -> None:
    chosen = migrate_kill._chosen(statements, most)
    assert (len(chosen), chosen[0], chosen[-1]) == (count, 1, statements)


# What each drill needs of the machine, and a size at which it takes some seconds.
SMALL = {
    "kill": ("python3", ["--saves", "300", "--kills", "1"]),
    "powercut": ("strace", ["--saves", "16"]),
    "diskfull": ("unshare", []),
    "migrate-kill": ("python3", ["--at-most", "2"]),
}


@pytest.mark.parametrize("drill", SMALL)
def test_a_drill_passes(drill: str) -> None:
    program, more = SMALL[drill]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    words = [sys.executable, "-m", "bench.drills", drill, *more]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=240)
    if "tmpfs cannot be mounted" in done.stderr:
        pytest.skip("no tmpfs may be mounted here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "通过 passed" in done.stdout
