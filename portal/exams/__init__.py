"""Exams: question banks, papers, rounds, attempts, results."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.exams import words_attempts, words_rounds
from portal.web.navigation import NavItem

bp = Blueprint("exams", __name__, url_prefix="/exams", cli_group="exams")

NAV = (
    NavItem("exams.mine", _l("考试"), "pencil-check", Permission.EXAM_TAKE, section="exams.mine", order=10),
    NavItem("exams.rounds", _l("考试管理"), "list-check", Permission.RESULT_VIEW, section="exams.round", order=30),
)

MESSAGES = {**words_attempts.MESSAGES, **words_rounds.MESSAGES}
ACTIONS = {**words_attempts.ACTIONS, **words_rounds.ACTIONS}
FIELDS = {**words_attempts.FIELDS, **words_rounds.FIELDS}

from portal.exams import cli_rounds, models, tasks  # noqa: F401
from portal.exams.views import attempts, papers, results, rosters, rounds  # noqa: F401
