"""What the tests of jobs share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db
from portal.jobs import queue
from portal.jobs.store import JobStore, store


@pytest.fixture
def jobs(live_app: Flask) -> Iterator[JobStore]:
    """The store of an application of its own."""
    with live_app.app_context():
        opened = store()
        yield opened
        db.session.remove()
        opened.engine.dispose()


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The kinds of job; what a test adds is gone after it."""
    known: dict[str, Any] = dict(queue._tasks)
    monkeypatch.setattr(queue, "_tasks", known)
    return known
