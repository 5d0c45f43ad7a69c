"""Exams sat elsewhere on their pages: set up, entered by hand, corrected, struck; and one's own history."""

from __future__ import annotations

from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.exams.models import ExamRound
from portal.exams.models_records import RecordedScore
from portal.exams.rules.round import RoundKind, RoundState
from tests.support.after import DAY, build_elsewhere, score
from tests.support.exams import build_round, sit
from tests.support.people import csrf, number_of


def test_a_round_is_registered_in_one_page(session, office, client_as) -> None:
    client = client_as("exam_officer")
    form = {
        "csrf_token": csrf(client), "title": "全省统考", "kind": "superior", "year": "2024",
        "unit_id": str(office.units["D"].id), "first_day": "2024-11-01", "last_day": "2024-11-03",
        "full_marks": "100", "pass_line": "60", "excellent_line": "90",
    }  # fmt: skip
    answer = client.post("/exams/rounds/elsewhere/new", data=form)
    made = session.scalars(select(ExamRound).where(ExamRound.title == "全省统考")).one()
    assert answer.location.endswith(f"/exams/rounds/{made.id}")
    assert (made.full_marks, made.state, (made.closes_at - made.opens_at).days) == (10_000, RoundState.DRAFT, 3)
    assert client.get(answer.location).status_code == 200
    assert client.get(f"/exams/rounds/{made.id}/basics").status_code == 303
    wrong = client.post("/exams/rounds/elsewhere/new", data={**form, "pass_line": "120"})
    assert wrong.status_code == 422
    assert "及格线不能高于满分" in wrong.text


def test_by_hand_corrected_and_struck_each_with_its_entry(session, office, client_as) -> None:
    round_ = build_elsewhere(session(), office, people=("cadre",))
    client, token = client_as("exam_officer"), None
    token = csrf(client)
    url = f"/exams/rounds/{round_.id}/scores/new"
    good = {"csrf_token": token, "number": number_of("cadre"), "score": "88.5", "sat_on": DAY.isoformat()}
    assert client.post(url, data={**good, "number": number_of("leader")}).status_code == 422
    assert client.post(url, data={**good, "score": "100.5"}).status_code == 422
    assert client.post(url, data=good).status_code == 303
    assert "已有成绩" in client.post(url, data=good).text
    row = session.scalars(select(RecordedScore).where(RecordedScore.round_id == round_.id)).one()
    here = f"/exams/rounds/{round_.id}/scores/{row.id}"
    assert client.post(here, data={**good, "score": "90"}).status_code == 422, "a reason is needed"
    assert client.post(here, data={**good, "score": "90", "reason": "复核更正"}).status_code == 303
    assert row.score == 9000
    client.post(f"{here}/strike", data={"csrf_token": token, "reason": "冒名"})
    assert session.scalars(select(RecordedScore).where(RecordedScore.round_id == round_.id)).all() == []
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.action.like("score.%")).order_by(AuditEntry.id)
    ).all()
    assert actions == ["score.record", "score.correct", "score.strike"]


def test_nobody_else_records_and_no_round_sat_here_is_touched(session, office, client_as) -> None:
    elsewhere, here = build_elsewhere(session(), office), build_round(session(), office)
    assert client_as("liaison").get(f"/exams/rounds/{elsewhere.id}/scores/new").status_code == 404
    assert client_as("leader").get(f"/exams/rounds/{elsewhere.id}/scores/new").status_code == 403
    assert client_as("exam_officer").get(f"/exams/rounds/{here.id}/scores/new").status_code == 404
    # It lists the cadre, but there is nothing to sit.
    assert client_as("cadre").get(f"/exams/take/{elsewhere.id}").status_code == 404
    assert elsewhere.title not in client_as("cadre").get("/exams/").text


def test_the_history_has_every_round_and_keeps_what_may_not_be_seen(session, office, client_as) -> None:
    cadre = office.people["cadre"]
    shown = build_round(session(), office, title="显示成绩", year=2025)
    hidden = build_round(session(), office, title="不显示成绩", show_score="never", year=2024)
    for round_ in (shown, hidden):
        sit(session(), round_, cadre)
    superior = build_elsewhere(session(), office, title="统考", kind=RoundKind.SUPERIOR, year=2023)
    score(session(), superior, cadre, 73)
    build_elsewhere(session(), office, title="缺考的统考", year=2022)
    session.commit()
    page = client_as("cadre").get("/exams/history").text
    assert '<td data-l="成绩" class="num half">73</td>' in page
    assert page.count(">100<") == 1, "the hidden score is not told"
    for title in ("显示成绩", "不显示成绩", "统考", "缺考的统考"):
        assert title in page
    assert clock.now() > superior.closes_at
    assert "缺考的统考" not in client_as("foreign_liaison").get("/exams/history").text
