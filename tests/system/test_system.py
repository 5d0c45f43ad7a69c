"""The lamps: what each of them says, and that page and command line show the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import chores, logs, serving
from portal.core import clock
from portal.extensions import db
from portal.serving import Serving
from portal.system import facts, rules, words
from portal.system.rules import Facts, State, judge, worst

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
FINE = Facts(
    now=NOW, demo=False, beat_at=NOW - timedelta(seconds=20), waiting=0, running=0, oldest_waiting_at=None,
    disk_free=50_000 * rules.MEGABYTE, database_bytes=40 * rules.MEGABYTE, backup_at=NOW - timedelta(days=1),
    backup_file="/mnt/backup/x.tar.gz", serving="tls", certificate_days=200, certificate_fault="", secrets_mode=0o600,
    newest_row_at=NOW - timedelta(minutes=1), zone="Asia/Shanghai", schema="0009", schema_wanted="0009", durable=True,
    durability="journal_mode=wal", anchor_at=NOW - timedelta(hours=5), anchored=10, entries=12, faults=(),
    versions="portal 1",
)  # fmt: skip
FILES = Path(__file__).resolve().parent.parent / "support" / "tls"


def test_a_site_that_is_well_shows_no_lamp_but_green() -> None:
    assert {each.state for each in judge(FINE)} == {State.GREEN, State.INFO}
    assert worst(judge(FINE)) == State.GREEN


@pytest.mark.parametrize(
    ("change", "key", "state"),
    [
        ({"beat_at": None}, "worker", State.RED),
        ({"beat_at": NOW - timedelta(minutes=2)}, "worker", State.RED),
        ({"waiting": 1, "oldest_waiting_at": NOW - timedelta(minutes=11)}, "queue", State.AMBER),
        ({"waiting": 9, "oldest_waiting_at": NOW - timedelta(minutes=9)}, "queue", State.GREEN),
        ({"disk_free": 100 * rules.MEGABYTE}, "disk", State.RED),
        ({"disk_free": 1000 * rules.MEGABYTE}, "disk", State.AMBER),
        ({"disk_free": 3000 * rules.MEGABYTE, "database_bytes": 2000 * rules.MEGABYTE}, "disk", State.RED),
        ({"backup_at": NOW - timedelta(days=7)}, "backup", State.GREEN),
        ({"backup_at": NOW - timedelta(days=7, seconds=1)}, "backup", State.AMBER),
        ({"backup_at": NOW - timedelta(days=31)}, "backup", State.RED),
        ({"backup_at": None}, "backup", State.AMBER),
        ({"backup_at": None, "demo": True}, "backup", State.GREEN),
        ({"certificate_days": 29}, "network", State.AMBER),
        ({"certificate_days": None, "certificate_fault": "x"}, "network", State.RED),
        ({"serving": "insecure"}, "network", State.AMBER),
        ({"serving": "loopback"}, "network", State.GREEN),
        ({"serving": "proxy"}, "network", State.GREEN),
        ({"serving": "unknown"}, "network", State.INFO),
        ({"secrets_mode": 0o640}, "secrets", State.RED),
        ({"secrets_mode": None}, "secrets", State.INFO),
        ({"newest_row_at": NOW + timedelta(minutes=3)}, "clock", State.RED),
        ({"newest_row_at": None}, "clock", State.GREEN),
        ({"schema": "0008"}, "schema", State.RED),
        ({"schema": None}, "schema", State.RED),
        ({"durable": False}, "durability", State.RED),
        ({"anchor_at": NOW - timedelta(days=3)}, "anchor", State.AMBER),
        ({"anchor_at": NOW - timedelta(days=3), "entries": 10}, "anchor", State.GREEN),
        ({"anchor_at": None, "anchored": 0}, "anchor", State.AMBER),
        ({"anchor_at": None, "anchored": 0, "entries": 0}, "anchor", State.GREEN),
        ({"faults": (NOW - timedelta(hours=1), NOW - timedelta(days=2))}, "faults", State.AMBER),
        ({"faults": (NOW - timedelta(days=2),)}, "faults", State.GREEN),
    ],
)
def test_lamps(app: Flask, change: dict[str, object], key: str, state: State) -> None:
    findings = judge(replace(FINE, **change))  # type: ignore[arg-type]
    (found,) = (each for each in findings if each.key == key)
    assert found.state == state
    others = {each.state for each in findings if each.key != key}
    assert others <= {State.GREEN, State.INFO}
    with app.test_request_context():
        assert words.sentence(found)
        assert bool(words.advice(found)) == (state in {State.AMBER, State.RED}), "what is not fine says what to do"


def test_every_sentence_is_said_by_somebody() -> None:
    source = Path(rules.__file__).read_text(encoding="utf-8")
    assert set(words.ADVICE) <= set(words.SENTENCES)
    spoken = {code for code in words.SENTENCES if f'"{code}"' in source or code.startswith("network-")}
    assert set(words.SENTENCES) == spoken


@pytest.fixture
def alive(app: Flask) -> Flask:
    """A site whose worker has just done its round."""
    instance = app.config["PORTAL"].instance
    (instance / chores.BEAT).write_text(clock.now().isoformat())
    return app


def test_the_page_shows_each_lamp(alive: Flask, client_as: Callable[[str], FlaskClient]) -> None:
    page = client_as("system_admin").get("/system/").text
    for label in words.LABELS.values():
        assert str(label) in page
    assert "运行中" in page
    assert "a-secret-for-tests-only" not in page


def test_faults_are_listed_with_their_numbers(alive: Flask, client_as: Callable[[str], FlaskClient]) -> None:
    folder = alive.config["PORTAL"].logs
    folder.mkdir(mode=0o700, exist_ok=True)
    logs.file_of(alive.config["PORTAL"], logs.APPLICATION).write(
        logs.line(at=clock.now().isoformat(), level="ERROR", message="fault AB12CD34 at POST /exams/<b>")
    )
    page = client_as("system_admin").get("/system/").text
    (folder / logs.APPLICATION).unlink()
    assert "AB12CD34" in page
    assert "POST /exams/&lt;b&gt;" in page


@pytest.mark.parametrize(
    ("told", "how"),
    [
        (None, "unknown"),
        (Serving("127.0.0.1"), "loopback"),
        (Serving("0.0.0.0", insecure_lan=True), "insecure"),  # noqa: S104
        (Serving("0.0.0.0", str(FILES / "good.pem"), str(FILES / "good.key")), "tls"),  # noqa: S104
        (Serving("0.0.0.0", str(FILES / "expired.pem"), str(FILES / "good.key")), "tls"),  # noqa: S104
    ],
)
def test_how_it_is_reached(live_app: Flask, told: Serving | None, how: str) -> None:
    if told is not None:
        serving.note(live_app.config["PORTAL"].instance, told)
    with live_app.app_context():
        found = facts.collect(live_app, db.session())
        db.session.remove()
    assert found.serving == how
    if how == "tls":
        assert (found.certificate_days is None) == ("expired" in (told.tls_cert if told else ""))
        assert ("已过期" in found.certificate_fault) == (found.certificate_days is None)


def test_the_command_line_says_the_same_and_fails_on_red(live_app: Flask) -> None:
    runner = live_app.test_cli_runner()
    red = runner.invoke(args=["system", "check"])
    assert red.exit_code == 1, red.output
    assert "没有运行过" in red.output
    assert "Never ran" in red.output
    (live_app.config["PORTAL"].instance / chores.BEAT).write_text(clock.now().isoformat())
    (live_app.config["PORTAL"].instance / "secrets.toml").touch(mode=0o600)
    fine = runner.invoke(args=["system", "check", "--json"])
    assert fine.exit_code == 0, fine.output
    told = json.loads(fine.output)
    assert told["state"] == "amber", "no backup was made yet"
    assert {each["key"] for each in told["findings"]} == set(words.LABELS)


def test_the_worker_writes_its_beat(live_app: Flask) -> None:
    with live_app.app_context():
        chores.beat()
    written = datetime.fromisoformat((live_app.config["PORTAL"].instance / chores.BEAT).read_text())
    assert abs(clock.now() - written) < timedelta(seconds=5)
