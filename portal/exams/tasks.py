"""What the worker does for exams."""

from __future__ import annotations

from flask import current_app

from portal.core import clock
from portal.exams.queries import attempts as queries
from portal.exams.services import attempts as services
from portal.extensions import db
from portal.jobs.ticks import every

SWEEP_SECONDS = 15


@every(SWEEP_SECONDS)
def close_expired() -> None:
    """Write down that attempts past their grace are handed in. They count as handed in for every reader anyway.

    One short transaction each, so that nobody who is still writing waits.
    """
    secret = current_app.config["PORTAL"].secret_key.encode()
    for attempt_id in queries.expired(db.session(), clock.now()):
        services.close_by_id(db.session(), attempt_id=attempt_id, now=clock.now(), secret=secret)
        db.session.commit()
    db.session.rollback()
