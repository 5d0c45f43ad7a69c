"""A small office for tests: a few units, one person for every role, one in a foreign sub-district."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import services as accounts
from portal.accounts.models import LoginSession, User
from portal.accounts.passwords import hash_password
from portal.core import clock
from portal.core.permissions import Role
from portal.core.viewer import Viewer, system_viewer
from portal.org import services as org
from portal.org.models import Unit
from portal.org.rules import UnitKind
from portal.web import identity

PASSWORD = "correct horse battery"
START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)

# Each: code, name, kind, code of the parent.
UNITS = (
    ("D", "测试区", UnitKind.DISTRICT, None),
    ("D01", "测试区信访局", UnitKind.BUREAU, "D"),
    ("D0101", "综合科", UnitKind.SECTION, "D01"),
    ("D0102", "办信科", UnitKind.SECTION, "D01"),
    ("D02", "东风街道", UnitKind.SUBDISTRICT, "D"),
    ("D0201", "东风街道一社区", UnitKind.COMMUNITY, "D02"),
    ("D03", "西山街道", UnitKind.SUBDISTRICT, "D"),
    ("D0301", "西山街道一社区", UnitKind.COMMUNITY, "D03"),
)

# label -> (unit, role, unit of the role)
PEOPLE: dict[str, tuple[str, Role, str]] = {
    "cadre": ("D0201", Role.CADRE, "D0201"),
    "liaison": ("D02", Role.LIAISON, "D02"),
    "study_officer": ("D0101", Role.STUDY_OFFICER, "D"),
    "exam_officer": ("D0101", Role.EXAM_OFFICER, "D"),
    "publicity_officer": ("D0101", Role.PUBLICITY_OFFICER, "D"),
    "case_officer": ("D0102", Role.CASE_OFFICER, "D01"),
    "reviewer": ("D0102", Role.REVIEWER, "D01"),
    "leader": ("D01", Role.LEADER, "D"),
    "manager": ("D01", Role.MANAGER, "D"),
    "system_admin": ("D0101", Role.SYSTEM_ADMIN, "D"),
    "security_admin": ("D0101", Role.SECURITY_ADMIN, "D"),
    "audit_admin": ("D0101", Role.AUDIT_ADMIN, "D"),
    # Same role as "liaison", in a sub-district that the other may not see.
    "foreign_liaison": ("D03", Role.LIAISON, "D03"),
    "foreign_cadre": ("D0301", Role.CADRE, "D0301"),
}


@dataclass(frozen=True)
class Office:
    """The rows of the small office by label and unit code."""

    people: dict[str, User]
    units: dict[str, Unit]

    @classmethod
    def load(cls, session: Session) -> Office:
        """Read the office back."""
        numbers = {number_of(label): label for label in PEOPLE}
        people = {numbers[user.number]: user for user in session.scalars(select(User)) if user.number in numbers}
        return cls(people, {unit.code: unit for unit in session.scalars(select(Unit))})

    def viewer(self, session: Session, label: str) -> Viewer:
        """The person as services and queries see them."""
        from portal.accounts.queries import viewer_of

        return viewer_of(session, self.people[label].id)


def number_of(label: str) -> str:
    """The sign-in name of a person of the office."""
    return f"T{list(PEOPLE).index(label) + 1:03d}"


def build_office(session: Session) -> None:
    """Write the office."""
    actor = system_viewer()
    units: dict[str, Unit] = {}
    for code, name, kind, parent in UNITS:
        units[code] = org.create(
            session, actor=actor, now=START, code=code, name=name, kind=kind,
            parent_id=units[parent].id if parent else None, valid_from=date(2020, 1, 1),
        )  # fmt: skip
    hashed = hash_password(PASSWORD)
    for index, (label, (unit, role, scope)) in enumerate(PEOPLE.items()):
        user = accounts.create_user(
            session, actor=actor, now=START, number=number_of(label), name=f"测试{chr(0x7532 + index)}",
            unit_id=units[unit].id, password_hash=hashed, must_change_password=False,
        )  # fmt: skip
        accounts.grant_role(session, actor=actor, now=START, user=user, role=role, unit_id=units[scope].id)


def sign_in(app: Flask, user: User) -> FlaskClient:
    """A client with a live session of the person, without the cost of the login page."""
    from portal.extensions import db

    client = app.test_client()
    with client.session_transaction() as cookie:
        sid = identity.begin(cookie)  # type: ignore[arg-type]
    now = clock.now()
    db.session.add(
        LoginSession(
            id=identity.fingerprint(sid),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            ends_at=now + timedelta(hours=8),
            confirmed_at=now,
            address="127.0.0.1",
            agent="test",
        )
    )
    db.session.commit()  # a refused request rolls back, and must not sign the person out
    return client


def csrf(client: FlaskClient) -> str:
    """A token that the client's forms would carry."""
    with client.session_transaction() as cookie:
        raw = cookie[identity.CSRF_FIELD]
    key = client.application.secret_key
    assert key
    return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw))


def stamp_in(client: FlaskClient, url: str) -> str:
    """The fingerprint of what a form showed when it was opened."""
    found = re.search(r'name="stamp" value="(\w+)"', client.get(url).text)
    assert found, url
    return found[1]
