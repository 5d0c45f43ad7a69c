"""The listener that watches all tests does catch an unaudited change."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session, scoped_session

from portal.accounts.models import RoleGrant, User
from portal.audit import services
from portal.core import clock
from portal.core.db import Base
from portal.core.viewer import system_viewer
from portal.extensions import db
from portal.jobs import queue
from portal.jobs.store import JobState, store
from portal.jobs.telling import Told
from tests.support import audited
from tests.support.people import Office


def test_a_change_without_an_entry_is_caught(app: Flask, session: scoped_session[Session], office: Office) -> None:
    with app.test_request_context("/"):
        office.people["cadre"].position = "科员"
        session.flush()
        with pytest.raises(AssertionError, match=r"without an entry.*users"):
            session.commit()
        session.rollback()
    assert len(audited.found()) == 1


def test_a_change_with_its_entry_is_fine(app: Flask, session: scoped_session[Session], office: Office) -> None:
    with app.test_request_context("/"):
        user = office.people["cadre"]
        user.position = "科员"
        services.record(session(), actor=system_viewer(), at=clock.now(), action="user.update", row=user)
        session.commit()


def test_a_statement_past_the_rows_is_caught_too(app: Flask, session: scoped_session[Session], office: Office) -> None:
    for statement in (
        update(User).where(User.id == office.people["cadre"].id).values(position="科员"),
        delete(RoleGrant).where(RoleGrant.user_id == office.people["cadre"].id),
    ):
        with app.test_request_context("/"):
            session.execute(statement)
            with pytest.raises(AssertionError, match=r"without an entry.*(users|role_grants)"):
                session.commit()
            session.rollback()
    assert len(audited.found()) == 2


def test_an_entry_on_something_else_excuses_nothing(
    app: Flask, session: scoped_session[Session], office: Office
) -> None:
    with app.test_request_context("/"):
        office.people["cadre"].position = "科员"
        subject = ("units", "1", "测试区")
        services.note(session(), actor=system_viewer(), at=clock.now(), action="unit.update", subject=subject)
        with pytest.raises(AssertionError, match=r"without an entry.*users.*units"):
            session.commit()
        session.rollback()
    assert audited.found()


def change_quietly() -> Told:
    db.session.query(User).filter_by(number="T001").one().position = "科员"
    db.session.commit()
    return Told()


def test_a_job_is_watched_although_it_swallows_the_error(live_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(queue._tasks, "quiet", lambda _arguments, _progress: change_quietly())
    with live_app.app_context():
        job = store().add("quiet", {}, owner_id=1, owner_name="Jia", back_url="")
        queue.run(job.id)
        assert store().get(job.id).state is JobState.FAILED
    assert "users" in audited.found()[0]


def test_a_command_is_watched(live_app: Flask) -> None:
    live_app.cli.command("quiet")(change_quietly)
    done = live_app.test_cli_runner().invoke(args=["quiet"])
    assert isinstance(done.exception, AssertionError)
    assert "users" in audited.found()[0]


def test_every_exception_names_a_table_that_there_is() -> None:
    assert {*audited.UNAUDITED, *audited.COVERED} <= set(Base.metadata.tables)
    assert not {*audited.UNAUDITED} & {*audited.COVERED}
