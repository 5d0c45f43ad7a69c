"""Work on many rows: each row on its own, under one's own rights, and said beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import RoleGrant, User, UserState
from portal.accounts.people_services import set_state
from portal.accounts.services import create_user
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.desk import bulk, rules
from portal.desk.models import BulkLine, BulkRun
from portal.desk.rules import LineState, RunState
from portal.exams.models import Question, QuestionState
from portal.jobs import queue
from portal.jobs.store import store
from portal.jobs.telling import in_words
from tests.support.exams import build_bank
from tests.support.people import START, Office, csrf

As = Callable[[str], FlaskClient]


def ask(client: FlaskClient, action: str, *, list_name: str = "accounts.people", **form: Any) -> Any:
    data = {"csrf_token": csrf(client), "list": list_name, "action": action, "next": "/accounts/people", **form}
    return client.post("/bulk", data=data)


def run(client: FlaskClient, asked: Any) -> str:
    """Confirm, and give the page of the outcome."""
    done = client.post(f"{asked.location}/run", data={"csrf_token": csrf(client)})
    assert done.status_code == 303, done.text
    return client.get(done.location).text


def lines(session: Session) -> dict[str, tuple[LineState, str]]:
    session.expire_all()
    return {line.label: (line.state, line.code) for line in session.scalars(select(BulkLine).order_by(BulkLine.id))}


def add_people(session: Session, office: Office, count: int) -> list[User]:
    from portal.core.viewer import system_viewer

    return [
        create_user(
            session, actor=system_viewer(), now=START, number=f"B{number:04d}", name=f"批量{number}",
            unit_id=office.units["D0101"].id, password_hash="-",
        )
        for number in range(count)
    ]  # fmt: skip


def test_the_question_changes_nothing_and_names_the_number(session: Session, office: Office, client_as: As) -> None:
    client = client_as("system_admin")
    ids = [office.people[label].id for label in ("cadre", "liaison")]
    asked = ask(client, "disable", id=ids)
    page = client.get(asked.location).text
    assert "将处理 2 条" in page
    assert "不能登录" in page
    assert session.get_one(User, ids[0]).state is UserState.ACTIVE


def test_one_bad_row_stops_nobody_and_says_why(session: Session, office: Office, client_as: As) -> None:
    client = client_as("system_admin")
    viewer = office.viewer(session, "system_admin")
    gone = office.people["foreign_cadre"]
    set_state(session, actor=viewer, now=clock.now(), user=gone, state=UserState.LEFT)
    session.commit()
    people = [office.people[label] for label in ("cadre", "system_admin", "foreign_cadre", "liaison")]
    page = run(client, ask(client, "disable", id=[user.id for user in people]))
    assert [lines(session)[f"{user.name}（{user.number}）"] for user in people] == [
        (LineState.DONE, ""), (LineState.LEFT, "own-account"), (LineState.LEFT, "person-not-active"),
        (LineState.DONE, ""),
    ]  # fmt: skip
    assert "已处理 2 条，未处理 2 条" in page
    assert "不能停用自己的账号" in page
    entries = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(3))]
    assert sorted(entries) == ["bulk.run", "user.state", "user.state"]


def test_whoever_left_is_not_brought_back_by_the_dozen(session: Session, office: Office, client_as: As) -> None:
    client, viewer = client_as("system_admin"), office.viewer(session, "system_admin")
    left, disabled = office.people["cadre"], office.people["liaison"]
    set_state(session, actor=viewer, now=clock.now(), user=left, state=UserState.LEFT)
    set_state(session, actor=viewer, now=clock.now(), user=disabled, state=UserState.DISABLED)
    session.commit()
    run(client, ask(client, "enable", id=[left.id, disabled.id, office.people["leader"].id]))
    assert sorted(code for _state, code in lines(session).values()) == ["", "person-active", "person-left"]
    assert session.get_one(User, disabled.id).state is UserState.ACTIVE


def test_all_of_the_filter_means_what_the_person_sees(session: Session, office: Office, client_as: As) -> None:
    """An administrator of one sub-district chooses "all": nobody elsewhere is touched, whatever the form says."""
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == office.people["system_admin"].id)).one()
    grant.unit_id = office.units["D02"].id
    session.commit()
    client = client_as("system_admin")
    everyone = [user.id for user in office.people.values()]
    run(client, ask(client, "disable", all="1", query="sort=name", id=everyone))
    run(client, ask(client, "disable", id=everyone))
    disabled = session.scalars(select(User.number).where(User.state == UserState.DISABLED)).all()
    assert sorted(disabled) == ["T001", "T002"]
    assert {row.split("（")[1][:4] for row in lines(session)} == {"T001", "T002"}


def test_the_filter_is_read_again_by_the_server(session: Session, office: Office, client_as: As) -> None:
    add_people(session, office, 3)
    session.commit()
    client = client_as("system_admin")
    page = run(client, ask(client, "disable", all="1", query="q=批量&sort=-name&view=7"))
    assert "3 条全部处理完成" in page
    assert {name[:2] for name in lines(session)} == {"批量"}


@pytest.mark.parametrize("query", ["unit=987654", "state=nonsense", "role=emperor"])
def test_a_filter_that_makes_no_sense_does_not_mean_everybody(session: Session, client_as: As, query: str) -> None:
    client = client_as("system_admin")
    answer = ask(client, "disable", all="1", query=query)
    assert "没有处理任何记录" in client.get(answer.location).text
    assert list(session.scalars(select(BulkRun))) == []


def test_nothing_chosen_and_too_much(
    session: Session, office: Office, client_as: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as("system_admin")
    assert "没有选中任何记录" in client.get(ask(client, "disable").location).text
    monkeypatch.setattr(rules, "ROWS_MOST", 3)
    assert "一次最多处理 3 条" in client.get(ask(client, "disable", all="1").location).text
    assert list(session.scalars(select(BulkRun))) == []


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "²", "-1"])
def test_what_is_no_number_of_a_row_is_no_row(session: Session, client_as: As, number: str) -> None:
    client = client_as("system_admin")
    answer = ask(client, "disable", id=number)
    assert (answer.status_code, answer.location) == (303, "/accounts/people")
    assert session.scalar(select(func.count()).select_from(BulkRun)) == 0


def test_the_path_of_a_list_is_no_order_to_the_router(session: Session, office: Office, client_as: As) -> None:
    client = client_as("system_admin")
    orders = {"path-endpoint": "x", "path-_scheme": "javascript", "path-_external": "1"}
    asked = ask(client, "disable", id=str(office.people["cadre"].id), **orders)
    shown = client.get(asked.location)
    assert shown.status_code == 200
    assert "javascript:" not in shown.text


def test_what_one_may_not_do_is_not_there(client_as: As, office: Office) -> None:
    cadre = office.people["cadre"].id
    assert ask(client_as("manager"), "disable", id=cadre).status_code == 404
    assert ask(client_as("system_admin"), "delete", id=cadre).status_code == 404
    assert ask(client_as("system_admin"), "disable", list_name="audit.index", id=cadre).status_code == 404
    page = client_as("manager").get("/accounts/people").text
    assert "data-batch" not in page


def test_nobody_else_sees_or_starts_a_run(session: Session, client_as: As, office: Office) -> None:
    asked = ask(client_as("system_admin"), "disable", id=office.people["cadre"].id)
    other = client_as("security_admin")
    assert other.get(asked.location).status_code == 404
    assert other.post(f"{asked.location}/run", data={"csrf_token": csrf(other)}).status_code == 404


def test_a_run_is_done_once(session: Session, client_as: As, office: Office) -> None:
    client = client_as("system_admin")
    asked = ask(client, "disable", id=office.people["cadre"].id)
    run(client, asked)
    again = client.post(f"{asked.location}/run", data={"csrf_token": csrf(client)})
    assert again.status_code == 409


def test_rights_are_looked_at_when_it_runs(session: Session, client_as: As, office: Office) -> None:
    client, cadre = client_as("system_admin"), office.people["cadre"]
    asked = ask(client, "disable", id=cadre.id)
    session.scalars(
        select(RoleGrant).where(RoleGrant.user_id == office.people["system_admin"].id)
    ).one().unit_id = office.units["D03"].id
    session.commit()
    run(client, asked)
    assert lines(session)[f"{cadre.name}（{cadre.number}）"] == (LineState.LEFT, "person-not-yours")
    assert session.get_one(User, cadre.id).state is UserState.ACTIVE


def test_a_fault_in_one_row_leaves_the_others_done(
    session: Session, client_as: As, office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = bulk.get("accounts.people")
    act = found.act("disable")
    bad = office.people["liaison"].id

    def broken(session: Session, actor: Any, now: Any, row_id: int) -> object:
        done = act.apply(session, actor, now, row_id)
        if row_id == bad:
            raise ZeroDivisionError
        return done

    patched = bulk.BulkAct(act.code, act.label, act.question, act.permission, broken)
    monkeypatch.setitem(
        bulk._lists, found.name, bulk.BulkList(found.name, found.title, found.rows, found.label, (patched,))
    )
    client = client_as("system_admin")
    page = run(client, ask(client, "disable", id=[office.people["cadre"].id, bad]))
    assert "系统出错，这一条没有处理" in page
    session.expire_all()
    assert session.get_one(User, bad).state is UserState.ACTIVE, "what the faulty row had begun is undone"
    assert session.get_one(User, office.people["cadre"].id).state is UserState.DISABLED
    assert "ZeroDivisionError" in caplog.text


def test_questions_of_a_bank(session: Session, office: Office, client_as: As) -> None:
    bank = build_bank(session, office, name="批量题库", each=3)
    session.commit()
    client = client_as("exam_officer")
    page = client.get(f"/exams/banks/{bank.id}").text
    assert f'name="path-bank_id" value="{bank.id}"' in page
    more = {"list_name": "exams.bank", "path-bank_id": str(bank.id)}
    run(client, ask(client, "retire", all="1", query="type=single", **more))
    retired = session.scalars(select(Question).where(Question.state == QuestionState.RETIRED)).all()
    assert {question.type.value for question in retired} == {"single"}
    assert len(retired) == 3
    out = run(client, ask(client, "restore", all="1", query="", **more))
    assert "已处理 3 条，未处理 9 条" in out
    assert "本来就在使用" in out


def test_questions_of_a_bank_that_one_only_reads(session: Session, office: Office, client_as: As) -> None:
    """A bank of the district is seen from a sub-district; its questions are not its to retire."""
    bank = build_bank(session, office, name="区题库", each=1)
    foreign = build_bank(session, office, name="西山题库", unit="D03", each=1)
    session.commit()
    client = client_as("liaison")
    run(client, ask(client, "retire", list_name="exams.bank", all="1", query="", **{"path-bank_id": str(bank.id)}))
    assert {code for _state, code in lines(session).values()} == {"question-not-yours"}
    for wrong in (foreign.id, "x", "", "9" * 30, -1):
        answer = ask(client, "retire", list_name="exams.bank", all="1", **{"path-bank_id": str(wrong)})
        assert answer.status_code == 404, wrong
    assert session.scalar(select(func.count()).where(Question.state == QuestionState.RETIRED)) == 0


def test_the_outcome_can_be_exported(session: Session, office: Office, client_as: As) -> None:
    client = client_as("system_admin")
    asked = ask(client, "disable", id=[office.people["cadre"].id, office.people["system_admin"].id])
    run(client, asked)
    with client.get(f"{asked.location}?export=xlsx") as answer:
        book = load_workbook(io.BytesIO(answer.data))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == ("记录", "结果", "原因")
    assert {row[1] for row in rows[1:]} == {"已处理", "未处理"}


def signed_in(app: Flask, label: str) -> FlaskClient:
    from portal.extensions import db, writing
    from tests.support.people import sign_in

    with app.app_context(), writing():
        return sign_in(app, Office.load(db.session()).people[label])


def test_many_rows_go_to_the_background_and_a_lost_job_is_taken_up(
    live_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.extensions import db, writing

    with live_app.app_context(), writing() as session:
        add_people(session, Office.load(session), 60)
        session.commit()
        db.session.remove()
    client = signed_in(live_app, "system_admin")
    asked = ask(client, "disable", all="1", query="q=批量")
    assert "在后台处理" in client.get(asked.location).text
    answer = client.post(f"{asked.location}/run", data={"csrf_token": csrf(client)})
    job_id = re.search(r"/jobs/([0-9a-f-]+)", answer.location).group(1)  # type: ignore[union-attr]
    assert client.get(answer.location).status_code == 200
    assert "继续处理" in client.get(asked.location).text
    # A second job for the same run, as after a lost worker, does nothing twice.
    second = client.post(f"{asked.location}/run", data={"csrf_token": csrf(client)})
    second_id = re.search(r"/jobs/([0-9a-f-]+)", second.location).group(1)  # type: ignore[union-attr]
    with live_app.app_context():
        queue.run(job_id)
        queue.run(second_id)
        job = store().get(job_id)
        assert (job.percent, job.done, job.total) == (100, 60, 60)
        assert in_words(job.message) == "已处理 60 条，未处理 0 条。"
        disabled = db.session.scalar(select(func.count()).where(User.state == UserState.DISABLED))
        entries = db.session.scalar(select(func.count()).where(AuditEntry.action == "user.state"))
        runs = db.session.scalar(select(func.count()).where(AuditEntry.action == "bulk.run"))
        assert (disabled, entries, runs) == (60, 60, 1)
        db.session.remove()
    assert "60 条全部处理完成" in client.get(asked.location).text


def test_a_job_stops_when_its_owner_has_no_account_any_more(live_app: Flask) -> None:
    from portal.extensions import db, writing

    with live_app.app_context(), writing() as session:
        add_people(session, Office.load(session), 55)
        session.commit()
        db.session.remove()
    client = signed_in(live_app, "system_admin")
    asked = ask(client, "disable", all="1", query="q=批量")
    answer = client.post(f"{asked.location}/run", data={"csrf_token": csrf(client)})
    with live_app.app_context(), writing() as session:
        Office.load(session).people["system_admin"].state = UserState.DISABLED
        session.commit()
        db.session.remove()
    with live_app.app_context():
        queue.run(answer.location.rsplit("/", 1)[1])
        found = db.session.scalars(select(BulkLine)).all()
        assert {(line.state, line.code) for line in found} == {(LineState.LEFT, "bulk-actor-gone")}
        assert db.session.scalars(select(BulkRun)).one().state is RunState.DONE
        db.session.remove()


def test_what_a_cancelled_job_left_can_be_taken_up_or_let_be(live_app: Flask) -> None:
    from portal.extensions import db, writing

    with live_app.app_context(), writing() as session:
        add_people(session, Office.load(session), 55)
        session.commit()
        db.session.remove()
    client = signed_in(live_app, "system_admin")
    asked = ask(client, "disable", all="1", query="q=批量")
    token = {"csrf_token": csrf(client)}
    early = client.post(f"{asked.location}/stop", data=token, follow_redirects=True).text
    assert "不能再次执行" in early, "what was only asked about has nothing to stop"
    job = client.post(f"{asked.location}/run", data=token).location
    assert "后台正在处理" in client.post(f"{asked.location}/stop", data=token, follow_redirects=True).text
    client.post(f"{job}/cancel", data=token)
    assert "继续处理" in client.get(asked.location).text
    left = client.post(f"{asked.location}/stop", data=token, follow_redirects=True).text
    assert "已处理 0 条，未处理 55 条" in left
    with live_app.app_context():
        found = db.session.scalars(select(BulkLine)).all()
        assert {(line.state, line.code) for line in found} == {(LineState.LEFT, "bulk-stopped")}
        queue.run(job.rsplit("/", 1)[1])  # a message that comes late
        assert db.session.scalar(select(func.count()).where(User.state == UserState.DISABLED)) == 0
        db.session.remove()
    assert signed_in(live_app, "manager").post(f"{asked.location}/stop", data=token).status_code in {400, 404}
