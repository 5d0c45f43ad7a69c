"""Exams: question banks, papers, rounds, attempts, results."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.exams import words_attempts
from portal.web.navigation import NavItem

bp = Blueprint("exams", __name__, url_prefix="/exams", cli_group="exams")

NAV = (NavItem("exams.mine", _l("考试"), "pencil-check", Permission.EXAM_TAKE, section="exams.", order=10),)

MESSAGES = {**words_attempts.MESSAGES}
ACTIONS = {**words_attempts.ACTIONS}
FIELDS = {**words_attempts.FIELDS}

from portal.exams import models, tasks  # noqa: F401
from portal.exams.views import attempts  # noqa: F401
