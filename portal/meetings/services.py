"""Changes to meetings, their agenda and their decisions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.stamp import check_stamp, stamp
from portal.core.viewer import Viewer
from portal.desk import removed
from portal.meetings import queries, rules
from portal.meetings.models import AgendaItem, Decision, FollowUp, Meeting
from portal.meetings.rules import DecisionState, ItemKind, MeetingKind, MeetingState


@dataclass(frozen=True, slots=True)
class Values:
    """What a form says of a meeting."""

    kind: MeetingKind
    number: str
    title: str
    unit_id: int
    held_on: date
    begins: str = ""
    ends: str = ""
    place: str = ""
    chair: str = ""
    present: str = ""
    observers: str = ""
    absent: str = ""
    keeper: str = ""


@dataclass(frozen=True, slots=True)
class DecisionValues:
    """What a form says of a decision."""

    text: str
    unit_id: int
    owner_id: int | None = None
    due_on: date | None = None
    item_id: int | None = None


def create(session: Session, *, actor: Viewer, now: datetime, values: Values) -> Meeting:
    """A meeting that is planned."""
    meeting = Meeting(**asdict(values), created_by=actor.id, created_at=now)
    session.add(meeting)
    record(session, actor=actor, at=now, action="meeting.create", row=meeting, label=meeting.title)
    return meeting


def stamp_of(meeting: Meeting) -> str:
    """The fingerprint of what a form shows of a meeting."""
    return stamp(*(getattr(meeting, name) for name in Values.__dataclass_fields__))


def update(session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, values: Values, seen: str) -> None:
    """Change what is said of a meeting. Raises RuleError meeting-closed or changed-meanwhile."""
    rules.check_open(meeting.state)
    check_stamp(seen, stamp_of(meeting))
    for name, value in asdict(values).items():
        setattr(meeting, name, value)
    record(session, actor=actor, at=now, action="meeting.update", row=meeting, label=meeting.title)


def set_state(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    today: date,
    meeting: Meeting,
    state: MeetingState,
    signed_by: str = "",
    signed_on: date | None = None,
) -> None:
    """Say that a meeting was held, is recorded (with who signed its minutes), is open again, or does not take place.

    Raises RuleError meeting-step or meeting-not-yet.
    """
    rules.check_step(meeting.state, state, held_on=meeting.held_on, today=today)
    meeting.state = state
    if state is MeetingState.RECORDED:
        meeting.signed_by, meeting.signed_on = signed_by, signed_on
    record(session, actor=actor, at=now, action="meeting.state", row=meeting, label=meeting.title)


def add_item(
    session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, kind: ItemKind, title: str,
    presenter: str = "", conclusion: str = "",
) -> AgendaItem:  # fmt: skip
    """Put a matter at the end of the agenda. Raises RuleError meeting-closed."""
    rules.check_open(meeting.state)
    item = AgendaItem(
        meeting_id=meeting.id, position=len(queries.items(session, meeting.id)) + 1, kind=kind, title=title,
        presenter=presenter, conclusion=conclusion,
    )  # fmt: skip
    session.add(item)
    record(session, actor=actor, at=now, action="agenda.create", row=item, label=f"{meeting.title} / {title}")
    return item


ITEM_FIELDS = ("kind", "title", "presenter", "conclusion")


def item_stamp(item: AgendaItem) -> str:
    """The fingerprint of what a form shows of a matter."""
    return stamp(*(getattr(item, name) for name in ITEM_FIELDS))


def update_item(
    session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, item: AgendaItem, kind: ItemKind, title: str,
    presenter: str, conclusion: str, seen: str,
) -> None:  # fmt: skip
    """Change a matter. Raises RuleError meeting-closed or changed-meanwhile."""
    rules.check_open(meeting.state)
    check_stamp(seen, item_stamp(item))
    item.kind, item.title, item.presenter, item.conclusion = kind, title, presenter, conclusion
    record(session, actor=actor, at=now, action="agenda.update", row=item, label=f"{meeting.title} / {title}")


def move_item(session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, item: AgendaItem, up: bool) -> None:
    """Change places with the neighbour above or below; at the end nothing happens. Raises RuleError meeting-closed."""
    rules.check_open(meeting.state)
    ordered = queries.items(session, meeting.id)
    here = ordered.index(item)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(ordered):
        return
    other = ordered[there]
    item.position, other.position = other.position, item.position
    record(session, actor=actor, at=now, action="agenda.move", row=item, label=f"{meeting.title} / {item.title}")


def remove_item(session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, item: AgendaItem) -> None:
    """Take a matter off the agenda; it can be taken back for a day.

    Raises RuleError meeting-closed, item-has-decisions or row-in-use (a study session is linked to it).
    """
    rules.check_open(meeting.state)
    if queries.decides(session, item.id):
        raise RuleError("item-has-decisions")
    record(session, actor=actor, at=now, action="agenda.delete", row=item, label=f"{meeting.title} / {item.title}")
    removed.remove(session, now=now, row=item, parent_id=meeting.id)


def restore_item(session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, item_id: int) -> AgendaItem:
    """Put a matter back where it stood. Raises RuleError meeting-closed or undo-gone."""
    rules.check_open(meeting.state)
    item = removed.take_back(session, now=now, model=AgendaItem, row_id=item_id, parent_id=meeting.id)
    record(session, actor=actor, at=now, action="agenda.restore", row=item, label=f"{meeting.title} / {item.title}")
    return item


def add_decision(
    session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, values: DecisionValues
) -> Decision:
    """Note what was decided. Raises RuleError meeting-closed, owner-elsewhere or item-elsewhere."""
    rules.check_open(meeting.state)
    _check_decision(session, meeting, values)
    number = queries.last_number(session, meeting.id) + 1
    decision = Decision(meeting_id=meeting.id, no=number, **asdict(values))
    session.add(decision)
    record(session, actor=actor, at=now, action="decision.create", row=decision, label=values.text)
    return decision


def decision_stamp(decision: Decision) -> str:
    """The fingerprint of what a form shows of a decision."""
    return stamp(*(getattr(decision, name) for name in DecisionValues.__dataclass_fields__))


def update_decision(
    session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, decision: Decision, values: DecisionValues,
    seen: str,
) -> None:  # fmt: skip
    """Change a decision that is still open.

    Raises RuleError meeting-closed, decision-closed, changed-meanwhile, owner-elsewhere or item-elsewhere.
    """
    rules.check_open(meeting.state)
    if decision.state is not DecisionState.OPEN:
        raise RuleError("decision-closed")
    check_stamp(seen, decision_stamp(decision))
    _check_decision(session, meeting, values)
    for name, value in asdict(values).items():
        setattr(decision, name, value)
    record(session, actor=actor, at=now, action="decision.update", row=decision, label=decision.text)


def remove_decision(session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, decision: Decision) -> None:
    """Take out what was entered by mistake; it can be taken back for a day.

    Raises RuleError meeting-closed, or decision-reported once somebody has reported on it: then it ends as 不再执行.
    """
    rules.check_open(meeting.state)
    if queries.follow_ups(session, decision.id):
        raise RuleError("decision-reported")
    record(session, actor=actor, at=now, action="decision.delete", row=decision, label=decision.text)
    removed.remove(session, now=now, row=decision, parent_id=meeting.id)


def restore_decision(session: Session, *, actor: Viewer, now: datetime, meeting: Meeting, decision_id: int) -> Decision:
    """Put it back under its number, or under the next where that was given away. Raises meeting-closed or undo-gone."""
    rules.check_open(meeting.state)

    def free_number(row: Decision) -> None:
        if queries.number_taken(session, meeting.id, row.no):
            row.no = queries.last_number(session, meeting.id) + 1

    decision = removed.take_back(
        session, now=now, model=Decision, row_id=decision_id, parent_id=meeting.id, mend=free_number
    )
    record(session, actor=actor, at=now, action="decision.restore", row=decision, label=decision.text)
    return decision


def _check_decision(session: Session, meeting: Meeting, values: DecisionValues) -> None:
    if values.owner_id is not None and not queries.works_in(session, values.owner_id, values.unit_id):
        raise RuleError("owner-elsewhere")
    if values.item_id is not None and queries.item(session, meeting.id, values.item_id) is None:
        raise RuleError("item-elsewhere")


def follow_up(
    session: Session, *, actor: Viewer, now: datetime, today: date, decision: Decision, note: str,
    closes: DecisionState | None = None,
) -> FollowUp:  # fmt: skip
    """Report on a decision, and perhaps end it as done or dropped. Raises RuleError decision-closed or note-missing."""
    rules.check_close(decision.state, note)
    line = FollowUp(
        decision_id=decision.id, at=now, author_id=actor.id, author_name=actor.name, note=note,
        closes=closes.value if closes else "",
    )  # fmt: skip
    session.add(line)
    if closes is not None:
        decision.state, decision.closed_on = closes, today
    action = "decision.close" if closes else "decision.follow-up"
    session.flush()
    record(session, actor=actor, at=now, action=action, row=decision, label=decision.text, note=note)
    return line
