"""Exams: question banks, papers, rounds, attempts, results."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.exams import (
    words_after,
    words_attempts,
    words_bank,
    words_contest,
    words_marking,
    words_practice,
    words_rounds,
)
from portal.web.navigation import NavItem

bp = Blueprint("exams", __name__, url_prefix="/exams", cli_group="exams")

NAV = (
    NavItem("exams.mine", _l("考试"), "pencil-check", Permission.EXAM_TAKE, section="exams.", order=10),
    NavItem("exams.banks", _l("题库"), "book-2", Permission.BANK_VIEW, section="exams.bank", order=12),
    NavItem("exams.rounds", _l("考试管理"), "list-check", Permission.RESULT_VIEW, section="exams.round", order=14),
)

_WORDS = (words_attempts, words_bank, words_practice, words_rounds, words_contest, words_marking, words_after)
MESSAGES = {code: text for words in _WORDS for code, text in words.MESSAGES.items()}
ACTIONS = {code: text for words in _WORDS for code, text in words.ACTIONS.items()}
FIELDS = {name: text for words in _WORDS for name, text in words.FIELDS.items()}
VALUES = {**words_practice.VALUES, **words_contest.VALUES, **words_marking.VALUES}

from portal.exams import (  # noqa: F401
    at_hand,
    attached,
    bulk_roster,
    cli,
    cli_rounds,
    cli_statistics,
    contest_models,
    importing,
    lane,
    models,
    models_marking,
    models_practice,
    models_records,
    regrading,
    tasks,
)
from portal.exams.results_import import kind  # noqa: F401
from portal.exams.views import (  # noqa: F401
    attempts,
    bank,
    bulletin,
    certificates,
    codes,
    comparison,
    contest,
    contest_boards,
    downloads,
    elsewhere,
    evidence,
    marking,
    monitor,
    papers,
    practice,
    quality,
    regrades,
    resits,
    results,
    rosters,
    rounds,
    statistics,
)

bp.record_once(lambda state: state.app.cli.add_command(cli.questions))
bp.record_once(lambda state: lane.open_lane(state.app))  # type: ignore[arg-type]
attached.register()
