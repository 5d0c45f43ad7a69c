"""The chore of what stands between features."""

from __future__ import annotations

from portal.core import clock
from portal.extensions import db, set_writing, writing
from portal.home import exam_hours
from portal.jobs.ticks import every
from portal.study.services import ledger

_HOUR = 3600


@every(_HOUR)
def settle_exam_hours() -> None:
    """Read without holding anybody up, and write what has changed in one short transaction."""
    set_writing(False)
    found = exam_hours.lines(db.session(), clock.now())
    db.session.rollback()
    if found:
        with writing() as session:
            ledger.add_lines(session, found)
            session.commit()
