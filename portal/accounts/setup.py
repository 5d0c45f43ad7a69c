"""A real site's first day: its bureau, its sections, and the three administrators who see to everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.passwords import make_first
from portal.accounts.services import create_user, grant_role
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.core.viewer import Viewer
from portal.org import services as org
from portal.org.models import Unit
from portal.org.rules import UnitKind

FIRST_ROLES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
"""Who keeps accounts, who gives rights, who reads the log: three people, none of whom can do another's work."""
MOST_SECTIONS = 99


@dataclass(frozen=True, slots=True)
class Slip:
    """A first password for the hand of one person; kept nowhere else."""

    number: str
    name: str
    role: Role
    password: str


def set_up(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    today: date,
    district: str,
    bureau: str,
    sections: Sequence[str],
    administrators: Sequence[tuple[str, str]],
) -> list[Slip]:
    """Make district, bureau and sections, and the three administrators, given as (number, name) in FIRST_ROLES' order.

    Raises RuleError site-has-people, admins-apart (two of them are the same) or too-many-sections.
    """
    if session.scalar(select(exists().where(User.id > 0))) or session.scalar(select(exists().where(Unit.id > 0))):
        raise RuleError("site-has-people")
    if len({number for number, _ in administrators}) < len(FIRST_ROLES):
        raise RuleError("admins-apart")
    if len(sections) > MOST_SECTIONS:
        raise RuleError("too-many-sections", most=MOST_SECTIONS)

    def unit(code: str, name: str, kind: UnitKind, parent: Unit | None) -> Unit:
        parent_id = parent.id if parent else None
        return org.create(
            session, actor=actor, now=now, code=code, name=name, kind=kind, parent_id=parent_id, valid_from=today
        )

    top = unit("D", district, UnitKind.DISTRICT, None)
    office = unit("D01", bureau, UnitKind.BUREAU, top)
    for no, name in enumerate(sections, start=1):
        unit(f"D01{no:02d}", name, UnitKind.SECTION, office)
    slips = []
    for (number, name), role in zip(administrators, FIRST_ROLES, strict=True):
        first = make_first()  # nobody else is there yet who could wait for it
        user = create_user(
            session, actor=actor, now=now, number=number, name=name, unit_id=office.id,
            password_hash=first.hashed,
        )  # fmt: skip
        session.flush()
        grant_role(session, actor=actor, now=now, user=user, role=role, unit_id=top.id)
        slips.append(Slip(number, name, role, first.text))
    return slips
