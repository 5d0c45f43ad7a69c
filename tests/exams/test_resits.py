"""补考: who is on its list, in one query that says what the rule says; and 缓考, 免考."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import UserState
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bulk_roster
from portal.exams.models import RosterEntry
from portal.exams.queries import resits as queries
from portal.exams.queries import results
from portal.exams.rules.roster import RosterLine, resit_candidates
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState
from portal.exams.services import resits as services
from portal.exams.services.rosters import set_status
from tests.support.after import build_elsewhere, closed, score
from tests.support.exams import build_round, enrol, sit
from tests.support.people import csrf

LISTED = ("cadre", "liaison", "leader", "manager", "reviewer", "exam_officer")


@pytest.fixture
def main(session, office):
    """Passed: cadre. Failed: liaison. Not sat: leader. 缓考: manager. 免考: reviewer. Left: case_officer."""
    made = build_round(session(), office, people=("cadre", "liaison", "leader", "case_officer"))
    enrol(session(), made, office.people["manager"], status=RosterStatus.DEFERRED, reason="因公出差")
    enrol(session(), made, office.people["reviewer"], status=RosterStatus.EXEMPT, reason="产假")
    sit(session(), made, office.people["cadre"])
    sit(session(), made, office.people["liaison"], right=1)
    office.people["case_officer"].state = UserState.LEFT
    closed(made)
    session.commit()
    return made


def create(session, office, round_, **more):
    now = clock.now()
    values = {"title": "补考", "opens_at": now + timedelta(days=1), "closes_at": now + timedelta(days=3), **more}
    return services.create(session(), actor=office.viewer(session(), "exam_officer"), now=now, main=round_, **values)


def test_the_query_says_what_the_rule_says(session, office, main) -> None:
    now = clock.now()
    found = {row.user_id for row in session.execute(queries.candidates(main, now))}
    lines = [
        RosterLine(row.user_id, row.unit_id, row.status, row.attempt_id is not None, row.score)
        for row in session.execute(results.people(main, now)[0])
    ]
    left = {office.people["case_officer"].id}
    assert found == {line.user_id for line in resit_candidates(lines, main.pass_line)} - left
    assert found == {office.people[label].id for label in ("liaison", "leader", "manager")}
    assert queries.counts(session(), main, now) == {"not-sat": 1, "deferred": 1, "failed": 1}


def test_a_resit_takes_paper_and_people_and_is_linked(session, office, main) -> None:
    made = create(session, office, main)
    assert (made.kind, made.state, made.main_round_id, made.year) == (
        RoundKind.RESIT, RoundState.DRAFT, main.id, main.year,
    )  # fmt: skip
    entries = session.scalars(select(RosterEntry).where(RosterEntry.round_id == made.id)).all()
    assert {(entry.user_id, entry.status) for entry in entries} == {
        (office.people[label].id, RosterStatus.SHOULD) for label in ("liaison", "leader", "manager")
    }
    with pytest.raises(RuleError, match="resit-going-on"):
        create(session, office, main)
    with pytest.raises(RuleError, match="resit-of-resit"):
        create(session, office, made)


def test_a_deferral_beyond_the_resit_goes_on(session, office, main) -> None:
    entry = session.scalars(
        select(RosterEntry).where(RosterEntry.user_id == office.people["manager"].id, RosterEntry.round_id == main.id)
    ).one()
    entry.deferred_until = clock.today() + timedelta(days=30)
    made = create(session, office, main)
    copied = session.scalars(
        select(RosterEntry).where(RosterEntry.user_id == entry.user_id, RosterEntry.round_id == made.id)
    ).one()
    assert (copied.status, copied.reason, copied.deferred_until) == (
        RosterStatus.DEFERRED, "因公出差", entry.deferred_until,
    )  # fmt: skip


def test_who_passed_again_is_told_and_not_listed_a_second_time(session, office, main) -> None:
    made = create(session, office, main)
    made.state, made.published_at = RoundState.PUBLISHED, clock.now()
    made.opens_at = clock.now() - timedelta(days=2)
    session.flush()
    sit(session(), made, office.people["liaison"])
    closed(made)
    session.commit()
    now = clock.now()
    rows = {row.name: (row.outcome, row.again) for row in session.execute(queries.outcomes(main, now, None)[0])}
    assert rows[office.people["liaison"].name] == ("failed", "passed")
    assert rows[office.people["leader"].name] == ("not-sat", "not-sat")
    assert queries.passed_again(session(), main, now, None) == 1
    second = create(session, office, main, title="第二次补考")
    people = set(session.scalars(select(RosterEntry.user_id).where(RosterEntry.round_id == second.id)))
    assert people == {office.people["leader"].id, office.people["manager"].id}


def test_an_exam_on_paper_has_its_resit_on_paper(session, office) -> None:
    main = build_elsewhere(session(), office, kind=RoundKind.PAPER, people=("cadre", "leader"))
    score(session(), main, office.people["cadre"], 30)
    score(session(), main, office.people["leader"], 80)
    made = create(session, office, main)
    assert (made.kind, made.full_marks) == (RoundKind.PAPER, 10_000)
    assert set(session.scalars(select(RosterEntry.user_id).where(RosterEntry.round_id == made.id))) == {
        office.people["cadre"].id
    }
    made.state = RoundState.PUBLISHED
    score(session(), made, office.people["cadre"], 75)
    assert queries.passed_again(session(), main, clock.now(), None) == 1


def test_two_clicks_from_the_list(session, office, main, client_as) -> None:
    client = client_as("exam_officer")
    assert f"/exams/rounds/{main.id}/resit/new" in client.get(f"/exams/rounds/{main.id}/results/not-sat").text
    page = client.get(f"/exams/rounds/{main.id}/resit/new")
    assert page.status_code == 200
    form = {
        "csrf_token": csrf(client), "title": "补考", "opens_at": "2099-01-01T09:00", "closes_at": "2099-01-08T18:00",
    }  # fmt: skip
    answer = client.post(f"/exams/rounds/{main.id}/resit/new", data=form)
    assert answer.status_code == 303
    assert answer.location.endswith("/check")
    assert client.post(f"/exams/rounds/{main.id}/resit/new", data=form).status_code == 422
    assert client_as("liaison").get(f"/exams/rounds/{main.id}/resit/new").status_code == 404


def test_many_at_once_each_on_its_own(session, office, main) -> None:
    actor, now = office.viewer(session(), "exam_officer"), clock.now()
    bulk_list = bulk_roster.bulk.get("exams.round_roster")
    entries = {
        entry.user_id: entry for entry in session.scalars(select(RosterEntry).where(RosterEntry.round_id == main.id))
    }
    leader, cadre = (entries[office.people[label].id] for label in ("leader", "cadre"))
    bulk_list.act("defer-illness").apply(session(), actor, now, leader.id)
    assert (leader.status, leader.reason) == (RosterStatus.DEFERRED, "因病")
    with pytest.raises(RuleError, match="entry-unchanged"):
        bulk_list.act("defer-illness").apply(session(), actor, now, leader.id)
    with pytest.raises(RuleError, match="has-attempt"):
        bulk_list.act("exempt-maternity").apply(session(), actor, now, cadre.id)
    with pytest.raises(RuleError, match="entry-not-yours"):
        bulk_list.act("due").apply(session(), office.viewer(session(), "liaison"), now, leader.id)
    leader.deferred_until = clock.today()
    bulk_list.act("due").apply(session(), actor, now, leader.id)
    assert (leader.status, leader.reason, leader.deferred_until) == (RosterStatus.SHOULD, "", None)


def test_a_result_from_elsewhere_stands_against_an_exemption(session, office) -> None:
    main = build_elsewhere(session(), office, people=("cadre",))
    score(session(), main, office.people["cadre"], 80)
    entry = session.scalars(select(RosterEntry).where(RosterEntry.round_id == main.id)).one()
    with pytest.raises(RuleError, match="has-score"):
        set_status(
            session(), actor=office.viewer(session(), "exam_officer"), now=clock.now(), round_=main, entry=entry,
            status=RosterStatus.EXEMPT, reason="产假", extra_minutes=0,
        )  # fmt: skip


def test_the_excused_with_what_became_of_them_and_a_text_by_unit(session, office, main, client_as) -> None:
    entry = session.scalars(select(RosterEntry).where(RosterEntry.user_id == office.people["manager"].id)).one()
    entry.deferred_until = clock.today() - timedelta(days=1)
    session.commit()
    page = client_as("exam_officer").get(f"/exams/rounds/{main.id}/results/excused").text
    assert "已到期，待补考" in page
    assert "产假" in page
    assert f"{office.people['manager'].name}（缓考至 {entry.deferred_until}）" in page
    foreign = client_as("liaison").get(f"/exams/rounds/{main.id}/results/excused").text
    assert office.people["manager"].name not in foreign


def test_a_reminder_for_a_resit_says_so(session, office, main, client_as) -> None:
    made = create(session, office, main)
    made.state = RoundState.PUBLISHED
    session.commit()
    text = client_as("exam_officer").get(f"/exams/rounds/{made.id}/results/not-sat").text
    assert "【补考提醒】补考" in text
