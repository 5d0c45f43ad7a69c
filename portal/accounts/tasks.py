"""What the worker does for accounts."""

from __future__ import annotations

from portal.accounts import queries, services
from portal.core import clock
from portal.extensions import db, set_writing, writing
from portal.jobs.ticks import every

_DAY = 24 * 3600


@every(_DAY)
def forget_sessions() -> None:
    """Delete sessions that were over long ago: looked for without holding anybody up, deleted a few at a time."""
    set_writing(False)
    old = queries.sessions_long_over(db.session(), clock.now())
    db.session.rollback()
    for start in range(0, len(old), queries.CHUNK):
        with writing() as session:
            services.forget_sessions(session, old[start : start + queries.CHUNK])
            session.commit()
