"""Statements on the driver's connection: the same rows as SQLAlchemy's, inside whatever transaction is at hand."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from portal.accounts.models import User, UserState
from portal.core.db import UtcDateTime
from portal.core.plain import _MOST_MADE, PlainConnection, Statement
from portal.extensions import db, writing
from portal.org.models import Unit
from tests.support.people import Office

NOW = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)


def statement() -> Statement:
    """Lists, an enum, a moment that is given, one that is found out when it runs, a name given twice, a limit."""
    later = bindparam(None, callable_=lambda: NOW, type_=UtcDateTime(), unique=True)
    return Statement(
        select(User.id, User.name, User.state, User.must_change_password, User.created_at, Unit.valid_from)
        .join(Unit, Unit.id == User.unit_id)
        .where(User.state.in_([UserState.ACTIVE, UserState.LEFT]), User.created_at >= bindparam("since"))
        .where(User.number != bindparam("number"), User.name != bindparam("number"), later == NOW)
        .order_by(User.id)
        .limit(7)
    )


def test_the_driver_gives_the_rows_that_sqlalchemy_gives(session: Session, office: Office) -> None:
    made, given = statement(), {"since": datetime(2020, 1, 1, tzinfo=UTC), "number": "none"}
    first = made.all(session, **given)  # the first time through SQLAlchemy
    again = made.all(session, **given)
    assert len(first) == 7
    assert [tuple(row) for row in first] == [tuple(row) for row in again]
    assert type(first[0]) is not type(again[0]), "the second time by the driver"
    assert [(row.name, row.state, row.created_at, row.valid_from) for row in first] == [
        (row.name, row.state, row.created_at, row.valid_from) for row in again
    ]
    assert made.all(session, **{**given, "since": datetime(2990, 1, 1, tzinfo=UTC)}) == ()


def test_a_row_that_has_changed_is_read_as_it_is(session: Session, office: Office) -> None:
    person = office.people["cadre"]
    name = Statement(select(User.name).where(User.id == bindparam("person")))
    seen = []
    for wanted in ("甲", "甲", "乙", "甲"):
        person.name = wanted
        session.flush()
        seen.append(name.first(session, person=person.id).name)
    assert seen == ["甲", "甲", "乙", "甲"]


def test_of_more_people_than_are_remembered_each_is_read_as_they_are(session: Session, office: Office) -> None:
    """Who is signed in is read for one after the other, over and over."""
    found = Statement(select(User.id, User.name, User.created_at).where(User.id == bindparam("person")))
    people = [office.people[each] for each in ("cadre", "leader", "manager")]
    for turn in range(2 * _MOST_MADE):
        for person in people:
            person.name = f"{person.id} 之 {turn // 2}"
        session.flush()
        for person in people:
            row = found.first(session, person=person.id)
            assert (row.id, row.name, row.created_at) == (person.id, person.name, person.created_at)


NAMES = Statement(select(User.id, User.name).where(User.number == bindparam("number")))


def test_reading_shares_a_moment_until_it_ends_and_writing_sees_itself(live_app: Flask) -> None:
    with live_app.app_context():
        number = db.session.execute(select(User.number).order_by(User.id)).scalars().first()
        db.session.rollback()

        def name() -> str:
            return str(NAMES.first(db.session(), number=number).name)

        name()  # from here on by the driver
        db.session.rollback()
        before = name()
        assert not db.session().in_transaction(), "no transaction of SQLAlchemy's was begun"
        with writing(), Session(db.engine) as other, other.begin():
            other.execute(User.__table__.update().where(User.number == number).values(name="新名"))  # type: ignore[attr-defined]
        assert name() == before, "one page shows one moment"
        db.session.rollback()
        assert name() == "新名"
        db.session.rollback()
        with writing() as session:
            session.execute(User.__table__.update().where(User.number == number).values(name="未提交"))  # type: ignore[attr-defined]
            assert name() == "未提交"
            session.rollback()
        assert name() == "新名"
        db.session.execute(select(User.id).limit(1))
        assert db.session().in_transaction()
        assert name() == "新名"
        db.session.remove()
        engine: Any = db.engine
        assert engine.pool.checkedout() == 0


def test_what_the_driver_refuses_is_asked_again_in_words_that_are_known(
    session: Session, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Statement(select(User.id).where(User.id == bindparam("person")))
    person = office.people["cadre"].id

    def refuse(_self: Statement, _plain: PlainConnection, _values: dict[str, Any]) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    made.all(session, person=person)
    monkeypatch.setattr(Statement, "_run", refuse)
    assert made.first(session, person=person).id == person
    connection: Connection = session.connection()
    assert made.first(connection, person=person).id == person
