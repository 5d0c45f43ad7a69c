"""The chain of the audit log: what was changed past the application is named, and nothing else is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session, scoped_session

from portal import chores
from portal.audit import chain
from portal.audit.models import AuditEntry, AuditSeal
from portal.audit.services import note
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import audit_key, db, side_write, writing

KEY = b"a key of this test"


def write(session: Session, label: str = "x", **detail: Any) -> AuditEntry:
    return note(
        session, actor=system_viewer(), at=clock.now(), action="demo.load", subject=("thing", "1", label), **detail
    )


def test_the_bytes_of_an_entry_are_pinned() -> None:
    """Never change these: they would break the chain of every site."""
    entry = AuditEntry(
        at=datetime(2026, 3, 1, 8, 30, 0, 1, tzinfo=UTC), actor_id=7, actor_name="王甲", address="10.0.0.1",
        action="user.update", subject_type="users", subject_id="9", subject_label="李乙（A02）",
        detail={"b": [None, True, 1.5], "a": {"改": ["旧", "新"]}},
    )  # fmt: skip
    assert chain.canonical(3, entry).decode() == (
        '[3,"2026-03-01T08:30:00.000001+00:00",7,"王甲","10.0.0.1","user.update","users","9","李乙（A02）",'
        '{"a":{"改":["旧","新"]},"b":[null,true,1.5]}]'
    )
    assert chain.link(chain.START, 3, entry) == "eeeac357b356b8cbabec3a5c1dd1d022cf1ae57635c73c4f69a8f260057162cc"
    assert chain.mac_of(KEY, chain.link(chain.START, 3, entry)) == (
        "b2b8b605074426b093695c480c48e015a7d88145c1197ee3879ed22e9a248860"
    )
    assert chain.key_id(KEY) == "bd7d9ff8"


def test_the_zone_of_a_moment_does_not_matter() -> None:
    moment = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    same = [moment, moment.astimezone(timezone(timedelta(hours=8)))]
    entries = [
        AuditEntry(at=at, actor_id=None, actor_name="", address="", action="", subject_type="", subject_id="",
                   subject_label="", detail={})
        for at in same
    ]  # fmt: skip
    assert chain.canonical(1, entries[0]) == chain.canonical(1, entries[1])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    detail=st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(st.characters(codec="utf-8"), max_size=8)
            | st.floats(allow_nan=False, allow_infinity=False),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("甲ab", max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)  # fmt: skip
def test_whatever_is_written_is_found_whole(session: scoped_session[Session], detail: dict[str, Any]) -> None:
    inner = session.begin_nested()
    entry = AuditEntry(
        at=clock.now(), actor_id=1, actor_name="甲", address="", action="x.y", subject_type="t", subject_id="1",
        subject_label="", detail=detail,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    chain.seal(session(), entry, audit_key())
    session.expire_all()
    assert list(chain.verify(session(), audit_key())) == []
    inner.rollback()


def test_every_entry_of_the_office_is_sealed(session: scoped_session[Session]) -> None:
    assert chain.length(session()) == session.query(AuditEntry).count() > 0
    assert list(chain.verify(session(), audit_key())) == []


def test_a_rolled_back_savepoint_leaves_no_gap(session: scoped_session[Session]) -> None:
    before = chain.length(session())
    with session.begin_nested():
        write(session(), "kept")
        inner = session.begin_nested()
        write(session(), "lost")
        write(session(), "lost too")
        inner.rollback()
        write(session(), "kept as well")
    assert chain.length(session()) == before + 2
    assert list(chain.verify(session(), audit_key())) == []


@pytest.fixture
def log(live_app: Flask) -> Iterator[Session]:
    """A log of thirty and some entries that may be forged: its guards are off."""
    with live_app.app_context(), writing() as session:
        for number in range(30):
            write(session, f"entry {number}")
        session.commit()
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.commit()
        yield session
        session.rollback()


def findings(log: Session, *anchors: chain.Anchor) -> list[tuple[str, int]]:
    return [(each.kind, each.seq) for each in chain.verify(log, audit_key(), anchors)]


def entry_of(log: Session, seq: int) -> int:
    return int(log.execute(select(AuditSeal.entry_id).where(AuditSeal.seq == seq)).scalar_one())


@pytest.mark.parametrize(
    "change", ["actor_name = 'x'", "at = '2020-01-01 00:00:00'", "detail = '{}'", "actor_id = 99", "action = 'a.b'"]
)
def test_an_edited_entry_is_named_and_it_alone(log: Session, change: str) -> None:
    write(log, "with detail", changes={"a": [1, 2]})
    target = entry_of(log, chain.length(log))
    write(log, "after")
    log.execute(text(f"UPDATE audit_entries SET {change} WHERE id = {target}"))
    assert findings(log) == [("edited", chain.length(log) - 1)]


def test_a_forger_without_the_key_is_named(log: Session) -> None:
    """Edits an entry and computes every hash after it anew, as anybody can who reads this code."""
    log.execute(text(f"UPDATE audit_entries SET actor_name = 'x' WHERE id = {entry_of(log, 5)}"))
    log.execute(text("DELETE FROM audit_seals WHERE seq >= 5"))
    rows = log.execute(select(AuditEntry.__table__).order_by(AuditEntry.id)).all()[4:]
    head = log.execute(select(AuditSeal.seq, AuditSeal.hash).order_by(AuditSeal.seq.desc()).limit(1)).one()
    before = head.hash
    for seq, row in enumerate(rows, start=5):
        linked = chain.link(before, seq, row)
        log.add(AuditSeal(seq=seq, entry_id=row.id, prev=before, hash=linked,
                          mac=chain.mac_of(b"guessed", linked), kid=chain.key_id(audit_key())))  # fmt: skip
        before = linked
    log.flush()
    assert [kind for kind, _ in findings(log)] == ["edited"] * len(rows)


def test_deleted_entries_are_named(log: Session) -> None:
    ten, twelve = entry_of(log, 10), entry_of(log, 12)
    log.execute(text(f"DELETE FROM audit_entries WHERE id = {ten}"))
    log.execute(text(f"DELETE FROM audit_entries WHERE id = {twelve}"))
    log.execute(text("DELETE FROM audit_seals WHERE seq = 12"))
    assert findings(log) == [("gone", 10), ("gap", 12)]


def test_an_entry_put_in_past_the_application_is_named(log: Session) -> None:
    log.execute(
        text(
            "INSERT INTO audit_entries SELECT max(id) + 1, at, 1, 'x', '', action, subject_type, '', '', '{}'"
            " FROM audit_entries"
        )
    )
    assert findings(log) == [("unsealed", 0)]


def test_only_an_anchor_tells_that_the_end_was_cut_off(log: Session, tmp_path: Path) -> None:
    anchor = chain.write_anchor(log, tmp_path, clock.now())
    assert anchor is not None
    assert findings(log, anchor) == []
    log.execute(text(f"DELETE FROM audit_entries WHERE id >= {entry_of(log, anchor.seq - 2)}"))
    log.execute(text(f"DELETE FROM audit_seals WHERE seq >= {anchor.seq - 2}"))
    assert findings(log) == []
    assert findings(log, anchor) == [("cut", anchor.seq)]
    for _ in range(5):
        write(log, "covering up")
    assert findings(log, anchor) == [("anchor", anchor.seq)]


def test_anchors_are_written_once_a_day_and_half_a_line_is_passed_over(live_app: Flask) -> None:
    file = live_app.config["PORTAL"].instance / chain.ANCHORS
    with live_app.app_context():
        chores.anchor_daily()
        first = chain.read_anchors(file)
        with side_write() as session:
            write(session, "later")
        chores.anchor_daily()  # the same day
        assert chain.read_anchors(file) == first
        file.write_text(file.read_text() + '{"seq": 9, "ha')
        assert chain.read_anchors(file) == first
        chain.write_anchor(db.session(), file.parent, clock.now())
        assert [each.seq for each in chain.read_anchors(file)] == [first[0].seq, first[0].seq + 1]
    assert len(first) == 1


def test_two_writers_at_once_make_one_chain(live_app: Flask) -> None:
    def many(label: str) -> None:
        with live_app.app_context():
            for number in range(25):
                with side_write() as session:
                    write(session, f"{label}{number}")

    threads = [threading.Thread(target=many, args=(label,)) for label in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with live_app.app_context():
        assert list(chain.verify(db.session(), audit_key())) == []
        labels = list(db.session.scalars(select(AuditEntry.subject_label).where(AuditEntry.subject_type == "thing")))
        db.session.remove()
    assert len(labels) == 50


def test_the_command_says_it_and_fails(live_app: Flask) -> None:
    runner = live_app.test_cli_runner()
    good = runner.invoke(args=["audit", "verify"])
    assert good.exit_code == 0, good.output
    assert "0 处异常" in good.output
    assert runner.invoke(args=["audit", "anchor"]).output.split()[0].isdecimal()
    with live_app.app_context(), writing() as session:
        session.execute(text("DROP TRIGGER audit_entries_append_only_update"))
        session.execute(text(f"UPDATE audit_entries SET actor_name = 'x' WHERE id = {entry_of(session, 2)}"))
        session.commit()
        db.session.remove()
    bad = runner.invoke(args=["audit", "verify"])
    assert bad.exit_code == 1
    assert "第 2 条被改动过" in bad.output
    told = json.loads(runner.invoke(args=["audit", "verify", "--json"]).output)
    assert [(each["kind"], each["seq"]) for each in told["findings"]] == [("edited", 2)]
