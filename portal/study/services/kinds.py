"""The forms of study are rows: added, renamed, put in order, switched off, never deleted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.stamp import check_stamp, stamp
from portal.core.viewer import Viewer
from portal.study.models import StudyKind
from portal.study.queries import kinds as queries


@dataclass(frozen=True, slots=True)
class KindValues:
    """What a form says of a form of study."""

    name: str
    english: str = ""
    publicity: bool = False
    active: bool = True


def create(session: Session, *, actor: Viewer, now: datetime, values: KindValues) -> StudyKind:
    """One more form, at the end. Raises RuleError kind-name-taken."""
    _check_name(session, values.name, None)
    last = queries.last(session)
    row = StudyKind(**asdict(values), code=f"own_{last.newest + 1}", position=last.position + 1)
    session.add(row)
    record(session, actor=actor, at=now, action="study-kind.create", row=row, label=values.name)
    return row


def stamp_of(row: StudyKind) -> str:
    """The fingerprint of what a form shows of it."""
    return stamp(*(getattr(row, name) for name in KindValues.__dataclass_fields__))


def update(session: Session, *, actor: Viewer, now: datetime, row: StudyKind, values: KindValues, seen: str) -> None:
    """Another name, publicity or not, in use or not; sessions of the past show the new name.

    Raises RuleError changed-meanwhile, kind-name-taken or kind-last.
    """
    check_stamp(seen, stamp_of(row))
    _check_name(session, values.name, row.id)
    if row.active and not values.active and queries.count_active(session) == 1:
        raise RuleError("kind-last")
    for name, value in asdict(values).items():
        setattr(row, name, value)
    record(session, actor=actor, at=now, action="study-kind.update", row=row, label=row.name)


def move(session: Session, *, actor: Viewer, now: datetime, row: StudyKind, up: bool) -> None:
    """Change places with the neighbour above or below; at an end nothing happens."""
    ordered = queries.everything(session)
    here = ordered.index(row)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(ordered):
        return
    other = ordered[there]
    row.position, other.position = other.position, row.position
    record(session, actor=actor, at=now, action="study-kind.move", row=row, label=row.name)


def _check_name(session: Session, name: str, row_id: int | None) -> None:
    if queries.named(session, name) not in {None, row_id}:
        raise RuleError("kind-name-taken", name=name)
