"""Regrades of big rounds go on in the background: worked out in short steps, then in force all at once."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.exams.models import ExamRound
from portal.exams.models_marking import Regrade
from portal.exams.queries import regrades as queries
from portal.exams.services import regrades as services
from portal.extensions import db, set_writing, writing
from portal.jobs.progress import Progress
from portal.jobs.queue import task
from portal.jobs.telling import Told

REGRADE = "exams.regrade"
AT_ONCE = 300
"""So many attempts are worked out while the officer waits; more are a job."""
STEP = 100
"""Attempts in one short transaction."""


@task(REGRADE, _l("改判"))
def regrade(arguments: dict[str, Any], progress: Progress) -> Told:
    """Work out what is not worked out yet, and put it into force if that was asked for.

    Begun again after a kill it goes on where it was: rows that are there and up to date are left alone. Nothing is read
    while others are kept from writing, but for the last step.
    """
    set_writing(False)
    found = queries.get(db.session(), int(arguments["regrade"]))
    if found is None:
        return Told("trial-cancelled")
    made, round_ = found
    job = services.task_of(db.session(), round_, made)
    ids = queries.to_work_out(db.session(), made, undo=job.undo)
    for start in range(0, len(ids), STEP):
        progress(start, len(ids))
        rows = services.work_out(db.session(), job, ids[start : start + STEP])
        db.session.rollback()
        with writing() as session:
            queries.get(session, int(arguments["regrade"])) or _gone()
            services.keep(session, rows)
            session.commit()
    db.session.rollback()
    with writing() as session:
        made, round_ = queries.get(session, int(arguments["regrade"])) or _gone()
        actor = viewer_of(session, progress.job.owner_id or 0)
        services.publish(session, actor=actor, now=clock.now(), round_=round_, regrade=made)
        session.commit()
    return Told("trial-done", {"count": len(ids)})


def _gone() -> tuple[Regrade, ExamRound]:
    raise LookupError("the trial was thrown away")
