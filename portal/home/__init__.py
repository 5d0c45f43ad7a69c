"""The first page, by role, and the display choices."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.web.navigation import NavItem

bp = Blueprint("home", __name__)

NAV = (NavItem("home.index", _l("首页"), "home", Permission.PORTAL_USE, section="home.", order=0),)

from portal.home import law_links, styleguide_views, tasks, views  # noqa: F401
