"""The audit log: nothing rewrites it, and it tells no secret."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from portal.accounts.models import User
from portal.audit import services, words
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.viewer import system_viewer
from tests.support.people import Office

REWRITES = {
    "UPDATE": "UPDATE audit_entries SET actor_name = 'somebody else' WHERE id = 1",
    "UPDATE all": "UPDATE audit_entries SET detail = '{}'",
    "DELETE": "DELETE FROM audit_entries WHERE id = 1",
    "INSERT OR REPLACE": (
        "INSERT OR REPLACE INTO audit_entries SELECT id, at, actor_id, 'x', address, action, subject_type, subject_id,"
        " subject_label, detail FROM audit_entries WHERE id = 1"
    ),
    "upsert": (
        "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE id = 1"
        " ON CONFLICT (id) DO UPDATE SET actor_name = 'x'"
    ),
}


@pytest.mark.parametrize("how", REWRITES)
def test_no_entry_can_be_rewritten(session: scoped_session[Session], how: str) -> None:
    before = session.execute(select(AuditEntry.__table__).where(AuditEntry.id == 1)).one()
    with pytest.raises(IntegrityError, match="audit_entries: append_only"), session.begin_nested():
        session.execute(text(REWRITES[how]))
    assert session.execute(select(AuditEntry.__table__).where(AuditEntry.id == 1)).one() == before


def test_an_entry_goes_with_its_change(session: scoped_session[Session], office: Office) -> None:
    """Rolled back together: no change without its entry, no entry without its change."""
    nested = session.begin_nested()
    office.people["cadre"].position = "科员"
    services.record(session(), actor=system_viewer(), at=clock.now(), action="user.update", row=office.people["cadre"])
    nested.rollback()
    assert session.query(AuditEntry).filter_by(action="user.update").count() == 0
    session.refresh(office.people["cadre"])
    assert office.people["cadre"].position == ""


def test_an_entry_says_what_changed(session: scoped_session[Session], office: Office) -> None:
    user = office.people["cadre"]
    user.position, user.is_leader, user.name = "科员", False, user.name
    entry = services.record(session(), actor=system_viewer(), at=clock.now(), action="user.update", row=user, label="x")
    assert entry.detail == {"changes": {"position": ["", "科员"]}}, "only what is really different"
    assert (entry.subject_type, entry.subject_id) == ("users", str(user.id))


def test_secrets_are_hidden(session: scoped_session[Session], office: Office) -> None:
    user = office.people["cadre"]
    before, user.password_hash = user.password_hash, "$argon2id$new-hash"
    entry = services.record(session(), actor=system_viewer(), at=clock.now(), action="user.password", row=user)
    assert entry.detail["changes"]["password_hash"] == [services.HIDDEN_TEXT] * 2
    everything = str([row.detail for row in session.scalars(select(AuditEntry))])
    assert before not in everything
    assert "argon2" not in everything


def test_columns_that_sound_like_secrets_are_on_the_list() -> None:
    from portal.core.db import Base

    telling = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(word in column.name for word in ("password", "secret", "token", "seal"))
        and column.name not in services.HIDDEN
    }
    assert telling == {"users.must_change_password"}, "add the column to portal.audit.services.HIDDEN"


def test_long_values_are_cut(session: scoped_session[Session], office: Office) -> None:
    user = office.people["cadre"]
    user.position = "长" * 5000
    assert len(services.changes_of(user)["position"][1]) == 501
    session.rollback()


def test_the_page_says_entries_in_words(
    session: scoped_session[Session], client_as: Callable[[str], FlaskClient], office: Office
) -> None:
    user = office.people["cadre"]
    user.position = "<b>科员</b>"
    services.record(session(), actor=system_viewer(), at=clock.now(), action="user.update", row=user, label=user.name)
    session.commit()
    page = client_as("audit_admin").get("/audit/?action=user.update").text
    assert "修改人员" in page
    assert "职务" in page
    assert "&lt;b&gt;科员&lt;/b&gt;" in page
    assert "<b>科员" not in page


def test_the_list_can_be_narrowed(client_as: Callable[[str], FlaskClient]) -> None:
    client = client_as("audit_admin")
    assert "测试区信访局" in client.get("/audit/?q=测试区信访局").text
    assert "没有" in client.get("/audit/?q=no-such-thing-at-all").text
    assert client.get("/audit/?from=not-a-day&to=2026-13-45&action=nonsense").status_code == 200
    only_units = client.get("/audit/?action=unit.create", headers={"HX-Request": "true"}).text
    assert 'id="results"' in only_units
    assert "<html" not in only_units


def test_an_export_of_the_log_is_itself_noted(
    session: scoped_session[Session], client_as: Callable[[str], FlaskClient]
) -> None:
    with client_as("audit_admin").get("/audit/?export=xlsx&action=unit.create") as answer:
        sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    assert sheet.max_row == 1 + session.query(AuditEntry).filter_by(action="unit.create").count()
    assert session.query(AuditEntry).filter_by(action="audit.export").count() == 1


def test_names_of_actions_and_fields(app: Flask) -> None:
    with app.test_request_context():
        assert words.action_label("audit.export") == "导出审计日志"
        assert words.action_label("nobody.knows") == "nobody.knows"
        assert words.field_label("users", "position") == "职务"
        assert words.field_label("users", "unheard_of") == "unheard_of"


def test_a_deleted_person_keeps_their_entries(session: scoped_session[Session]) -> None:
    """`actor_id` is no foreign key: what somebody did stays, whatever becomes of the person's row."""
    assert not AuditEntry.__table__.c.actor_id.foreign_keys
    assert session.scalar(select(User.id).limit(1)) is not None


def test_the_second_page_is_another_one(session, client_as) -> None:
    for number in range(120):
        services.note(
            session(), actor=system_viewer(), at=clock.now(), action="demo.load", subject=("x", str(number), "")
        )
    session.commit()
    client = client_as("audit_admin")
    first = client.get("/audit/").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text
    assert "第 51–100 条" in second
    assert "第 1–50 条" in first
