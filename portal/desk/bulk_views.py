"""Work on many rows: the page that asks, the act, and the page that says what became of each row."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from portal.audit.leaving import noted
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.desk import bp, bulk, queries
from portal.desk import bulk_services as services
from portal.desk.models import BulkLine, BulkRun
from portal.desk.rules import AT_ONCE, LineState, RunState
from portal.desk.tasks import BULK
from portal.extensions import db
from portal.jobs.queue import enqueue
from portal.jobs.store import JobState, store
from portal.web.access import requires, viewer
from portal.web.arguments import is_plain, numbers
from portal.web.confirmation import recently_confirmed
from portal.web.errors import explain
from portal.web.exports import send_listing, wants_export
from portal.web.htmx import go, page
from portal.web.redirects import safe_path
from portal.web.tables import Column, Filter, Table, contains, equals

_PATH = "path-"
LINE_LABELS = {LineState.WAITING: _l("待处理"), LineState.DONE: _l("已处理"), LineState.LEFT: _l("未处理")}


def reason(line: Any) -> str:
    """Why a row was left out, in the reader's language."""
    return explain(RuleError(line.code, **line.params)) if line.code else ""


LINES = Table(
    name="bulk-lines",
    columns=(
        Column("label", _l("记录"), lambda row: row.label, sort=BulkLine.label, fixed=True),
        Column("state", _l("结果"), lambda row: str(LINE_LABELS[row.state]), sort=BulkLine.state),
        Column("reason", _l("原因"), reason),
    ),
    filters=(
        Filter("q", _l("关键词"), contains(BulkLine.label), kind="text"),
        Filter("state", _l("结果"), equals(BulkLine.state, LineState), choices=list(LINE_LABELS.items())),
    ),
    identity=BulkLine.__table__.c.id,
    sort="-state",
    views=False,
)


@bp.post("/bulk")
@requires(Permission.PORTAL_USE)
def bulk_ask() -> ResponseReturnValue:
    """Write down which rows are meant, and ask."""
    form = request.form
    bulk_list, act = _allowed(form.get("list", ""), form.get("action", ""))
    named = {name.removeprefix(_PATH): value for name, value in form.items() if name.startswith(_PATH)}
    path = {name: value for name, value in named.items() if is_plain(name)}
    ids = None if form.get("all") == "1" else numbers(form.getlist("id"))
    query = MultiDict(parse_qsl(form.get("query", "")))
    try:
        run = services.ask(
            db.session(), actor=viewer(), now=clock.now(), bulk_list=bulk_list, act=act, path=path, query=query, ids=ids
        )
    except LookupError:
        abort(404)
    except RuleError as error:
        db.session.rollback()
        return go(safe_path(form.get("next"), url_for("home.index")), explain(error), "error")
    db.session.commit()
    return go(url_for("desk.bulk_show", run_id=run.id))


def _allowed(list_name: str, code: str) -> tuple[bulk.BulkList, bulk.BulkAct]:
    """The list and the act where the person may do it at all, or 404."""
    try:
        found = bulk.get(list_name)
        act = found.act(code)
    except LookupError:
        abort(404)
    return (found, act) if viewer().can(act.permission) else abort(404)


def _run(run_id: uuid.UUID) -> tuple[BulkRun, bulk.BulkList, bulk.BulkAct]:
    run = queries.run_of(db.session(), viewer(), str(run_id)) or abort(404)
    found = bulk.get(run.list_name)
    return run, found, found.act(run.act)


@bp.get("/bulk/<uuid:run_id>")
@requires(Permission.PORTAL_USE)
def bulk_show(run_id: uuid.UUID) -> ResponseReturnValue:
    """The question, or what became of each row."""
    run, bulk_list, act = _run(run_id)
    statement = queries.lines(run.id)
    if wants_export():
        record = noted(action="bulk.export", subject=("bulk_runs", run.id, _label(bulk_list, act)))
        return send_listing(_("处理结果"), LINES, db.session(), statement, record=record)
    return page(
        "desk/bulk.html",
        "results",
        run=run,
        bulk_list=bulk_list,
        act=act,
        outcome=queries.outcome(db.session(), run.id),
        listing=LINES.read(db.session(), statement),
        labels=LINE_LABELS,
        back_url=_back(run),
        at_once=AT_ONCE,
    )


def _label(bulk_list: bulk.BulkList, act: bulk.BulkAct) -> str:
    return f"{bulk_list.title}：{act.label}"


def _back(run: BulkRun) -> str:
    """The list as it was seen when the rows were chosen."""
    where = url_for(run.list_name, **run.path)
    return f"{where}?{run.query}" if run.query else where


def _asks() -> bool:
    return _run((request.view_args or {})["run_id"])[2].asks


@bp.post("/bulk/<uuid:run_id>/run")
@requires(Permission.PORTAL_USE)
@recently_confirmed(_asks)
def bulk_run(run_id: uuid.UUID) -> ResponseReturnValue:
    """Yes: a few rows at once, many in the background. A job that was lost on the way is taken up again."""
    run, bulk_list, act = _run(run_id)
    where = url_for("desk.bulk_show", run_id=run.id)
    services.start(db.session(), run=run)
    if run.total <= AT_ONCE:
        for line_id in queries.waiting(db.session(), run.id):
            services.do_line(db.session(), actor=viewer(), now=clock.now(), act=act, line_id=line_id)
        services.finish(db.session(), actor=viewer(), now=clock.now(), run=run, label=_label(bulk_list, act))
        db.session.commit()
        return go(where)
    db.session.commit()
    job = enqueue(BULK, {"run": run.id}, owner_id=viewer().id, owner_name=viewer().name, back_url=where)
    run.job_id = job.id
    db.session.commit()
    return go(url_for("jobs.show", job_id=job.id))


@bp.post("/bulk/<uuid:run_id>/stop")
@requires(Permission.PORTAL_USE)
def bulk_stop(run_id: uuid.UUID) -> ResponseReturnValue:
    """Leave the rest undone, where the job was cancelled or lost: what was done stays done."""
    run, bulk_list, act = _run(run_id)
    where = url_for("desk.bulk_show", run_id=run.id)
    if run.state is not RunState.RUNNING:
        return go(where, explain(RuleError("bulk-over")), "error")
    if _at_work(run):
        return go(where, explain(RuleError("bulk-at-work")), "error")
    services.leave_rest(db.session(), run=run, code="bulk-stopped")
    services.finish(db.session(), actor=viewer(), now=clock.now(), run=run, label=_label(bulk_list, act))
    db.session.commit()
    return go(where)


def _at_work(run: BulkRun) -> bool:
    """Whether a job is still waiting or running for it."""
    try:
        return store().get(run.job_id or "").state in {JobState.QUEUED, JobState.RUNNING}
    except LookupError:
        return False
