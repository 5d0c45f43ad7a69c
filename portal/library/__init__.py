"""The regulation library: regulations with their versions, reading, comparison, search."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.library import words
from portal.web.navigation import NavItem

bp = Blueprint("library", __name__, url_prefix="/library", cli_group="library")

NAV = (NavItem("library.index", _l("法规库"), "book-2", Permission.LIBRARY_VIEW, section="library.", order=22),)

MESSAGES = words.MESSAGES
ACTIONS = words.ACTIONS
FIELDS = words.FIELDS
VALUES = words.VALUES

from portal.library import at_hand, cited, cli, importing, models, tasks  # noqa: F401
from portal.library.views import bulk, notes, reading, search, upkeep  # noqa: F401

bp.record_once(lambda state: state.app.cli.add_command(cli.regulations))
