"""The officers' pages: who may open them, what they cost, and the way through the wizard without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.exams.models import Attempt, ExamRound, PaperSection, RosterEntry
from portal.exams.queries import rosters as roster_queries
from portal.exams.queries.attempts import section_rules
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.round import RoundState
from tests.support.exams import begin, build_bank, build_round, sit
from tests.support.people import Office, csrf

ClientAs = Callable[[str], FlaskClient]
PAGES = ("", "/results", "/results/units", "/results/distribution", "/results/not-sat")


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    return client.post(url, data={"csrf_token": csrf(client), **data})


def wall(moment: Any) -> str:
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("role", ["cadre", "study_officer", "audit_admin"])
def test_the_pages_are_not_for_everybody(client_as: ClientAs, session: Session, office: Office, role: str) -> None:
    round_ = build_round(session, office)
    client = client_as(role)
    assert client.get("/exams/rounds").status_code == 403
    for page in PAGES:
        assert client.get(f"/exams/rounds/{round_.id}{page}").status_code == 403


@pytest.mark.parametrize("role", ["exam_officer", "leader"])
def test_officers_and_readers_see_every_page(client_as: ClientAs, session: Session, office: Office, role: str) -> None:
    round_ = build_round(session, office)
    sit(session, round_, office.people["cadre"])
    client = client_as(role)
    assert round_.title in client.get("/exams/rounds").text
    for page in PAGES:
        assert client.get(f"/exams/rounds/{round_.id}{page}").status_code == 200, page


def test_who_only_reads_may_change_nothing(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office, state=RoundState.DRAFT)
    client = client_as("leader")
    assert client.get("/exams/rounds/new").status_code == 403
    assert client.get(f"/exams/rounds/{round_.id}/basics").status_code == 403
    assert post(client, f"/exams/rounds/{round_.id}/publish").status_code == 403


def test_a_round_of_another_subdistrict_does_not_exist(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office, unit="D03", title="西山街道考试", people=("foreign_cadre",))
    attempt = sit(session, round_, office.people["foreign_cadre"])
    client = client_as("liaison")
    assert "西山街道考试" not in client.get("/exams/rounds").text
    for page in (*PAGES, "/basics", "/paper", "/roster", "/check", f"/results/attempts/{attempt.id}"):
        assert client.get(f"/exams/rounds/{round_.id}{page}").status_code == 404, page
    for action in ("publish", "archive", "delete", "copy", "extend", f"results/attempts/{attempt.id}/void"):
        assert post(client, f"/exams/rounds/{round_.id}/{action}", title="x", reason="x").status_code == 404, action


def test_a_row_of_one_round_is_not_reached_through_another(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    foreign = build_round(session, office, unit="D03", state=RoundState.DRAFT)
    mine = build_round(session, office, unit="D02", state=RoundState.DRAFT)
    client = client_as("liaison")
    section = section_rules(session, foreign.id)[0]
    entry = session.scalars(select(RosterEntry).where(RosterEntry.round_id == foreign.id)).first()
    assert entry is not None
    assert post(client, f"/exams/rounds/{mine.id}/sections/{section.id}/remove").status_code == 404
    assert client.get(f"/exams/rounds/{mine.id}/roster/{entry.id}").status_code == 404


def test_the_list_costs_the_same_for_one_round_and_for_thirty(
    client_as: ClientAs, session: Session, office: Office, statements: Any
) -> None:
    client = client_as("exam_officer")
    build_round(session, office, title="第0场")

    def cost() -> int:
        with statements() as seen:
            assert client.get("/exams/rounds").status_code == 200
        return len(seen)

    cost()  # whoever asks first pays for reading who it is
    one = cost()
    for number in range(1, 31):
        sit(session, build_round(session, office, title=f"第{number}场"), office.people["cadre"], right=0)
    assert cost() == one


def test_results_cost_the_same_for_few_and_for_many(
    client_as: ClientAs, session: Session, office: Office, statements: Any
) -> None:
    client = client_as("exam_officer")
    few = build_round(session, office, people=("cadre",))
    many = build_round(session, office, people=tuple(office.people))
    for label in office.people:
        sit(session, many, office.people[label], right=3)

    def cost(url: str) -> int:
        with statements() as seen:
            assert client.get(url).status_code == 200
        return len(seen)

    cost("/exams/rounds")  # whoever asks first pays for reading who it is
    for page in PAGES[1:]:
        assert cost(f"/exams/rounds/{few.id}{page}") == cost(f"/exams/rounds/{many.id}{page}"), page


def test_the_list_filters(client_as: ClientAs, session: Session, office: Office) -> None:
    now = clock.now()
    build_round(session, office, title="草稿甲", state=RoundState.DRAFT)
    build_round(session, office, title="开着乙")
    build_round(session, office, title="未开丙", opens=now + timedelta(days=1))
    build_round(
        session, office, title="结束丁", opens=now - timedelta(days=9), closes=now - timedelta(days=2), year=2025
    )
    client = client_as("exam_officer")

    def titles(query: str) -> set[str]:
        text = client.get(f"/exams/rounds?{query}").text
        return {title for title in ("草稿甲", "开着乙", "未开丙", "结束丁") if f">{title}</a>" in text}

    assert titles("phase=draft") == {"草稿甲"}
    assert titles("phase=open") == {"开着乙"}
    assert titles("phase=upcoming") == {"未开丙"}
    assert titles("phase=closed") == {"结束丁"}
    assert titles("year=2025") == {"结束丁"}
    assert titles("q=乙") == {"开着乙"}
    assert titles("kind=mock") == set()


def _basics(office: Office, **changes: Any) -> dict[str, Any]:
    now = clock.now()
    values = {
        "title": "秋季学法考试", "kind": "main", "year": "2026", "unit_id": str(office.units["D"].id),
        "opens_at": wall(now + timedelta(days=1)), "closes_at": wall(now + timedelta(days=3)), "minutes": "45",
        "pass_line": "60", "excellent_line": "", "attempts_allowed": "", "show_score": "at_once",
        "show_answers": "never", "show_key": "after_closing", "show_analysis": "after_closing", "notes": "带好工号",
    }  # fmt: skip
    return {**values, **changes}


def test_the_whole_wizard_without_script(client_as: ClientAs, session: Session, office: Office) -> None:
    bank, client = build_bank(session, office), client_as("exam_officer")
    answer = post(client, "/exams/rounds/new", **_basics(office))
    assert answer.status_code == 303
    round_ = session.scalars(select(ExamRound).where(ExamRound.title == "秋季学法考试")).one()
    here = f"/exams/rounds/{round_.id}"
    assert (round_.attempts_allowed, round_.excellent_line, round_.pass_line) == (None, None, 6000)
    assert 'value="秋季学法考试"' in client.get(f"{here}/basics").text
    section = {
        "title": "一、单选题", "type": "single", "bank_id": bank.id, "law_title": "", "difficulty": "",
        "count": "5", "points": "25", "partial": "all", "shuffle": "y",
    }  # fmt: skip
    assert post(client, f"{here}/paper", **section).status_code == 303
    page = client.get(f"{here}/paper").text
    assert "4 不够" in page
    assert "合计 5 题，125 分" in page
    assert "缺 1 道题" in client.get(f"{here}/check").text
    assert post(client, f"{here}/publish").headers["Location"].endswith("/check")
    assert round_.state is RoundState.DRAFT
    part = session.scalars(select(PaperSection).where(PaperSection.round_id == round_.id)).one()
    assert post(client, f"{here}/sections/{part.id}", **{**section, "count": "4"}).status_code == 303
    post(client, f"{here}/roster/units", unit_id=office.units["D02"].id)
    post(client, f"{here}/roster/people", number=office.people["leader"].number)
    assert roster_queries.summary(session, round_.id)["should"] == 3
    client.get(f"{here}/check")  # shows what the posts before it had to say
    assert "须改" not in client.get(f"{here}/check").text
    assert post(client, f"{here}/publish").headers["Location"].endswith(here)
    session.refresh(round_)
    assert round_.state is RoundState.PUBLISHED
    assert client.get(f"{here}/basics").status_code == 409


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"title": ""}, "请填写这一项"),
        ({"minutes": "0"}, "请填写 1 到 600 之间的整数"),
        ({"closes_at": "2020-01-01T08:00"}, "结束时间须晚于开始时间"),
        ({"pass_line": "六十"}, "请填写数字"),
        ({"opens_at": "明天"}, "请填写完整的日期和时间，例如 2026-06-01 09:30"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    client_as: ClientAs, session: Session, office: Office, changes: dict[str, str], text: str
) -> None:
    answer = post(client_as("exam_officer"), "/exams/rounds/new", **_basics(office, **changes))
    assert answer.status_code == 422
    assert text in answer.text
    assert "带好工号" in answer.text
    assert session.scalars(select(ExamRound)).all() == []


def test_fix_search_swap_and_remove(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office, state=RoundState.DRAFT)
    client, here = client_as("exam_officer"), f"/exams/rounds/{round_.id}"
    post(client, f"{here}/paper/fix")
    page = client.get(f"{here}/paper").text
    assert page.count('value="swap"') == 8
    item = re.search(rf"{here}/items/(\d+)", page)
    assert item is not None
    first = section_rules(session, round_.id)[0]
    found = client.get(f"{here}/paper?section={first.id}&q=题干").text
    version = re.search(r'name="version" value="(\d+)"', found)
    assert version is not None
    post(client, f"{here}/sections/{first.id}/items", version=version[1])
    post(client, f"{here}/items/{item[1]}", action="swap")
    post(client, f"{here}/items/{item[1]}", action="remove")
    assert client.get(f"{here}/paper").text.count('value="swap"') == 8
    post(client, f"{here}/paper/unfix")
    assert "抽一次题并固定" in client.get(f"{here}/paper").text


def test_a_line_of_the_list(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    attempt = begin(session, round_, office.people["cadre"])
    due = attempt.due_at
    entry = roster_queries.entry_of(session, round_.id, office.people["cadre"].id)
    assert entry is not None
    session.commit()  # a refusal rolls back
    client, here = client_as("exam_officer"), f"/exams/rounds/{round_.id}/roster/{entry.id}"
    refused = post(client, here, status="exempt", reason="", extra_minutes="0")
    assert refused.status_code == 422
    assert "缓考、免考须填写原因" in refused.text
    assert post(client, here, status="should", reason="", extra_minutes="15").status_code == 303
    session.refresh(attempt)
    assert attempt.due_at == due + timedelta(minutes=15)


def test_sheets_leave_with_a_note(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    sit(session, round_, office.people["cadre"], right=5)
    client = client_as("leader")

    def sheet(page: str) -> list[list[Any]]:
        with client.get(f"/exams/rounds/{round_.id}/{page}?export=xlsx") as answer:
            return CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()

    rows = sheet("results")
    mine = next(row for row in rows if row[0] == office.people["cadre"].number)
    assert mine[4:7] == [62.5, "及格", 1.0]
    rows = sheet("results/units")
    assert rows[-1][:3] == ["合计", 5.0, 1.0]
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "results.export")).all()
    assert [entry.actor_id for entry in noted] == [office.people["leader"].id] * 2


def test_results_filter_by_unit_and_outcome(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    sit(session, round_, office.people["cadre"])
    sit(session, round_, office.people["leader"], right=0)
    client = client_as("exam_officer")

    def names(query: str) -> set[str]:
        text = client.get(f"/exams/rounds/{round_.id}/results?{query}").text
        return {label for label, user in office.people.items() if f">{user.number}</td>" in text}

    assert names("outcome=passed") == {"cadre"}
    assert names("outcome=failed") == {"leader"}
    assert names("outcome=not-sat") == {"liaison", "exam_officer", "foreign_cadre"}
    assert names(f"unit={office.units['D0201'].id}") == {"cadre"}
    assert names(f"q={office.people['leader'].name}") == {"leader"}
    assert names("sort=-score") >= {"cadre", "leader"}


def test_keys_are_shown_to_the_officer_only_after_hand_in(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    round_ = build_round(session, office)
    running = begin(session, round_, office.people["cadre"])
    done = sit(session, round_, office.people["leader"], right=3)
    client, here = client_as("exam_officer"), f"/exams/rounds/{round_.id}/results/attempts"
    open_page = client.get(f"{here}/{running.id}").text
    assert "正确答案" not in open_page
    assert "测试题干" not in open_page
    page = client.get(f"{here}/{done.id}").text
    assert page.count("正确答案：") == 8
    assert page.count("得 12.5 分，满分 12.5 分") == 3
    assert f"/attempts/{done.id}/evidence" in page


def test_an_expired_attempt_reads_as_handed_in(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    attempt = begin(session, round_, office.people["cadre"], at=clock.now() - timedelta(hours=2))
    client = client_as("exam_officer")
    assert "已交卷，待出分" in client.get(f"/exams/rounds/{round_.id}/results").text
    assert "已交卷，待出分" in client.get(f"/exams/rounds/{round_.id}/results/attempts/{attempt.id}").text
    assert session.get_one(Attempt, attempt.id).state is AttemptState.IN_PROGRESS


def test_voiding_wants_a_reason_and_is_in_the_log(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    attempt = sit(session, round_, office.people["cadre"])
    client, here = client_as("exam_officer"), f"/exams/rounds/{round_.id}/results/attempts/{attempt.id}"
    post(client, f"{here}/void", reason="")
    session.refresh(attempt)
    assert attempt.state is AttemptState.SUBMITTED
    post(client, f"{here}/void", reason="代考")
    session.refresh(attempt)
    assert attempt.state is AttemptState.VOIDED
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "attempt.void")).one()
    assert entry.detail["reason"] == "代考"
    assert "已作废" in client.get(here).text


def test_archive_copy_and_delete(client_as: ClientAs, session: Session, office: Office) -> None:
    now = clock.now()
    round_ = build_round(session, office, opens=now - timedelta(days=9), closes=now - timedelta(days=2))
    client, here = client_as("exam_officer"), f"/exams/rounds/{round_.id}"
    copied = post(client, f"{here}/copy", title="再来一场")
    assert copied.status_code == 303
    made = session.scalars(select(ExamRound).where(ExamRound.title == "再来一场")).one()
    assert client.get(copied.headers["Location"]).status_code == 200
    post(client, f"/exams/rounds/{made.id}/delete")
    assert session.scalars(select(ExamRound).where(ExamRound.title == "再来一场")).all() == []
    post(client, f"{here}/archive")
    session.refresh(round_)
    assert round_.state is RoundState.ARCHIVED


def test_the_reminder_can_be_copied_without_script_too(client_as: ClientAs, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    page = client_as("leader").get(f"/exams/rounds/{round_.id}/results/not-sat").text
    assert re.search(r'<textarea[^>]*id="remind-all"[^>]*readonly', page)
    assert 'data-copy="remind-all"' in page
    assert page.count("【考试提醒】") == 1 + 5
