"""Many files at once: uploaded together, read and written by a job, with a report of every one."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from flask import abort, current_app, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.jobs import queue
from portal.library import bp, tasks
from portal.library.forms import BulkForm
from portal.library.words import OUTCOME_LABELS, warning_text
from portal.web.access import requires, viewer
from portal.web.htmx import go, page

_NAME = 200


@bp.route("/bulk", methods=["GET", "POST"])
@requires(Permission.LIBRARY_EDIT)
def bulk() -> ResponseReturnValue:
    """Upload a handful of files or a whole folder."""
    form = BulkForm()
    if form.validate_on_submit():
        files = [each for each in form.files.data or [] if each and each.filename]
        if files:
            return _start(files, dry_run=bool(form.dry_run.data))
        form.refuse(RuleError("nothing-uploaded"), "files")
    limit = current_app.config["PORTAL"].upload_limit // (1024 * 1024)
    return page("library/bulk.html", "bulk_form", 422 if form.errors else 200, form=form, limit=limit)


def _start(files: list[FileStorage], *, dry_run: bool) -> ResponseReturnValue:
    """Keep the files in a private folder and hand them to the worker."""
    folder, person = str(uuid.uuid4()), viewer()
    place = tasks.make_folder(folder)
    kept = []
    for number, each in enumerate(files):
        name = (each.filename or "").replace("\\", "/")[-_NAME:]
        # The name on the disk is ours: a number, and the suffix by which the reader knows the kind.
        path = place / f"{number}" / PurePath(name).name
        path.parent.mkdir(mode=0o700)
        each.save(path)
        kept.append((str(path), name))
    tasks.write_manifest(place, kept)
    actor = {"id": person.id, "name": person.name, "number": person.number, "address": person.address}
    job = queue.enqueue(
        tasks.BULK,
        {"folder": folder, "dry_run": dry_run, "actor": actor},
        owner_id=person.id,
        owner_name=person.name,
        back_url=url_for("library.bulk_report", folder=folder),
    )
    return go(url_for("jobs.show", job_id=job.id))


@bp.get("/bulk/<uuid:folder>")
@requires(Permission.LIBRARY_EDIT)
def bulk_report(folder: object) -> ResponseReturnValue:
    """What became of every file."""
    report = tasks.read_report(str(folder)) or abort(404)
    warnings: dict[str, list[str]] = {}
    for each in report["warnings"]:
        warnings.setdefault(each["file"], []).append(warning_text(each["kind"], each["detail"]))
    return page("library/bulk_report.html", report=report, warnings=warnings, outcomes=OUTCOME_LABELS)
