"""The forms of study are rows that their keeper looks after."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.study.models import StudyKind, StudySession
from portal.study.queries import kinds as queries
from tests.study.test_study_pages import entry, post
from tests.support.people import Office, stamp_in
from tests.support.study import build_session, kind

ClientAs = Callable[[str], FlaskClient]
URL = "/study/kinds"


def test_one_more_is_offered_at_once_and_counts_as_publicity(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    officer = client_as("study_officer")
    page = post(officer, URL, name="法治读书班", english="Reading class", publicity="y", active="y",
                follow_redirects=True)  # fmt: skip
    assert "已增加。" in page.text
    row = queries.everything(session)[-1]
    assert (row.name, row.publicity, row.active) == ("法治读书班", True, True)
    assert "法治读书班" in officer.get("/study/sessions/new").text
    post(officer, "/study/sessions/new", **entry(session, office, kind_id=row.id))
    assert session.scalars(select(StudySession)).one().publicity
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "study_kinds")).all() == [
        "study-kind.create"
    ]


def test_one_in_use_is_switched_off_and_stays_in_the_record(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    row = kind(session, "lecture")
    held = build_session(session, office, office.viewer(session, "study_officer"), code="lecture")
    session.commit()
    officer, url = client_as("study_officer"), f"{URL}/{row.id}"
    post(officer, url, stamp=stamp_in(officer, url), name="法治讲座", english="")
    assert (row.name, row.active, row.english) == ("法治讲座", False, "")
    assert "法治讲座" not in officer.get("/study/sessions/new").text
    assert "法治讲座" in officer.get(f"/study/sessions/{held.id}").text
    assert "已停用" in officer.get(URL).text
    post(officer, url, stamp=stamp_in(officer, url), name="法治讲座", active="y")
    assert "法治讲座" in officer.get("/study/sessions/new").text


def test_what_is_wrong_is_said(client_as: ClientAs, session: Session) -> None:
    officer, row = client_as("study_officer"), kind(session, "lecture")
    assert "已有名为“培训会”的学习形式" in post(officer, URL, name="培训会", active="y").text
    url = f"{URL}/{row.id}"
    seen = stamp_in(officer, url)
    assert "已有名为“培训会”的学习形式" in post(officer, url, stamp=seen, name="培训会", active="y").text
    assert post(officer, url, stamp=seen, name="", active="y").status_code == 422
    for each in queries.everything(session):
        each.active = each.id == row.id
    session.commit()
    assert "至少保留一种" in post(officer, url, stamp=stamp_in(officer, url), name=row.name).text
    assert officer.get(f"{URL}/999").status_code == 404
    assert post(officer, f"{URL}/{row.id}/sideways").status_code == 404


def test_two_keepers_do_not_overwrite_one_another(client_as: ClientAs, session: Session) -> None:
    officer, url = client_as("study_officer"), f"{URL}/{kind(session, 'lecture').id}"
    seen = stamp_in(officer, url)
    post(officer, url, stamp=seen, name="甲讲座", active="y")
    again = post(client_as("system_admin"), url, stamp=seen, name="乙讲座", active="y")
    assert again.status_code == 422
    assert "名称：甲讲座" in again.text
    assert 'value="乙讲座"' in again.text


def test_order_is_theirs(client_as: ClientAs, session: Session) -> None:
    officer = client_as("study_officer")
    first, second, *_rest = [row.id for row in queries.everything(session)]
    post(officer, f"{URL}/{second}/up")
    assert [row.id for row in queries.everything(session)][:2] == [second, first]
    post(officer, f"{URL}/{second}/up")
    assert [row.id for row in queries.everything(session)][:2] == [second, first], "at an end nothing happens"
    page = officer.get("/study/sessions/new").text
    names = {row.id: row.name for row in session.scalars(select(StudyKind))}
    assert page.index(names[second]) < page.index(names[first])


@pytest.mark.parametrize(("role", "status"), [("system_admin", 200), ("study_officer", 200), ("leader", 403)])
def test_who_keeps_them(client_as: ClientAs, role: str, status: int) -> None:
    assert client_as(role).get(URL).status_code == status


def test_an_administrator_finds_it_in_the_menu(client_as: ClientAs) -> None:
    assert f'href="{URL}"' in client_as("system_admin").get("/").text
    assert f'href="{URL}"' in client_as("study_officer").get("/study/sessions").text
