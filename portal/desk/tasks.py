"""Work on many rows in the background: one short transaction a row, so that nobody who is saving has to wait."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.core import clock
from portal.desk import bulk, people, queries
from portal.desk import bulk_services as services
from portal.desk.rules import LineState, RunState
from portal.extensions import db, writing
from portal.jobs.progress import Progress
from portal.jobs.queue import task
from portal.jobs.telling import Told

BULK = "desk.bulk"


@task(BULK, _l("批量处理"))
def work(arguments: dict[str, Any], progress: Progress) -> Told:
    """Do the waiting rows of a run, each under the rights that its owner has at that moment."""
    run = queries.run_by_id(db.session(), arguments["run"])
    if run is None or run.state is not RunState.RUNNING:
        return Told()
    run_id, owner_id, total = run.id, run.owner_id, run.total
    bulk_list = bulk.get(run.list_name)
    act = bulk_list.act(run.act)
    waiting = queries.waiting(db.session(), run_id)
    db.session.rollback()
    for number, line_id in enumerate(waiting, start=1):
        if not _one(owner_id, act, line_id):
            break
        progress(total - len(waiting) + number, total)
    return _close(run_id, owner_id, f"{bulk_list.title}：{act.label}")


def _one(owner_id: int, act: bulk.BulkAct, line_id: int) -> bool:
    """One row; False when its owner has no rights left at all."""
    with writing() as session:
        try:
            actor = people.known().acting(session, owner_id)
        except LookupError:
            session.rollback()
            return False
        services.do_line(session, actor=actor, now=clock.now(), act=act, line_id=line_id)
        session.commit()
        return True


def _close(run_id: str, owner_id: int, label: str) -> Told:
    """Say in the log and to the reader how it went."""
    with writing() as session:
        run = queries.run_by_id(session, run_id)
        if run is None or run.state is not RunState.RUNNING:  # its owner has closed it meanwhile
            session.rollback()
            return Told()
        services.leave_rest(session, run=run, code="bulk-actor-gone")
        actor = people.known().named(session, owner_id)
        found = services.finish(session, actor=actor, now=clock.now(), run=run, label=label)
        session.commit()
    done, left = found.get(LineState.DONE, 0), found.get(LineState.LEFT, 0)
    return Told("bulk-done", {"done": f"{done:,}", "left": f"{left:,}"})
