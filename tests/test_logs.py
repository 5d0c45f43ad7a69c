"""What the site writes down: whole lines, of limited size, and nothing that must stay secret."""

from __future__ import annotations

import ast
import json
import logging
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import create_app, database, logs
from portal.config import ROOT
from portal.extensions import db, writing
from tests.conftest import make_config

SECRET = "机密内容"
ENGINE_MAKERS = {"create_engine", "engine_from_config", "create_pool_from_url"}


@given(st.text())
def test_whatever_it_holds_a_record_is_one_plain_line(value: str) -> None:
    written = logs.line(name=value)
    assert written.endswith(b"\n")
    shown = written[:-1].decode()
    assert shown.splitlines() == [shown]
    assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in shown)
    assert json.loads(written)["name"] == value


def write_many(path: Path, mark: int, count: int) -> None:
    """One of several processes that write to the same file."""
    file = logs.SharedFile(path, size=20_000, kept=50)
    for number in range(count):
        file.write(logs.line(mark=mark, number=number, fill="x" * 40))


def test_processes_that_write_at_once_lose_no_line_while_the_file_moves_on(tmp_path: Path) -> None:
    path, count = tmp_path / "access.log", 1500
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_many, args=(path, mark, count)) for mark in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    files = sorted(tmp_path.glob("access.log*"))
    records = [json.loads(each) for file in files for each in file.read_bytes().splitlines()]
    assert {(each["mark"], each["number"]) for each in records} == {(m, n) for m in range(3) for n in range(count)}
    assert len(records) == 3 * count
    assert len(files) > 5, "it never moved on"
    # The lines that each writer may add before it looks at the size once more.
    assert all(file.stat().st_size < 20_000 + 3 * logs.LOOKS * 200 for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    file = logs.SharedFile(tmp_path / "portal.log", size=100, kept=3)
    for number in range(6 * logs.LOOKS):
        file.write(logs.line(number=number, fill="x" * 60))
    assert sorted(each.name for each in tmp_path.glob("portal.log*")) == [
        "portal.log", "portal.log.1", "portal.log.2", "portal.log.3",
    ]  # fmt: skip


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    logs.SharedFile(tmp_path / "no-folder" / "x.log", size=100, kept=1).write(b"x\n")


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application that writes its logs as the server's does."""
    app = create_app(replace(make_config(tmp_path), testing=False))
    list(database.prepare(app))
    monkeypatch.setenv(logs.VARIABLE, "web")
    root = logging.getLogger()
    before = list(root.handlers)
    logs.start(app)
    monkeypatch.undo()
    yield app
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
    with app.app_context():
        db.engine.dispose()


def records(app: Flask, name: str) -> list[dict[str, object]]:
    path = app.config["PORTAL"].logs / name
    return [json.loads(each) for each in path.read_bytes().splitlines()]


def test_a_request_is_one_line_without_its_query(logged: Flask) -> None:
    logged.test_client().get("/accounts/login?next=/x&q=王小明")
    logged.test_client().get("/no%0Asuch%09page")
    first, second = records(logged, logs.ACCESS)
    assert (first["method"], first["path"], first["status"], first["address"]) == (
        "GET", "/accounts/login", 200, "127.0.0.1",
    )  # fmt: skip
    assert (second["path"], second["status"]) == ("/no\nsuch\tpage", 404)
    assert "王小明" not in (logged.config["PORTAL"].logs / logs.ACCESS).read_text()


def test_the_number_that_a_page_shows_is_in_the_log(logged: Flask) -> None:
    def broken() -> str:
        with writing() as session:
            session.execute(text("INSERT INTO units (id, code, name) VALUES (1, 'X', :name)"), {"name": SECRET})
        return "never"

    broken.__access__ = "public"  # type: ignore[attr-defined]
    logged.view_functions["home.healthz"] = broken
    answer = logged.test_client().get("/healthz")
    assert answer.status_code == 500
    written = [each for each in records(logged, logs.APPLICATION) if each["level"] == "ERROR"]
    (fault,) = written
    reference = str(fault["message"]).split()[1]
    assert reference in answer.text
    assert "IntegrityError" in str(fault["trace"])
    assert SECRET not in (logged.config["PORTAL"].logs / logs.APPLICATION).read_text(), "values stay out of it"
    ((at, message),) = logs.last_faults(logged.config["PORTAL"].logs, 5)
    assert reference in message
    assert at.tzinfo is not None


def test_statements_hide_their_values(logged: Flask) -> None:
    with logged.app_context(), pytest.raises(IntegrityError) as caught, writing() as session:
        session.execute(text("INSERT INTO units (id, code, name) VALUES (1, 'X', :name)"), {"name": SECRET})
    assert SECRET not in str(caught.value)


def test_no_engine_is_made_that_shows_its_values() -> None:
    """Read in the source, so that one made tomorrow is seen too."""
    calls = [
        (path, node)
        for path in sorted((ROOT / "portal").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ENGINE_MAKERS
    ]
    assert {path.name for path, _node in calls} >= {"store.py", "staging.py"}
    for path, node in calls:
        hidden = [each for each in node.keywords if each.arg == "hide_parameters"]
        assert hidden, f"{path.name}:{node.lineno}"
        assert ast.literal_eval(hidden[0].value) is True


def test_a_log_cut_in_two_is_still_read(tmp_path: Path) -> None:
    good = logs.line(at="2026-11-25T10:00:00+00:00", level="ERROR", message="fault AB12 at GET /x")
    (tmp_path / logs.APPLICATION).write_bytes(
        b'00+00:00","level":"ERROR"}\n{"level": "ERROR"}\nnull\n' + good + b'{"at":'
    )
    ((_at, message),) = logs.last_faults(tmp_path, 5)
    assert message == "fault AB12 at GET /x"


def test_a_command_at_a_terminal_writes_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(logs.VARIABLE, raising=False)
    app = create_app(make_config(tmp_path))
    logs.start(app)
    assert not (tmp_path / "logs").exists()
