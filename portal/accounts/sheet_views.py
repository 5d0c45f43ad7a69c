"""The empty sheet that units and people are filled into."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext as _

from portal.accounts import bp
from portal.accounts.importing.known import load
from portal.accounts.importing.template import template
from portal.core import clock
from portal.core.permissions import Permission
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.exports import XLSX, attachment


@bp.get("/people/template")
@requires(Permission.USER_MANAGE)
def people_template() -> Response:
    """A workbook to fill in, with a list of one's units and their codes beside it."""
    known = load(db.session(), viewer().id or 0, clock.today())
    return attachment(template(known), f"{_('单位和人员导入模板')}.xlsx", XLSX)
