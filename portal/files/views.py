"""Files in and out. Who may read or change one is asked of the feature that owns its row; nobody else sees it."""

from __future__ import annotations

from flask import Response, abort, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db, own_transaction
from portal.files import bp, queries, receiving, services
from portal.files.models import Attachment
from portal.files.owners import owner_of
from portal.files.storage import storage
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.htmx import go

# A file of somebody's making is never a page of this site, whatever is in it.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@bp.post("/<string:kind>/<int:owner_id>")
@requires(Permission.PORTAL_USE)
@own_transaction
def upload(kind: str, owner_id: int) -> ResponseReturnValue:
    """Take the files of a form: each good one comes in, each bad one is named with its reason."""
    owner = receiving.editable(kind, owner_id)
    db.session.rollback()
    sent = [each for each in request.files.getlist("files") if each.filename]
    if not sent:
        return go(owner.url(owner_id), _("请先选择文件。"), "error")
    taken, refused = receiving.take_all(kind, owner_id, sent)
    said = [_("已上传 %(n)s 个文件。", n=taken)] if taken else []
    return go(owner.url(owner_id), "".join([*said, *refused]), "error" if refused else "success")


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
