"""Notes at articles."""

from __future__ import annotations

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.library import bp
from portal.library.forms import NoteForm
from portal.library.models import ArticleNote, Provision
from portal.library.queries import regulations as queries
from portal.library.services import notes as services
from portal.library.views.reading import found, reading_page
from portal.web.access import requires, viewer
from portal.web.htmx import go


@bp.post("/<int:regulation_id>/notes/<int:provision_id>")
@requires(Permission.LIBRARY_VIEW)
def note_new(regulation_id: int, provision_id: int) -> ResponseReturnValue:
    """Write a note at an article, or mark words in it."""
    provision = _provision(regulation_id, provision_id)
    form = NoteForm()
    if form.validate_on_submit():
        try:
            services.add_note(
                db.session(), actor=viewer(), now=clock.now(), regulation_id=regulation_id, provision=provision,
                text=form.text.data or "", quote=form.quote.data or "",
            )  # fmt: skip
        except RuleError as error:
            form.refuse(error, "quote" if error.code == "note-quote-missing" else "text")
        else:
            db.session.commit()
            return _back(regulation_id, provision.address, _("笔记已保存，只有您能看到。"))
    return reading_page(found(regulation_id), form, provision.address)


def _provision(regulation_id: int, provision_id: int) -> Provision:
    return queries.provision_of(db.session(), regulation_id, provision_id) or abort(404)


def _back(regulation_id: int, address: str, said: str) -> ResponseReturnValue:
    return go(url_for("library.show", regulation_id=regulation_id, _anchor=address), said)


def _own(note_id: int) -> ArticleNote:
    return queries.own_note(db.session(), viewer().id or 0, note_id) or abort(404)


@bp.post("/notes/<int:note_id>/share")
@requires(Permission.LIBRARY_VIEW)
def note_share(note_id: int) -> ResponseReturnValue:
    """Show a note to all readers, or take it back."""
    note = _own(note_id)
    services.share_note(db.session(), actor=viewer(), now=clock.now(), note=note, shared=not note.shared)
    said = _("笔记已共享，所有人都能看到。") if note.shared else _("笔记已改为仅自己可见。")
    regulation_id, address = note.regulation_id, note.address
    db.session.commit()
    return _back(regulation_id, address, said)


@bp.post("/notes/<int:note_id>/delete")
@requires(Permission.LIBRARY_VIEW)
def note_delete(note_id: int) -> ResponseReturnValue:
    """Throw a note away."""
    note = _own(note_id)
    regulation_id, address = note.regulation_id, note.address
    services.delete_note(db.session(), actor=viewer(), now=clock.now(), note=note)
    db.session.commit()
    return _back(regulation_id, address, _("笔记已删除。"))
