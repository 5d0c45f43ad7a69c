"""An uploaded file from the request to its row, whatever form it came in with; commits for itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from flask import abort, current_app
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from portal.core import clock
from portal.core.errors import RuleError
from portal.extensions import db, writing
from portal.files import services
from portal.files.owners import Owner, owner_of
from portal.files.services import Kept
from portal.files.storage import storage
from portal.web.access import viewer
from portal.web.errors import explain

MOST_AT_ONCE = 20


def editable(kind: str, owner_id: int) -> Owner:
    """The owner of files that the signed-in person may change, or 404."""
    owner = owner_of(kind) or abort(404)
    return owner if owner.may_edit(db.session(), viewer(), owner_id) else abort(404)


def take_all(kind: str, owner_id: int, sent: Sequence[FileStorage]) -> tuple[int, list[str]]:
    """Take what was sent, each file in a transaction of its own: (how many came in, what is wrong with the others).

    No transaction of the request may be open: nothing waits for a picture that is being drawn.
    """
    problems = [_take(kind, owner_id, each) for each in sent[:MOST_AT_ONCE]]
    refused = [problem for problem in problems if problem]
    if sent[MOST_AT_ONCE:]:
        refused.append(_("一次最多 %(most)s 个，其余没有上传。", most=MOST_AT_ONCE))
    return problems.count(None), refused


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
            editable(kind, owner_id)  # asked again: the row may have gone meanwhile
            services.add(session, actor=viewer(), now=clock.now(), kind=kind, owner_id=owner_id, kept=kept)
            session.commit()
    except BaseException:
        db.session.rollback()
        services.forget(storage(), kept)
        raise
