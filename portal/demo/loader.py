"""Filling an empty database with the demo office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import current_app
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from portal.accounts import memberships
from portal.accounts.models import RoleGrant, User
from portal.accounts.passwords import hash_password
from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.core.viewer import system_viewer
from portal.demo.people import ACCOUNTS, demo_people
from portal.demo.places import BUREAU_CODE, demo_units
from portal.exams.demo import load_bank
from portal.exams.demo_after import load_after
from portal.exams.demo_practice import load_practice
from portal.exams.demo_rounds import load_contests, load_rounds
from portal.extensions import writing
from portal.library.demo import load_digests
from portal.org.models import Unit, UnitScope
from portal.org.rules import UnitKind
from portal.study.demo import load_study

SINCE = date(2020, 1, 1)
ACTOR = system_viewer("演示数据")


def accounts() -> list[tuple[str, str, str]]:
    """(number, Chinese label, English label) of the accounts to try the roles with."""
    return [(number, chinese, english) for number, chinese, english in ACCOUNTS]


def load_first_time(echo: Callable[[str], None]) -> None:
    """Load the demo unless it is there; commits."""
    with writing() as session:
        if session.scalar(select(func.count(User.id))):
            session.rollback()
            return
        echo("正在写入演示数据…… Loading demo data.")
        load(session, clock.now())
        session.commit()


def load(session: Session, now: datetime) -> None:
    """Write units, people and roles, then what the features add. Raises RuleError("demo-not-empty")."""
    if session.scalar(select(func.count(User.id))):
        raise RuleError("demo-not-empty")
    units = _load_units(session)
    _load_people(session, now, units)
    note(session, actor=ACTOR, at=now, action="demo.load", subject=("users", "", "演示数据"))
    for step in steps():
        step(session, now)


def steps() -> list[Callable[[Session, datetime], None]]:
    """What the features add to the demo, in order."""
    return [_load_bank, _load_rounds, _load_after, load_practice, _load_library, load_study]


def _load_bank(session: Session, now: datetime) -> None:
    load_bank(session, now, unit_id=_bureau(session))


def _load_rounds(session: Session, now: datetime) -> None:
    secret = current_app.config["PORTAL"].secret_key.encode()
    load_rounds(session, now, secret)
    load_contests(session, now, secret)


def _load_after(session: Session, now: datetime) -> None:
    load_after(session, now, current_app.config["PORTAL"].secret_key.encode())


def _load_library(session: Session, now: datetime) -> None:
    load_digests(session, now)


def _bureau(session: Session) -> int:
    return session.scalars(select(Unit.id).where(Unit.code == BUREAU_CODE)).one()


def _load_units(session: Session) -> dict[str, int]:
    """The units with their scope rows; {code: id}."""
    ids: dict[str, int] = {}
    above: dict[str, list[str]] = {}
    scopes = []
    for unit in demo_units():
        parent = unit.parent_code
        row = Unit(
            code=unit.code,
            name=unit.name,
            kind=UnitKind(unit.kind),
            parent_id=ids[parent] if parent else None,
            valid_from=SINCE,
        )
        session.add(row)
        session.flush()
        ids[unit.code] = row.id
        above[unit.code] = [*(above[parent] if parent else []), unit.code]
        lineage = above[unit.code]
        scopes += [
            {"ancestor_id": ids[code], "unit_id": row.id, "depth": len(lineage) - 1 - depth}
            for depth, code in enumerate(lineage)
        ]
    session.execute(insert(UnitScope), scopes)
    return ids


def _load_people(session: Session, now: datetime, units: dict[str, int]) -> None:
    password = hash_password(current_app.config["PORTAL"].demo_password)
    people = list(demo_people())
    session.execute(
        insert(User),
        [
            {
                "number": person.number,
                "name": person.name,
                "unit_id": units[person.unit_code],
                "position": person.position,
                "is_leader": person.leader,
                "password_hash": password,
                "must_change_password": False,
                "created_at": now,
            }
            for person in people
        ],
    )
    found = {row.number: row.id for row in session.execute(select(User.number, User.id))}
    session.execute(
        insert(RoleGrant),
        [
            {"user_id": found[person.number], "role": Role(role), "unit_id": units[scope], "granted_at": now}
            for person in people
            for role, scope in person.roles
        ],
    )
    memberships.begin_all(session, since=SINCE, now=now)
