"""How the site itself fares: one page of lamps for the system administrator, and the same on the command line."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.web.navigation import NavItem

bp = Blueprint("system", __name__, url_prefix="/system", cli_group="system")

NAV = (
    NavItem("system.index", _l("系统状态"), "circle-dot", Permission.SYSTEM_VIEW, section="system.", group="admin",
            order=95),
)  # fmt: skip

from portal.system import cli, views  # noqa: F401
