"""Study: sessions with attendance and speeches, make-up study, self-study, plans, the hours ledger."""

from flask import Blueprint

from portal.study import words

bp = Blueprint("study", __name__, url_prefix="/study", cli_group="study")

MESSAGES = words.MESSAGES
ACTIONS = words.ACTIONS
FIELDS = words.FIELDS

from portal.accounts import queries as people
from portal.org import queries as units
from portal.study import models  # noqa: F401
from portal.study.queries import sessions

VALUES = {
    "study_sessions.kind_id": sessions.kind_names,
    "study_sessions.state": words.STATE_LABELS,
    "study_sessions.unit_id": units.names,
    "study_sessions.precision": words.PRECISION_LABELS,
    "study_series.kind_id": sessions.kind_names,
    "study_series.unit_id": units.names,
    "study_headcounts.unit_id": units.names,
    "study_attendances.user_id": people.names,
    "study_attendances.status": words.ATTENDANCE_LABELS,
    "study_attendances.make_up": words.MAKE_UP_LABELS,
    "self_studies.user_id": people.names,
    "study_plans.unit_id": units.names,
    "study_plan_items.kind": words.PLAN_ITEM_LABELS,
    "study_plan_items.study_kind_id": sessions.kind_names,
}
