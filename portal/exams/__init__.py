"""Exams: question banks, papers, rounds, attempts, results."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.exams import words_attempts, words_bank, words_marking, words_rounds
from portal.web.navigation import NavItem

bp = Blueprint("exams", __name__, url_prefix="/exams", cli_group="exams")

NAV = (
    NavItem("exams.mine", _l("考试"), "pencil-check", Permission.EXAM_TAKE, section="exams.", order=10),
    NavItem("exams.banks", _l("题库"), "book-2", Permission.BANK_VIEW, section="exams.bank", order=12),
    NavItem("exams.rounds", _l("考试管理"), "list-check", Permission.RESULT_VIEW, section="exams.round", order=14),
)

_WORDS = (words_attempts, words_bank, words_rounds, words_marking)
MESSAGES = {code: text for words in _WORDS for code, text in words.MESSAGES.items()}
ACTIONS = {code: text for words in _WORDS for code, text in words.ACTIONS.items()}
FIELDS = {code: text for words in _WORDS for code, text in words.FIELDS.items()}
VALUES = words_marking.VALUES

from portal.exams import (  # noqa: F401
    at_hand,
    attached,
    cli,
    cli_rounds,
    cli_statistics,
    importing,
    lane,
    models,
    models_marking,
    regrading,
    tasks,
)
from portal.exams.views import (  # noqa: F401
    attempts,
    bank,
    downloads,
    evidence,
    marking,
    monitor,
    papers,
    quality,
    regrades,
    results,
    rosters,
    rounds,
    statistics,
)

bp.record_once(lambda state: state.app.cli.add_command(cli.questions))
bp.record_once(lambda state: lane.open_lane(state.app))  # type: ignore[arg-type]
attached.register()
