"""Study: sessions with attendance and speeches, make-up study, self-study, plans, the hours ledger."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.study import words
from portal.web.navigation import NavItem

NAV = (
    NavItem("study.mine", _l("我的学习"), "notebook", Permission.PORTAL_USE, section="study.mine", order=20),
    NavItem("study.session_list", _l("集体学习"), "school", Permission.STUDY_VIEW, section="study.", order=30),
    # An administrator keeps the list without seeing who studied what.
    NavItem(
        "study.kind_list", _l("学习形式"), "school", Permission.STUDY_FORMS, section="study.kind", group="admin",
        order=75, unless=Permission.STUDY_VIEW,
    ),
)  # fmt: skip

bp = Blueprint("study", __name__, url_prefix="/study", cli_group="study")

MESSAGES = words.MESSAGES
ACTIONS = words.ACTIONS
FIELDS = words.FIELDS

from portal.accounts import queries as people
from portal.org import queries as units
from portal.study import at_hand, attached, models  # noqa: F401
from portal.study.queries.sessions import kind_names

VALUES = {
    "study_sessions.kind_id": kind_names,
    "study_sessions.state": words.STATE_LABELS,
    "study_sessions.unit_id": units.names,
    "study_sessions.precision": words.PRECISION_LABELS,
    "study_series.kind_id": kind_names,
    "study_series.unit_id": units.names,
    "study_headcounts.unit_id": units.names,
    "study_attendances.user_id": people.names,
    "study_attendances.status": words.ATTENDANCE_LABELS,
    "study_attendances.make_up": words.MAKE_UP_LABELS,
    "self_studies.user_id": people.names,
    "study_plans.unit_id": units.names,
    "study_plan_items.kind": words.PLAN_ITEM_LABELS,
    "study_plan_items.study_kind_id": kind_names,
}

from portal.study import law_links  # noqa: F401
from portal.study.importing import kind  # noqa: F401
from portal.study.views import (  # noqa: F401
    attendance,
    calendar,
    documents,
    entry,
    kinds,
    overview,
    own,
    plans,
    series,
    sessions,
    topics,
)

attached.register()
