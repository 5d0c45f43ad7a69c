"""The listener that watches all tests does catch an unaudited change."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from portal.audit import services
from portal.core import clock
from portal.core.viewer import system_viewer
from tests.support.people import Office


def test_a_change_without_an_entry_is_caught(app: Flask, session: scoped_session[Session], office: Office) -> None:
    with app.test_request_context("/"):
        office.people["cadre"].position = "科员"
        session.flush()
        with pytest.raises(AssertionError, match=r"without an entry.*users"):
            session.commit()
        session.rollback()


def test_a_change_with_its_entry_is_fine(app: Flask, session: scoped_session[Session], office: Office) -> None:
    with app.test_request_context("/"):
        user = office.people["cadre"]
        user.position = "科员"
        services.record(session(), actor=system_viewer(), at=clock.now(), action="user.update", row=user)
        session.commit()
