"""The system page."""

from __future__ import annotations

from flask import current_app
from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.extensions import db
from portal.system import bp, facts, rules, words
from portal.web.access import requires
from portal.web.htmx import page


@bp.get("/")
@requires(Permission.SYSTEM_VIEW)
def index() -> ResponseReturnValue:
    """Every lamp with its words; loaded anew by hand, so that an open page does not keep its reader signed in."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    found = facts.collect(app, db.session())
    findings = rules.judge(found)
    return page(
        "system/index.html",
        findings=findings,
        worst=rules.worst(findings),
        taken_at=found.now,
        faults=[(at, *words.fault_line(message)) for at, message in facts.faults(app.config["PORTAL"])],
        words=words,
    )
