"""Exams: question banks, papers, rounds, attempts, results."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.exams import words_attempts, words_bank
from portal.web.navigation import NavItem

bp = Blueprint("exams", __name__, url_prefix="/exams", cli_group="exams")

NAV = (
    NavItem("exams.mine", _l("考试"), "pencil-check", Permission.EXAM_TAKE, section="exams.", order=10),
    NavItem("exams.banks", _l("题库"), "book-2", Permission.BANK_VIEW, section="exams.bank", order=12),
)

MESSAGES = {**words_attempts.MESSAGES, **words_bank.MESSAGES}
ACTIONS = {**words_attempts.ACTIONS, **words_bank.ACTIONS}
FIELDS = {**words_attempts.FIELDS, **words_bank.FIELDS}

from portal.exams import cli, importing, models, tasks  # noqa: F401
from portal.exams.views import attempts, bank  # noqa: F401

bp.record_once(lambda state: state.app.cli.add_command(cli.questions))
