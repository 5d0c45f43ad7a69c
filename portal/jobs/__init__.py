"""Work in the background: a row that tells the truth about each job, a queue, a worker, a progress bar."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

bp = Blueprint("jobs", __name__, url_prefix="/jobs", cli_group="jobs")

MESSAGES = {
    "job-failed": _l("后台任务没有完成：%(reason)s"),
}

from portal.jobs import cli, views  # noqa: F401
