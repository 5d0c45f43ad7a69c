"""A small list is exported at once; a large one by a job, as the same person, with the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import User, UserState
from portal.accounts.services import create_user
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.importers.xlsx import read_workbook
from portal.extensions import db, writing
from portal.jobs import queue, results
from portal.jobs.store import JobState, store
from portal.jobs.telling import in_words
from portal.web import exports, i18n
from portal.web.confirmation import CONFIRM_FOR, FIELD
from tests.support.exams import build_bank
from tests.support.people import PASSWORD, START, Office, csrf, sign_in

LIMIT = 5


@dataclass
class Site:
    """A live site whose lists are large from six rows on."""

    app: Flask

    def client(self, label: str) -> FlaskClient:
        with self.app.app_context(), writing() as session:
            client = sign_in(self.app, Office.load(session).people[label])
            session.commit()
        return client

    def export(self, client: FlaskClient, path: str, language: str = "zh") -> str:
        """Ask for a sheet; the id of the job that makes it."""
        client.set_cookie(i18n.COOKIE, language)
        answer = client.get(path)
        assert answer.status_code == 303, answer.data[:80]
        return str(answer.location.rsplit("/", 1)[1])

    def rows(self, job_id: str, tmp_path: Path) -> list[list[str]]:
        with self.app.app_context():
            job = store().get(job_id)
            assert (job.state, job.result_size > 0) == (JobState.DONE, True), job.message
            path = tmp_path / "sheet.xlsx"
            path.write_bytes(results.path_of(job_id).read_bytes())
        return [[str(cell) for cell in row] for row in read_workbook(path)[0].rows]

    def run(self, job_id: str) -> None:
        with self.app.app_context():
            queue.run(job_id)

    def noted(self, action: str) -> int:
        with self.app.app_context():
            found = db.session.scalar(select(func.count()).where(AuditEntry.action == action))
            db.session.remove()
        return found or 0


@pytest.fixture
def site(live_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(exports, "DIRECT_ROWS", LIMIT)
    monkeypatch.setattr(exports, "_TELL_EVERY", 2)
    yield Site(live_app)
    with live_app.app_context():
        store().engine.dispose()


def test_a_small_list_comes_at_once(site: Site) -> None:
    answer = site.client("manager").get("/accounts/people?export=xlsx&q=T001")
    assert (answer.status_code, answer.mimetype) == (200, exports.XLSX)
    answer.close()
    assert site.noted("user.export") == 1


def test_a_large_list_comes_by_a_job(site: Site, tmp_path: Path) -> None:
    client = site.client("manager")
    job_id = site.export(client, "/accounts/people?export=xlsx&sort=-number")
    assert site.noted("user.export") == 0, "nothing has left yet"
    with site.app.app_context():
        assert store().get(job_id).title == "人员名单"
    site.run(job_id)
    head, *rows = site.rows(job_id, tmp_path)
    assert head[:2] == ["工号", "姓名"]
    assert [row[0] for row in rows] == [f"T{number:03d}" for number in range(14, 0, -1)]
    assert site.noted("user.export") == 1
    with site.app.app_context():
        job = store().get(job_id)
        assert in_words(job.message) == "已导出 14 行。"
    assert job.result_name.startswith("人员名单-20")
    assert (job.done, job.total) == (14, 14)
    assert job.back_url == "/accounts/people?sort=-number"
    with client.get(f"/jobs/{job_id}/result") as answer:
        assert answer.mimetype == exports.XLSX


def test_the_sheet_speaks_the_language_of_who_asked(site: Site, tmp_path: Path) -> None:
    job_id = site.export(site.client("manager"), "/accounts/people?export=xlsx", language="en")
    site.run(job_id)
    assert site.rows(job_id, tmp_path)[0][:2] == ["Staff number", "Name"]


def test_asking_twice_leads_to_the_same_job(site: Site) -> None:
    client = site.client("manager")
    first = site.export(client, "/accounts/people?export=xlsx")
    assert site.export(client, "/accounts/people?export=xlsx") == first
    assert site.export(client, "/accounts/people?export=xlsx&sort=name") != first
    assert site.export(site.client("security_admin"), "/accounts/people?export=xlsx") != first
    site.run(first)
    assert site.export(client, "/accounts/people?export=xlsx") != first, "a new one after the first is done"


def test_rows_are_those_that_the_person_may_see(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit log is for one role; in a job as on its page."""
    job_id = site.export(site.client("audit_admin"), "/audit/?export=xlsx")
    site.run(job_id)
    assert site.rows(job_id, tmp_path)[0][0] == "时间"
    with site.app.app_context():
        for label in ("manager", "cadre"):
            forged = store().add(
                "jobs.export", {"address": "/audit/?export=xlsx", "ui": "", "from": ""},
                owner_id=Office.load(db.session()).people[label].id, owner_name=label, back_url="", title="偷看",
            )  # fmt: skip
            db.session.remove()
            queue.run(forged.id)
            job = store().get(forged.id)
            assert (job.state, job.result_name) == (JobState.FAILED, "")
            assert "没有导出这份名单的权限" in in_words(job.message)


def test_who_may_no_longer_sign_in_gets_no_file(site: Site) -> None:
    job_id = site.export(site.client("manager"), "/accounts/people?export=xlsx")
    with site.app.app_context(), writing() as session:
        session.execute(db.update(User).where(User.number == "T009").values(state=UserState.DISABLED))
        assert session.scalar(select(User.state).where(User.number == "T009")) is UserState.DISABLED
        session.commit()
        queue.run(job_id)
        assert store().get(job_id).state is JobState.FAILED
        assert list(results.folder().iterdir()) == []


def test_a_cancelled_export_leaves_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = site.export(site.client("manager"), "/accounts/people?export=xlsx")
    cells: list[int] = []
    write = exports._write_cell

    def cancelling(sheet: object, row: int, column: int, value: object) -> None:
        cells.append(row)
        if row == 3:
            store().cancel(job_id)
        write(sheet, row, column, value)

    monkeypatch.setattr(exports, "_write_cell", cancelling)
    with site.app.app_context():
        queue.run(job_id)
        assert store().get(job_id).state is JobState.CANCELLED
        assert list(results.folder().iterdir()) == []
    assert max(cells) < 6


def test_an_export_holds_no_write_lock(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of the rows somebody else saves without waiting."""
    saved: list[int] = []
    write = exports._write_cell

    def watched(sheet: object, row: int, column: int, value: object) -> None:
        if (row, column) == (5, 0):
            connection = sqlite3.connect(site.app.config["PORTAL"].instance / "portal.db", timeout=0)
            saved.append(connection.execute("UPDATE units SET name = name").rowcount)
            connection.commit()
            connection.close()
        write(sheet, row, column, value)

    monkeypatch.setattr(exports, "_write_cell", watched)
    job_id = site.export(site.client("manager"), "/accounts/people?export=xlsx")
    site.run(job_id)
    assert saved == [8]


@pytest.mark.parametrize("kind", ["bank", "results"])
def test_every_list_export_has_its_job(site: Site, tmp_path: Path, kind: str) -> None:
    with site.app.app_context(), writing() as session:
        office = Office.load(session)
        bank = build_bank(session, office, name="大题库", each=3)
        for number in range(8):
            create_user(
                session, actor=system_viewer(), now=START, number=f"R{number:03d}", name=f"考生{number}",
                unit_id=office.units["D0201"].id, password_hash="-",
            )  # fmt: skip
        session.commit()
        from portal.exams.models import RosterEntry
        from tests.support.exams import build_round

        round_ = build_round(session, office, title="大考", bank=bank)
        for user in session.scalars(select(User).where(User.number.like("R%"))):
            session.add(RosterEntry(round_id=round_.id, user_id=user.id, unit_id=user.unit_id, unit_name="一社区"))
        session.commit()
        paths = {"bank": f"/exams/banks/{bank.id}", "results": f"/exams/rounds/{round_.id}/results"}
        db.session.remove()
    job_id = site.export(site.client("exam_officer"), f"{paths[kind]}?export=xlsx")
    site.run(job_id)
    rows = site.rows(job_id, tmp_path)
    assert len(rows) > LIMIT + 1
    assert site.noted({"bank": "bank.export", "results": "results.export"}[kind]) == 1


def test_a_sheet_is_not_fetched_or_made_anew_without_the_password_that_its_page_asks_for(
    site: Site, tmp_path: Path
) -> None:
    client = site.client("manager")
    done = site.export(client, "/accounts/people?export=xlsx")
    site.run(done)
    cancelled = site.export(client, "/accounts/people?export=xlsx&sort=name")
    client.post(f"/jobs/{cancelled}/cancel", data={"csrf_token": csrf(client)})
    with time_machine.travel(clock.now() + CONFIRM_FOR + timedelta(seconds=1), tick=False):
        fetched = client.get(f"/jobs/{done}/result")
        assert (fetched.status_code, fetched.location) == (303, f"/accounts/confirm?next=/jobs/{done}")
        asked = client.post(f"/jobs/{cancelled}/retry", data={"csrf_token": csrf(client)})
        assert "请再输入一次密码" in asked.text
        with site.app.app_context():
            assert store().get(cancelled).state is JobState.CANCELLED
        client.post(f"/jobs/{cancelled}/retry", data={"csrf_token": csrf(client), FIELD: PASSWORD})
        site.run(cancelled)
        assert len(site.rows(cancelled, tmp_path)) == 15
        with client.get(f"/jobs/{done}/result") as answer:
            assert answer.mimetype == exports.XLSX, "for ten minutes"


def test_a_sheet_of_a_page_that_does_not_ask_comes_without(site: Site) -> None:
    with site.app.app_context(), writing() as session:
        bank = build_bank(session, Office.load(session), each=3)
        session.commit()
        path = f"/exams/banks/{bank.id}?export=xlsx"
    client = site.client("exam_officer")
    done = site.export(client, path)
    site.run(done)
    with (
        time_machine.travel(clock.now() + CONFIRM_FOR + timedelta(seconds=1), tick=False),
        client.get(f"/jobs/{done}/result") as answer,
    ):
        assert answer.mimetype == exports.XLSX


@pytest.mark.parametrize("address", ["/accounts/people", "/healthz", "/no/such/page", "/accounts/people/1/state"])
def test_an_address_that_gives_no_sheet_gives_no_file(site: Site, address: str) -> None:
    with site.app.app_context():
        owner = Office.load(db.session()).people["manager"].id
        db.session.remove()
        made = store().add(
            "jobs.export", {"address": address, "ui": "", "from": ""}, owner_id=owner, owner_name="Jia", back_url=""
        )
        queue.run(made.id)
        assert store().get(made.id).state is JobState.FAILED
        assert list(results.folder().iterdir()) == []


def test_many_certificates_are_a_job_that_knows_the_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The squares of a file made by the worker lead where the officer asked from, and it is downloaded as a PDF."""
    from dataclasses import replace

    from portal.core import clock
    from portal.exams import certificate_pdf
    from portal.exams.services import certificates
    from portal.exams.views import certificates as views
    from portal.web.pdf import PDF
    from tests.support.exams import build_round, sit

    monkeypatch.setattr(views, "PDF_FILE", replace(views.PDF_FILE, most=1))
    with site.app.app_context(), writing() as session:
        office = Office.load(session)
        round_ = build_round(session, office, title="大考")
        for label in ("cadre", "leader"):
            sit(session, round_, office.people[label])
        officer = office.viewer(session, "exam_officer")
        certificates.issue(session, actor=officer, now=clock.now(), round_=round_)
        round_id = round_.id
        session.commit()
        db.session.remove()
    client = site.client("exam_officer")
    answer = client.get(f"/exams/rounds/{round_id}/certificates?export=pdf", base_url="http://localhost:8123")
    assert answer.status_code == 303
    led: list[str] = []
    draw = certificate_pdf._square
    monkeypatch.setattr(certificate_pdf, "_square", lambda canvas, to: (led.append(to), draw(canvas, to)))
    job_id = str(answer.location.rsplit("/", 1)[1])
    site.run(job_id)
    assert len(led) == 2
    assert all(each.startswith("http://localhost:8123/exams/certificates/check?code=") for each in led)
    with client.get(f"/jobs/{job_id}/result") as file:
        assert file.mimetype == PDF
        assert file.data.startswith(b"%PDF")
