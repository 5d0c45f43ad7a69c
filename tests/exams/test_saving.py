"""Saves that wait together: one commit for all, each answered for itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.core.errors import RuleError
from portal.exams.saving import SaveWriter
from portal.extensions import db, side_write


@pytest.fixture
def writer(live_app: Flask) -> Iterator[SaveWriter]:
    with live_app.app_context():
        with side_write() as session:
            session.execute(text("CREATE TABLE kept (n INTEGER PRIMARY KEY)"))
        yield SaveWriter(db.engine)


def keep(n: int) -> Any:
    def work(session: Session) -> int:
        session.execute(text("INSERT INTO kept VALUES (:n)"), {"n": n})
        return n

    return work


def kept() -> list[int]:
    with db.engine.connect() as connection:
        return list(connection.execute(text("SELECT n FROM kept ORDER BY n")).scalars())


def together(writer: SaveWriter, works: list[Any]) -> list[Any]:
    """Hold the writer with a first work until the others wait, so that they are one batch; give what became of each."""
    inside, others_wait = threading.Event(), threading.Event()

    def first(_session: Session) -> None:
        inside.set()
        assert others_wait.wait(10)

    with ThreadPoolExecutor(len(works) + 1) as pool:
        pool.submit(writer.run, first)
        assert inside.wait(10)
        futures = [pool.submit(writer.run, work) for work in works]
        while writer._waiting.qsize() < len(works):
            threading.Event().wait(0.01)
        others_wait.set()
        return [future.exception() or future.result() for future in futures]


def test_what_waits_together_is_committed_once(writer: SaveWriter) -> None:
    commits: list[object] = []
    note = commits.append
    event.listen(db.engine, "commit", note)
    try:
        assert together(writer, [keep(n) for n in range(1, 21)]) == list(range(1, 21))
    finally:
        event.remove(db.engine, "commit", note)
    assert len(commits) == 1  # the work that held the others up wrote nothing
    assert kept() == list(range(1, 21))


def test_one_that_is_refused_leaves_the_others_alone(writer: SaveWriter) -> None:
    def refuse(_session: Session) -> None:
        raise RuleError("bad-answer")

    outcomes = together(writer, [keep(1), refuse, keep(2)])
    assert outcomes[0] == 1
    assert isinstance(outcomes[1], RuleError)
    assert outcomes[2] == 2
    assert kept() == [1, 2]


def test_one_that_breaks_after_writing_leaves_nothing_and_the_others_are_stored(writer: SaveWriter) -> None:
    def breaks(session: Session) -> None:
        keep(99)(session)
        raise ZeroDivisionError

    outcomes = together(writer, [keep(1), breaks, keep(2)])
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert [outcomes[0], outcomes[2]] == [1, 2]
    assert kept() == [1, 2]


def test_a_full_disk_is_told_to_everybody_and_the_next_save_works(writer: SaveWriter) -> None:
    def full(_session: Session) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    outcomes = together(writer, [keep(1), full, keep(2)])
    assert all(isinstance(outcome, OperationalError) for outcome in outcomes)
    assert kept() == []
    assert writer.run(keep(3)) == 3
    assert kept() == [3]
