"""The pages of an import: upload, preview, decision, failed rows."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.imports import bp, queries, registry, services, staging
from portal.imports.forms import UploadForm
from portal.imports.models import BatchState, ImportBatch
from portal.imports.registry import Importer, Target
from portal.imports.tasks import ACCEPT, READ, instance
from portal.imports.words import STATE_LABELS, VERDICT_LABELS
from portal.jobs.queue import send
from portal.jobs.store import Job, store
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.exports import send_sheet
from portal.web.htmx import go, page
from portal.web.tables import Column, Filter, Table, contains

_SHOW = (("accepted", _l("可导入")), ("duplicate", _l("重复")), ("rejected", _l("不导入")), ("flagged", _l("需留意")))


def _apply_show(statement: Any, value: str) -> Any:
    rows = staging.ROWS.c
    return statement.where(rows.flagged.is_(True) if value == "flagged" else rows.verdict == value)


TABLE = Table(
    name="import-rows",
    columns=(
        Column("n", _l("序号"), lambda row: row.n, sort=staging.ROWS.c.n, css="num"),
        Column("place", _l("位置"), lambda row: row.place),
        Column("kind", _l("类别"), lambda row: row.kind),
        Column("title", _l("内容"), lambda row: row.title),
        Column("verdict", _l("结果"), lambda row: row.verdict, sort=staging.ROWS.c.verdict),
        Column("notes", _l("说明"), lambda row: row.notes),
    ),
    filters=(
        Filter("show", _l("结果"), _apply_show, choices=_SHOW),
        Filter("q", _l("关键词"), contains(staging.ROWS.c.title, staging.ROWS.c.place), kind="text"),
    ),
    identity=staging.ROWS.c.n,
    sort="n",
    views=False,
)


def _target(kind: str, args: Any) -> tuple[Importer, Target]:
    """The importer and what it would change, if the viewer may; 404 otherwise."""
    try:
        importer = registry.get(kind)
        target = importer.target(db.session(), viewer(), args) if viewer().can(importer.permission) else None
    except LookupError:
        target = None
    return (importer, target) if target is not None else abort(404)


def _own(batch_id: object, *, lock: bool = False) -> ImportBatch:
    return queries.own(db.session(), viewer(), str(batch_id), lock=lock) or abort(404)


def _job(batch: ImportBatch) -> Job | None:
    """The job at work on a batch, if there still is one."""
    try:
        return store().get(batch.job_id) if batch.job_id else None
    except LookupError:
        return None


@bp.get("/new/<string:kind>")
@requires(Permission.PORTAL_USE)
def new(kind: str) -> ResponseReturnValue:
    """The upload form."""
    importer, target = _target(kind, request.args)
    return _form_page(_upload_form(importer), importer, target)


def _upload_form(importer: Importer) -> UploadForm:
    form = UploadForm(format=request.args.get("format", ""))
    form.offer({name: importer.formats[name] for name in importer.format_choices})
    return form


def _form_page(form: UploadForm, importer: Importer, target: Target, status: int = 200) -> ResponseReturnValue:
    form.file.flags.required = not importer.pasted
    return page(
        "imports/new.html",
        "upload_form",
        status,
        form=form,
        importer=importer,
        target=target,
        recent=queries.recent(db.session(), viewer(), importer.kind),
        state_labels=STATE_LABELS,
    )


@bp.post("/new/<string:kind>")
@requires(Permission.PORTAL_USE)
def upload(kind: str) -> ResponseReturnValue:
    """Take a file in and have it read."""
    importer, target = _target(kind, request.args)
    form = _upload_form(importer)
    if not form.validate_on_submit():
        return _form_page(form, importer, target, 422)
    try:
        batch = _receive(importer, target, form)
    except RuleError as error:
        db.session.rollback()
        form.refuse(error, "file")
        return _form_page(form, *_target(kind, request.args), 422)
    with staging.kept_if_whole(instance(), batch.id):
        return _start(batch, READ, {"batch": batch.id})


def _receive(importer: Importer, target: Target, form: UploadForm) -> ImportBatch:
    second = form.second.data if importer.second_label else None
    return services.receive(
        db.session(),
        actor=viewer(),
        now=clock.now(),
        instance=instance(),
        importer=importer,
        target=target,
        first=_first(importer, form),
        second=_upload(second) if second and second.filename else None,
        format_=form.format.data or "",
    )


def _first(importer: Importer, form: UploadForm) -> services.Upload:
    """The file, or where none was chosen the pasted text as one."""
    if form.file.data and form.file.data.filename:
        return _upload(form.file.data)
    words = (form.pasted.data or "") if importer.pasted else ""
    return services.Upload(f"{_('粘贴的文本')}.txt", lambda path: path.write_text(words, encoding="utf-8"))


def _upload(file: FileStorage) -> services.Upload:
    return services.Upload(file.filename or "", file.save)


def _start(batch: ImportBatch, kind: str, arguments: dict[str, Any]) -> ResponseReturnValue:
    """Commit with the job's row at hand, then give it to the worker, and show how far it is."""
    back = url_for("imports.show", batch_id=batch.id)
    person = viewer()
    job = store().add(kind, arguments, owner_id=person.id, owner_name=person.name, title=batch.filename, back_url=back)
    services.remember_job(db.session(), batch=batch, job_id=job.id)
    db.session.commit()
    send(current_app._get_current_object(), job.id)  # type: ignore[attr-defined]  # noqa: SLF001
    return go(url_for("jobs.show", job_id=job.id))


@bp.get("/<uuid:batch_id>")
@requires(Permission.PORTAL_USE)
def show(batch_id: object) -> ResponseReturnValue:
    """The preview: the sum, every row with what will become of it, and the decision."""
    batch = _own(batch_id)
    importer = registry.get(batch.kind)
    return page(
        "imports/show.html",
        "results",
        batch=batch,
        importer=importer,
        target=_target_of(importer, batch),
        job=_job(batch),
        listing=_listing(batch),
        error=_error(batch),
        state_labels=STATE_LABELS,
        verdict_labels={**VERDICT_LABELS, **importer.verdicts},
        stuck=_stuck(batch),
    )


def _target_of(importer: Importer, batch: ImportBatch) -> Target | None:
    try:
        return importer.target(db.session(), viewer(), batch.options)
    except LookupError:
        return None


def _listing(batch: ImportBatch) -> Any:
    if batch.state not in {BatchState.READY, BatchState.ACCEPTING, BatchState.ACCEPTED}:
        return None
    try:
        with staging.opened(staging.folder(instance(), batch.id)) as rows:
            return TABLE.read(rows, staging.listed())
    except FileNotFoundError:
        return None


def _error(batch: ImportBatch) -> str:
    said = batch.summary.get("error")
    return explain(RuleError(said["code"], **said["params"])) if said else ""


def _stuck(batch: ImportBatch) -> bool:
    """Whether a batch waits for a job that will never finish it."""
    if batch.state not in {BatchState.READING, BatchState.ACCEPTING}:
        return False
    job = _job(batch)
    return job is None or job.finished


@bp.post("/<uuid:batch_id>/accept")
@requires(Permission.PORTAL_USE)
def accept(batch_id: object) -> ResponseReturnValue:
    """Have the good rows written; a second time leads to what the first one did."""
    batch = _own(batch_id, lock=True)
    here = url_for("imports.show", batch_id=batch_id)
    importer, _where = _target(batch.kind, batch.options)
    job = _job(batch)
    if batch.state is BatchState.ACCEPTED:
        return go(here, _("这个文件已经导入，没有重复写入。"), "info")
    if batch.state is BatchState.ACCEPTING and job is not None and not job.finished:
        return go(url_for("jobs.show", job_id=batch.job_id))
    try:
        services.accept(db.session(), importer=importer, batch=batch, now=clock.now())
    except RuleError as error:
        db.session.rollback()
        return go(here, explain(error), "error")
    return _start(batch, ACCEPT, {"batch": batch.id, "actor": _snapshot()})


def _snapshot() -> dict[str, Any]:
    """Who decided, as the job must name them."""
    person = viewer()
    return {"id": person.id, "name": person.name, "number": person.number, "address": person.address}


@bp.post("/<uuid:batch_id>/cancel")
@requires(Permission.PORTAL_USE)
def cancel(batch_id: object) -> ResponseReturnValue:
    """Take nothing in and delete the file."""
    batch = _own(batch_id, lock=True)
    kind, options = batch.kind, batch.options
    try:
        services.cancel(db.session(), actor=viewer(), now=clock.now(), instance=instance(), batch=batch)
    except RuleError as error:
        db.session.rollback()
        return go(url_for("imports.show", batch_id=batch_id), explain(error), "error")
    db.session.commit()
    store().cancel(batch.job_id or "")  # it may be reading; what it read goes nowhere
    return go(url_for("imports.new", kind=kind, **options), _("已取消导入，上传的文件已删除。"))


@bp.get("/<uuid:batch_id>/failed-rows")
@requires(Permission.PORTAL_USE)
def failed_rows(batch_id: object) -> ResponseReturnValue:
    """The rows that do not come in, as a sheet to correct and upload again."""
    batch = _own(batch_id)
    importer = registry.get(batch.kind)
    try:
        rows = staging.left_out(staging.folder(instance(), batch.id))
    except FileNotFoundError:
        abort(404)
    subject = ("import_batches", batch.id, batch.filename)

    def record(session: Session) -> None:
        note(session, actor=viewer(), at=clock.now(), action="import.failed-rows", subject=subject)

    return send_sheet(_("未导入的记录"), *importer.failed(rows), record=record)
