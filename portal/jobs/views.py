"""The pages of jobs: how far one has come, one's own, and all of them without what is in them."""

from __future__ import annotations

from flask import Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import side_write
from portal.jobs import bp, exporting, queue, results
from portal.jobs.job_table import EVERYONE, MINE
from portal.jobs.store import KEEP_RESULTS, Job, JobState, listed, store
from portal.jobs.telling import in_words
from portal.jobs.words import STATE_LABELS
from portal.web.access import requires, viewer
from portal.web.confirmation import recently_confirmed
from portal.web.errors import explain
from portal.web.exports import XLSX, attachment
from portal.web.htmx import go, page
from portal.web.pdf import PDF


def _own(job_id: object) -> Job:
    """A job of the viewer's; 404 for any other."""
    try:
        job = store().get(str(job_id))
    except LookupError:
        abort(404)
    return job if job.owner_id == viewer().id else abort(404)


def has_file(job: Job) -> bool:
    """Whether the result can still be downloaded."""
    return job.result_size > 0 and results.path_of(job.id).exists()


@bp.get("/")
@requires(Permission.PORTAL_USE)
def index() -> ResponseReturnValue:
    """The viewer's own jobs, newest first."""
    with Session(store().engine) as rows:
        listing = MINE.read(rows, listed(viewer().id))
    return page("jobs/index.html", "results", listing=listing, states=STATE_LABELS, said=in_words)


@bp.get("/all")
@requires(Permission.JOB_VIEW)
def everyone() -> ResponseReturnValue:
    """Everybody's jobs: who, what kind, how it goes; nothing of what is in them."""
    with Session(store().engine) as rows:
        listing = EVERYONE.read(rows, listed())
    return page("jobs/all.html", "results", listing=listing, states=STATE_LABELS)


@bp.get("/<uuid:job_id>")
@requires(Permission.PORTAL_USE)
def show(job_id: object) -> ResponseReturnValue:
    """The progress bar, polled until the job is over; then its file, or on to where it leads."""
    job = _own(job_id)
    if job.state is JobState.DONE and job.back_url and not job.result_name:
        return go(job.back_url, in_words(job.message))
    return page(
        "jobs/show.html",
        "job_progress",
        job=job,
        label=queue.label(job.kind),
        states=STATE_LABELS,
        said=in_words(job.message),
        has_file=has_file(job),
        keep_days=KEEP_RESULTS.days,
    )


@bp.post("/<uuid:job_id>/cancel")
@requires(Permission.PORTAL_USE)
def cancel(job_id: object) -> ResponseReturnValue:
    """Cancel a waiting job; a running one stops at its next report."""
    job = _own(job_id)
    here = url_for("jobs.show", job_id=job.id)
    if not store().cancel(job.id):
        return go(here, explain(RuleError("job-over")), "error")
    return go(here)


def _asks_first() -> bool:
    return exporting.asks_first(_own(_job_id()))


def _its_page() -> str:
    return url_for("jobs.show", job_id=_job_id())


def _job_id() -> object:
    return (request.view_args or {})["job_id"]


@bp.post("/<uuid:job_id>/retry")
@requires(Permission.PORTAL_USE)
@recently_confirmed(_asks_first, back=_its_page)
def retry(job_id: object) -> ResponseReturnValue:
    """Do a failed or cancelled job again with the same arguments."""
    job = _own(job_id)
    here = url_for("jobs.show", job_id=job.id)
    if not store().retry(job.id):
        return go(here, explain(RuleError("job-not-over")), "error")
    queue.send(current_app._get_current_object(), job.id)  # type: ignore[attr-defined]  # noqa: SLF001
    return go(here)


@bp.get("/<uuid:job_id>/result")
@requires(Permission.PORTAL_USE)
@recently_confirmed(_asks_first, back=_its_page)
def result(job_id: object) -> ResponseReturnValue:
    """The file that a job left, for its owner alone, and never as a page."""
    job = _own(job_id)
    if job.state is not JobState.DONE or not has_file(job):
        return _gone(job)
    kind = PDF if job.result_name.endswith(".pdf") else XLSX
    with side_write() as session:
        subject = ("jobs", job.id, job.title or queue.label(job.kind))
        note(session, actor=viewer(), at=clock.now(), action="job.download", subject=subject)
    return attachment(results.path_of(job.id).open("rb"), job.result_name, kind)


def _gone(job: Job) -> Response:
    text = _("文件已过保存期并被清除。") if job.result_name else _("这项任务没有结果文件。")
    return go(url_for("jobs.show", job_id=job.id), text, "error")  # type: ignore[return-value]
