"""Large exports as jobs: the worker asks for the same sheet at the same address, as the same person, and keeps it.

So a sheet is made by one piece of code whether it is small or large, and what a person may see is looked at anew when
it is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.extensions import set_writing
from portal.jobs import queue
from portal.jobs.progress import Progress
from portal.jobs.store import Job, store
from portal.jobs.telling import Told
from portal.web import exports, identity
from portal.web.access import viewer
from portal.web.arguments import passed_on
from portal.web.confirmation import asks
from portal.web.htmx import go
from portal.web.i18n import COOKIE

EXPORT = "jobs.export"


def init_app(state: BlueprintSetupState) -> None:
    """Take large exports over from the pages."""
    app: Any = state.app
    exports.hand_over_with(app, start)


def start(title: str) -> Response:
    """Make a job of the export at hand; asked twice, lead to the same one."""
    arguments = {
        "address": request.full_path,
        "root": request.url_root,
        "ui": request.cookies.get(COOKIE, ""),
        "from": request.remote_addr or "",
    }
    person = viewer()
    job = store().unfinished(EXPORT, person.id, arguments) or queue.enqueue(
        EXPORT, arguments, owner_id=person.id, owner_name=person.name, title=title, back_url=_list_url()
    )
    return go(url_for("jobs.show", job_id=job.id))


def asks_first(job: Job) -> bool:
    """Whether a job's sheet is of a page that asks for the password before it gives one away."""
    if job.kind != EXPORT:
        return False
    try:
        endpoint, _path = current_app.url_map.bind("").match(urlsplit(job.arguments["address"]).path)
    except HTTPException:
        return False  # a page of an earlier version: nothing will come of it
    return asks(current_app, endpoint)


def _list_url() -> str:
    """The list from which it was asked, as it was filtered."""
    return url_for(request.endpoint or "", **(request.view_args or {}), **passed_on("export"))[:300]


@queue.task(EXPORT, _l("导出表格"))
def export(arguments: dict[str, Any], progress: Progress) -> Told:
    """Write the sheet into the job's file. No write lock is held while rows are read."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    set_writing(False)
    person = identity.person(app, progress.job.owner_id)
    if person is None:
        raise RuleError("export-refused")
    cookie = {"Cookie": f"{COOKIE}={arguments['ui']}"}
    with (
        progress.leave_file(f"{progress.job.title}.xlsx") as path,
        app.app_context(),
        # What is made may hold addresses of the portal (a square to scan): those by which it was asked for.
        app.test_request_context(arguments["address"], base_url=arguments.get("root"), headers=cookie),
    ):
        outlet = exports.Outlet(path, progress)
        # Whoever handed the sheet over, or asked for it again, had passed the question for the password; so will
        # whoever fetches it (`asks_first`).
        _ask(app, replace(person, address=arguments["from"], confirmed_at=clock.now()), outlet)
        told = Told("exported", {"count": f"{outlet.count:,}"})
    progress.name_file(outlet.name)
    return told


def _ask(app: Flask, person: Viewer, outlet: exports.Outlet) -> None:
    """Call the view behind the address as the person, through the same gate as a request from outside."""
    g._login_user = person  # noqa: SLF001  Flask-Login has no public way
    exports.write_into(outlet)
    try:
        refused = app.preprocess_request()
        if refused is None:
            app.dispatch_request()
    except HTTPException as error:
        raise RuleError("export-refused") from error
    if not outlet.name:
        raise RuleError("export-refused")
