"""Work in the background: a row that tells the truth about each job, a queue, a worker, a page with its progress."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.jobs import words
from portal.web.navigation import NavItem

bp = Blueprint("jobs", __name__, url_prefix="/jobs", cli_group="jobs")

MESSAGES = words.MESSAGES
ACTIONS = words.ACTIONS

NAV = (
    NavItem(
        endpoint="jobs.everyone",
        label=_l("后台任务"),
        icon="refresh",
        needs=Permission.JOB_VIEW,
        section="jobs.everyone",
        group="admin",
        order=80,
    ),
)

from portal.jobs import cli, exporting, tasks, views  # noqa: F401

bp.record_once(exporting.init_app)
