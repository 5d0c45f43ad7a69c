"""The page that shows how far a job has come."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.jobs import bp
from portal.jobs.store import store
from portal.web.access import requires, viewer
from portal.web.htmx import go, page


@bp.get("/<uuid:job_id>")
@requires(Permission.PORTAL_USE)
def show(job_id: object) -> ResponseReturnValue:
    """The progress bar, polled until the job is over; then on to its result."""
    try:
        job = store().get(str(job_id))
    except LookupError:
        abort(404)
    if job.owner_id != viewer().id:
        abort(404)
    if job.finished and job.back_url:
        return go(job.back_url, job.message, "success" if job.percent == 100 else "error")  # noqa: PLR2004
    return page("jobs/show.html", "job_progress", job=job)
