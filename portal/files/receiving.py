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
# What is said travels to the next page in a cookie, and a browser drops one of more than 4,096 bytes.
NAMED = 3
_NAME_LENGTH = 40


def editable(kind: str, owner_id: int) -> Owner:
    """The owner of files that the signed-in person may change, or 404."""
    owner = owner_of(kind) or abort(404)
    return owner if owner.may_edit(db.session(), viewer(), owner_id) else abort(404)


def take_all(kind: str, owner_id: int, sent: Sequence[FileStorage]) -> tuple[int, list[str]]:
    """Take what was sent, each file in a transaction of its own: (how many came in, what is wrong with the others).

    The first NAMED of the others are named, with their names cut, and the rest counted. No transaction of the request
    may be open: nothing waits for a picture that is being drawn.
    """
    problems = [_take(kind, owner_id, each) for each in sent[:MOST_AT_ONCE]]
    refused = [problem for problem in problems if problem]
    said = refused[:NAMED]
    if refused[NAMED:]:
        said.append(_("另有 %(n)s 个文件没有上传。", n=len(refused) - NAMED))
    if sent[MOST_AT_ONCE:]:
        said.append(_("一次最多 %(most)s 个，其余没有上传。", most=MOST_AT_ONCE))
    return problems.count(None), said


def _take(kind: str, owner_id: int, sent: FileStorage) -> str | None:
    """Keep one file and commit its row; what is wrong with it otherwise."""
    try:
        _add(kind, owner_id, _keep(sent))
    except RuleError as error:
        named = {"name": _shortened(error.params["name"])} if "name" in error.params else {}
        return explain(RuleError(error.code, **{**error.params, **named}))
    return None


def _shortened(name: str) -> str:
    """A long name without its middle: its suffix often says what is wrong."""
    half = _NAME_LENGTH // 2
    return name if len(name) <= _NAME_LENGTH else f"{name[:half]}…{name[-half:]}"


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
