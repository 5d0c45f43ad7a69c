"""Small chores that the worker does again and again, such as closing attempts whose time is up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from portal.extensions import db, set_writing

log = logging.getLogger("portal.jobs")

Chore = Callable[[], None]


@dataclass(slots=True)
class _Tick:
    seconds: float
    chore: Chore
    due: float = 0.0


_ticks: list[_Tick] = []


def every(seconds: float) -> Callable[[Chore], Chore]:
    """Register a chore; it runs inside an application context, begins as a writer and commits for itself."""

    def register(chore: Chore) -> Chore:
        _ticks.append(_Tick(seconds, chore))
        return chore

    return register


def run_due(app: Flask) -> None:
    """Run what is due; a chore that fails is logged and tried again at its next time."""
    now = time.monotonic()
    for tick in _ticks:
        if now < tick.due:
            continue
        tick.due = now + tick.seconds
        with app.app_context():
            set_writing(True)
            try:
                tick.chore()
            except Exception:
                db.session.rollback()
                log.exception("chore %s failed", tick.chore.__name__)
            finally:
                set_writing(False)
                db.session.remove()
