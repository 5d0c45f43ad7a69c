"""Regrades of big rounds go on in the background: worked out in short steps, then in force all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound
from portal.exams.models_marking import Regrade, RegradeState
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

    Begun again after a kill it goes on where it was: rows that are there and up to date are left alone.
    """
    set_writing(False)
    regrade_id = int(arguments["regrade"])
    found = queries.get(db.session(), regrade_id)
    if found is None:
        return Told("trial-cancelled")
    ids = left_to_do(found[0])
    carry_out(regrade_id, ids, lambda session: viewer_of(session, progress.job.owner_id or 0), progress)
    return Told("trial-done", {"count": len(ids)})


def left_to_do(made: Regrade) -> list[int]:
    """The attempts that a regrade still has to work out. All papers of the round are looked through: read it so."""
    return queries.to_work_out(db.session(), made, undo=made.state is RegradeState.UNDOING)


def carry_out(
    regrade_id: int,
    ids: Sequence[int],
    actor: Callable[[Session], Viewer],
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Work out the attempts and put the regrade into force if that was asked for.

    Nothing is read while others are kept from writing, but for the last step. To be called in a reading transaction.
    """
    made, round_ = queries.get(db.session(), regrade_id) or _gone()
    job = services.task_of(db.session(), round_, made)
    for start in range(0, len(ids), STEP):
        tell(start, len(ids))
        rows = services.work_out(db.session(), job, ids[start : start + STEP])
        db.session.rollback()
        with writing() as session:
            queries.get(session, regrade_id) or _gone()
            services.keep(session, rows)
            session.commit()
    db.session.rollback()
    with writing() as session:
        made, round_ = queries.get(session, regrade_id) or _gone()
        services.publish(session, actor=actor(session), now=clock.now(), round_=round_, regrade=made)
        session.commit()


def _gone() -> tuple[Regrade, ExamRound]:
    raise LookupError("the trial was thrown away")
