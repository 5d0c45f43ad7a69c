"""The page from which first passwords are printed."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import bp, slip_queries
from portal.accounts import slip_services as services
from portal.core import clock
from portal.core.permissions import Permission
from portal.extensions import between_transactions, db, own_transaction, set_writing
from portal.web.access import requires, viewer
from portal.web.arguments import number
from portal.web.confirmation import posting, recently_confirmed
from portal.web.htmx import go, page


@bp.get("/slips")
@requires(Permission.USER_MANAGE)
def slips() -> ResponseReturnValue:
    """Who waits for a first password, by unit."""
    return page("accounts/slips.html", units=slip_queries.by_unit(db.session(), viewer()), batch=services.BATCH)


@bp.post("/slips")
@requires(Permission.USER_MANAGE)
@recently_confirmed(posting)
@own_transaction
def slips_print() -> ResponseReturnValue:
    """A page of slips for those who have no password, of one unit or of all."""
    unit_id = number(request.form.get("unit"))
    set_writing(False)
    ids = slip_queries.waiting_ids(db.session(), viewer(), unit_id, services.BATCH)
    ready = between_transactions(lambda: services.prepare(ids))
    made = services.issue(db.session(), actor=viewer(), now=clock.now(), ready=ready)
    db.session.commit()
    if not made:
        return go(url_for("accounts.slips"), _("没有等待密码条的人员。"), "info")
    left = slip_queries.waiting_count(db.session(), viewer(), unit_id)
    return page("accounts/slips_print.html", slips=made, left=left, unit_id=unit_id, batch=services.BATCH)


@bp.post("/slips/void")
@requires(Permission.USER_MANAGE)
@recently_confirmed(posting)
def slips_void() -> ResponseReturnValue:
    """Make the unused slips of a unit worthless, so that they can be printed again."""
    unit_id = number(request.form.get("unit")) or 0
    count = services.void_unused(db.session(), actor=viewer(), now=clock.now(), unit_id=unit_id)
    db.session.commit()
    return go(url_for("accounts.slips"), _("已作废 %(count)s 张未使用的密码条，可以重新打印。", count=count))
