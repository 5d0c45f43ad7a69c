"""Files in and out. Who may read or change one is asked of the feature that owns its row; nobody else sees it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Response, abort, current_app, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db, own_transaction, writing
from portal.files import bp, queries, services
from portal.files.models import Attachment
from portal.files.owners import Owner, owner_of
from portal.files.services import Kept
from portal.files.storage import storage
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.htmx import go

MOST_AT_ONCE = 20
# A file of somebody's making is never a page of this site, whatever is in it.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def _editable(kind: str, owner_id: int) -> Owner:
    owner = owner_of(kind) or abort(404)
    return owner if owner.may_edit(db.session(), viewer(), owner_id) else abort(404)


@bp.post("/<string:kind>/<int:owner_id>")
@requires(Permission.PORTAL_USE)
@own_transaction
def upload(kind: str, owner_id: int) -> ResponseReturnValue:
    """Take the files of a form: each good one comes in, each bad one is named with its reason."""
    owner = _editable(kind, owner_id)
    db.session.rollback()  # nothing waits for a picture that is being drawn
    sent = [each for each in request.files.getlist("files") if each.filename]
    if not sent:
        return go(owner.url(owner_id), _("请先选择文件。"), "error")
    problems = [_take(kind, owner_id, each) for each in sent[:MOST_AT_ONCE]]
    refused = [problem for problem in problems if problem]
    if sent[MOST_AT_ONCE:]:
        refused.append(_("一次最多 %(most)s 个，其余没有上传。", most=MOST_AT_ONCE))
    taken = problems.count(None)
    said = [_("已上传 %(n)s 个文件。", n=taken)] if taken else []
    return go(owner.url(owner_id), "".join([*said, *refused]), "error" if refused else "success")


def _take(kind: str, owner_id: int, sent: FileStorage) -> str | None:
    """Keep one file and commit its row; what is wrong with it otherwise."""
    try:
        _add(kind, owner_id, _keep(sent))
    except RuleError as error:
        return explain(error)
    return None


def _keep(sent: FileStorage) -> Kept:
    name = sent.filename or ""
    try:
        with tempfile.NamedTemporaryFile(dir=current_app.config["PORTAL"].instance, prefix=".upload-") as held:
            sent.save(held)
            held.flush()
            return services.keep(storage(), name=name, path=Path(held.name))
    except OSError as error:
        raise RuleError("upload-not-kept", name=name) from error


def _add(kind: str, owner_id: int, kept: Kept) -> None:
    try:
        with writing() as session:
            _editable(kind, owner_id)  # asked again: the row may have gone meanwhile
            services.add(session, actor=viewer(), now=clock.now(), kind=kind, owner_id=owner_id, kept=kept)
            session.commit()
    except BaseException:
        db.session.rollback()
        services.forget(storage(), kept)
        raise


@bp.get("/<int:attachment_id>/<path:name>")
@requires(Permission.PORTAL_USE)
def download(attachment_id: int, name: str) -> ResponseReturnValue:
    """The file itself. `name` is for the eye; the id decides."""
    found = queries.visible(db.session(), viewer(), attachment_id) or abort(404)
    return _sent(found, found.storage_key, found.media_type, name=found.name)


@bp.get("/<int:attachment_id>/small")
@requires(Permission.PORTAL_USE)
def thumbnail(attachment_id: int) -> ResponseReturnValue:
    """The small picture of an image."""
    found = queries.visible(db.session(), viewer(), attachment_id) or abort(404)
    return _sent(found, found.thumb_key or abort(404), "image/webp", name="small.webp")


def _sent(found: Attachment, key: str, media_type: str, *, name: str) -> Response:
    try:
        file = storage().open(key)
    except FileNotFoundError:
        abort(404)
    inline = media_type.startswith("image/")
    response = send_file(file, media_type, as_attachment=not inline, download_name=name, etag=found.sha256[:32])
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@bp.post("/<int:attachment_id>/remove")
@requires(Permission.PORTAL_USE)
def remove(attachment_id: int) -> ResponseReturnValue:
    """Take a file off; it can be brought back from the message or the list."""
    found = queries.visible(db.session(), viewer(), attachment_id, edit=True) or abort(404)
    services.remove(db.session(), actor=viewer(), now=clock.now(), attachment=found)
    db.session.commit()
    return go(_page_of(found), _("已移除“%(name)s”，30 天内可以恢复。", name=found.name))


@bp.post("/<int:attachment_id>/restore")
@requires(Permission.PORTAL_USE)
def restore(attachment_id: int) -> ResponseReturnValue:
    """Bring a removed file back."""
    found = queries.visible(db.session(), viewer(), attachment_id, edit=True) or abort(404)
    try:
        services.restore(db.session(), actor=viewer(), now=clock.now(), attachment=found)
    except RuleError as error:
        db.session.rollback()
        return go(_page_of(found), explain(error), "error")
    db.session.commit()
    return go(_page_of(found), _("已恢复“%(name)s”。", name=found.name))


def _page_of(found: Attachment) -> str:
    owner = owner_of(found.kind)
    return owner.url(found.owner_id) if owner else url_for("home.index")
