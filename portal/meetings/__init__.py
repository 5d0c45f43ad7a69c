"""Meetings: agenda, decisions with owner and day, what became of them, minutes. Study and cases link to their items."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.meetings import words
from portal.web.navigation import NavItem

NAV = (
    NavItem("meetings.index", _l("会议"), "gavel", Permission.MEETING_VIEW, section="meetings.", order=40),
    # Who sees no meetings sees what these asked of them.
    NavItem(
        "meetings.decisions", _l("议定事项"), "circle-check", Permission.PORTAL_USE, section="meetings.decision",
        order=41, unless=Permission.MEETING_VIEW,
    ),
)  # fmt: skip

bp = Blueprint("meetings", __name__, url_prefix="/meetings")

MESSAGES = words.MESSAGES
ACTIONS = words.ACTIONS
FIELDS = words.FIELDS

from portal.accounts import queries as people
from portal.meetings import at_hand, attached, models  # noqa: F401
from portal.org import queries as units

VALUES = {
    "meetings.kind": words.KIND_LABELS,
    "meetings.state": words.STATE_LABELS,
    "meetings.unit_id": units.names,
    "agenda_items.kind": words.ITEM_LABELS,
    "decisions.unit_id": units.names,
    "decisions.owner_id": people.names,
    "decisions.state": words.DECISION_LABELS,
    "follow_ups.closes": words.DECISION_LABELS,
}

from portal.meetings import views  # noqa: F401

attached.register()
