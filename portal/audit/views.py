"""The page of the audit log."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.audit import bp, queries
from portal.audit.entry_table import entry_table
from portal.audit.leaving import noted
from portal.audit.readable import Reader
from portal.core.permissions import Permission
from portal.extensions import db
from portal.web.access import requires
from portal.web.confirmation import recently_confirmed
from portal.web.exports import send_table, wants_export
from portal.web.htmx import in_panel, page


@bp.get("/")
@requires(Permission.AUDIT_VIEW)
@recently_confirmed(wants_export)
def index() -> ResponseReturnValue:
    """The entries, newest first."""
    reader = Reader(db.session())
    table = entry_table(reader)
    if wants_export():
        rows = reader.learning(table.everything(db.session(), queries.entries()))
        total = table.count(db.session(), queries.entries())
        record = noted(action="audit.export", subject=("audit_entries", "", _("审计日志")))
        return send_table(_("审计日志"), table.exported(), rows, total=total, record=record)
    listing = table.read(db.session(), queries.entries())
    reader.learn(listing.rows)
    return page("audit/index.html", "results", listing=listing, reader=reader)


@bp.get("/<int:entry_id>")
@requires(Permission.AUDIT_VIEW)
def show(entry_id: int) -> ResponseReturnValue:
    """One entry, with all that it says."""
    entry = queries.entry(db.session(), entry_id) or abort(404)
    reader = Reader(db.session())
    reader.learn([entry])
    if in_panel():
        return page("audit/entry_panel.html", "panel", entry=entry, reader=reader)
    return page("audit/entry.html", entry=entry, reader=reader)
