"""Search across the portal: what one may see and no more, marked, bounded, at one cost."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.exams.rules.round import RoundState
from portal.meetings.models import Decision
from portal.study.models import StudyPlan
from portal.study.services import attendance
from portal.web.search import PER_KIND, QUERY_MOST, clean, marked
from tests.support.exams import build_bank, build_round
from tests.support.people import START, Office
from tests.support.study import TODAY, build_meeting, build_session

As = Callable[[str], FlaskClient]
Statements = Callable[[], contextlib.AbstractContextManager[list[str]]]


@example(text="<b>甲</b>&amp;", query="<b>")
@example(text="aXa", query="x")
@given(text=st.text(max_size=200), query=st.text(max_size=20))
def test_marks_never_bring_text_to_life(text: str, query: str) -> None:
    shown = str(marked(text, query))
    bare = shown.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert ">" not in bare
    plain = unescape(bare)
    assert plain.strip("…") in text or plain == text
    wanted = clean(query)
    for hit in re.findall(r"<mark>(.*?)</mark>", shown, flags=re.DOTALL):
        assert unescape(hit).casefold() == wanted.casefold() or unescape(hit).lower() == wanted.lower() or re.fullmatch(
            re.escape(wanted), unescape(hit), re.IGNORECASE
        )  # fmt: skip


@given(st.text(max_size=300))
def test_a_query_is_one_short_line(query: str) -> None:
    wanted = clean(query)
    assert wanted == clean(wanted)
    assert len(wanted) <= QUERY_MOST
    assert "\x00" not in wanted


def links(page: str) -> list[str]:
    found = re.search(r'<div id="results".*?</div>\s*(?:</main>|$)', page, flags=re.DOTALL)
    return re.findall(r'<a href="([^"]+)"', found.group() if found else page)


def test_each_finds_what_each_may_see(session: Session, office: Office, client_as: As) -> None:
    bank = build_bank(session, office, name="检索题库", each=1)
    foreign = build_bank(session, office, name="检索题库西山", unit="D03", each=1)
    round_ = build_round(session, office, title="检索考试", bank=bank, per_type=1, people=("cadre",))
    draft = build_round(
        session, office, title="检索草稿", unit="D03", bank=foreign, per_type=1, people=("cadre",),
        state=RoundState.DRAFT,
    )  # fmt: skip
    session.commit()
    paths = {
        "bank": f"/exams/banks/{bank.id}",
        "foreign": f"/exams/banks/{foreign.id}",
        "round": f"/exams/rounds/{round_.id}",
        "draft": f"/exams/rounds/{draft.id}",
        "mine": f"/exams/take/{round_.id}",
        "my-draft": f"/exams/take/{draft.id}",
    }
    sees = {
        "exam_officer": {"bank", "foreign", "round", "draft"},
        "liaison": {"bank", "round"},
        "foreign_liaison": {"bank", "foreign", "draft"},
        "cadre": {"mine"},
        "audit_admin": set(),
    }
    for who, wanted in sees.items():
        found = links(client_as(who).get("/search?q=检索").text)
        assert {name for name, path in paths.items() if path in found} == wanted, who


def test_people_units_and_entries(office: Office, client_as: As) -> None:
    cadre, name = office.people["cadre"], office.people["foreign_cadre"].name
    assert f"/accounts/people/{cadre.id}" in links(client_as("manager").get("/search?q=T001").text)
    assert links(client_as("exam_officer").get("/search?q=T001").text) == []
    assert links(client_as("exam_officer").get(f"/search?q={name}").text) == []
    assert f"/units/{office.units['D02'].id}/edit" in links(client_as("system_admin").get("/search?q=东风").text)
    assert any(link.startswith("/audit/") for link in links(client_as("audit_admin").get("/search?q=东风").text))
    assert not any(link.startswith("/audit/") for link in links(client_as("system_admin").get("/search?q=东风").text))


def test_wildcards_are_characters(client_as: As) -> None:
    for query in ("%25", "_", "\\", "%25%25"):
        assert links(client_as("manager").get(f"/search?q={query}").text) == []


def test_an_empty_box_asks_the_database_nothing(client_as: As, statements: Statements) -> None:
    client = client_as("exam_officer")
    costs = []
    for path in ("/accounts/password", "/search", "/search?q=", "/search?q=%20%E3%80%80"):
        with statements() as seen:
            assert client.get(path).status_code == 200
        costs.append(len(seen))
    assert costs[1:] == [1, 1, 1], "the person who asks, and nothing else"


def test_the_cost_is_one_statement_a_kind(
    session: Session, office: Office, client_as: As, statements: Statements
) -> None:
    bank = build_bank(session, office, name="量题库", each=1)
    client, costs = client_as("exam_officer"), []
    for number in (1, 30):
        for each in range(number):
            build_round(session, office, title=f"量考试{number}-{each}", bank=bank, per_type=1, people=())
        session.commit()
        with statements() as seen:
            page = client.get("/search?q=量").text
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 9
    assert len([link for link in links(page) if link.startswith("/exams/rounds/")]) == PER_KIND
    assert "/exams/rounds?q=" in page


def test_study_and_meetings_are_found_by_whom_they_concern(session: Session, office: Office, client_as: As) -> None:
    officer = office.viewer(session, "study_officer")
    study = build_session(session, office, officer, title="检索学习")
    attendance.add_unit(
        session, actor=officer, now=START, today=TODAY, row=study, unit_id=office.units["D0102"].id
    )  # fmt: skip
    meeting = build_meeting(session, office, officer, title="检索会议")
    owner, unit = office.people["case_officer"], office.units["D01"]
    decision = Decision(meeting_id=meeting.id, no=1, text="检索事项", unit_id=unit.id, owner_id=owner.id)
    plan = StudyPlan(year=2026, title="检索计划", unit_id=unit.id, created_at=START)
    session.add_all([decision, plan])
    session.commit()
    paths = {
        "study": f"/study/sessions/{study.id}",
        "meeting": f"/meetings/{meeting.id}",
        "decision": f"/meetings/decisions/{decision.id}",
        "plan": f"/study/plans/{plan.id}",
    }
    sees = {
        "study_officer": set(paths),
        "leader": {"study", "meeting", "decision"},  # the plan is a draft
        "case_officer": {"study", "decision"},  # listed, and in charge
        "foreign_liaison": set(),
        "cadre": set(),
    }
    for who, wanted in sees.items():
        client = client_as(who)
        found = links(client.get("/search?q=检索").text)
        assert {name for name, path in paths.items() if path in found} == wanted, who
        assert all(client.get(path).status_code == 200 for path in found if path in paths.values()), who


def test_typing_gets_the_results_alone(client_as: As) -> None:
    answer = client_as("manager").get("/search?q=T0", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="results"')
