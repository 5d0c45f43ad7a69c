"""The live monitor: what everybody on the list is doing, and more time for one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import LoginSession
from portal.accounts.queries import viewer_of
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import Attempt, ExamRound, RosterEntry
from portal.exams.queries import monitor, results
from portal.exams.rules.round import RosterStatus
from portal.exams.services import attempts as attempt_services
from portal.exams.services import rosters
from portal.web import identity
from tests.support.exams import begin, build_round, sit
from tests.support.people import Office, csrf, sign_in

ClientAs = Callable[[str], FlaskClient]


@pytest.fixture
def round_(session: Any, office: Office) -> ExamRound:
    return build_round(session(), office)


def start(app: Any, session: Session, round_: ExamRound, office: Office, label: str) -> Attempt:
    """Somebody begins in a browser of their own."""
    user = office.people[label]
    client = sign_in(app, user)
    with client.session_transaction() as cookie:
        fingerprint = identity.fingerprint(cookie[identity.SESSION_ID])
    attempt = begin(session, round_, user)
    attempt.lease_session = fingerprint
    session.flush()
    return attempt


def watch(session: Session, round_: ExamRound, office: Office, role: str = "exam_officer") -> dict[str, Any]:
    viewer = viewer_of(session, office.people[role].id)
    _table, statement = monitor.watch_table(session, round_, clock.now(), viewer)
    return {row.name: row for row in session.execute(statement)}


def entry(session: Session, round_: ExamRound, office: Office, label: str) -> RosterEntry:
    return session.scalars(
        select(RosterEntry).where(RosterEntry.round_id == round_.id, RosterEntry.user_id == office.people[label].id)
    ).one()


def test_what_everybody_is_doing(app: Any, session: Any, round_: ExamRound, office: Office) -> None:
    start(app, session(), round_, office, "cadre")
    silent = start(app, session(), round_, office, "leader")
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == silent.lease_session)
        .values(last_seen_at=clock.now() - timedelta(minutes=2, seconds=5))
    )
    sit(session(), round_, office.people["exam_officer"])
    entry(session(), round_, office, "foreign_cadre").status = RosterStatus.EXEMPT
    session.flush()
    rows = watch(session(), round_, office)
    doing = {label: rows[office.people[label].name].doing for label in ("cadre", "leader", "exam_officer", "liaison")}
    assert doing == {"cadre": "sitting", "leader": "silent", "exam_officer": "done", "liaison": "waiting"}
    assert office.people["foreign_cadre"].name not in rows
    viewer = viewer_of(session(), office.people["exam_officer"].id)
    figures = monitor.watch_figures(session(), round_, clock.now(), viewer)
    total = monitor.watch_total(figures, "")
    assert (total.waiting, total.sitting, total.silent, total.done, total.should) == (1, 1, 1, 1, 4)
    assert len(figures) == len({office.people[label].unit_id for label in doing})


def test_one_whose_time_is_over_has_handed_in(app: Any, session: Any, round_: ExamRound, office: Office) -> None:
    attempt = start(app, session(), round_, office, "cadre")
    for seconds, doing in ((-59, "sitting"), (-62, "done")):
        attempt.due_at = clock.now() + timedelta(seconds=seconds)
        session.flush()
        assert watch(session(), round_, office)[office.people["cadre"].name].doing == doing


def test_only_answers_that_say_something_count(app: Any, session: Any, round_: ExamRound, office: Office) -> None:
    attempt = start(app, session(), round_, office, "cadre")
    places = {drawn["t"]: place for place, drawn in enumerate(attempt.paper, start=1)}
    sent = [(places["single"], ["0"]), (places["multiple"], []), (places["fill"], [""]), (places["judge"], ["1"])]
    attempt_services.save(
        session(), viewer=viewer_of(session(), attempt.user_id), now=clock.now(), attempt=attempt, lease=1,
        sent=[{"pos": place, "value": value, "counter": 1} for place, value in sent],
    )  # fmt: skip
    person = viewer_of(session(), attempt.user_id)
    attempt_services.take_over(session(), viewer=person, now=clock.now(), attempt=attempt)
    found = monitor.progress(session(), [None, attempt.id])
    assert found == {attempt.id: monitor.Progress(answered=2, questions=len(attempt.paper), moves=1)}


def test_attempts_are_found_by_round_and_person(session: Any, round_: ExamRound, office: Office) -> None:
    """With thousands at it, any other way compares everybody with everybody; see queries.rounds.going_on."""
    now, viewer = clock.now(), viewer_of(session(), office.people["exam_officer"].id)
    for statement in (
        monitor.watch_table(session(), round_, now, viewer)[1],
        results.people_table(session(), round_, now, viewer)[1],
    ):
        compiled = statement.compile(session().connection(), compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
        attempts = [step for step in plan if "attempts" in step]
        assert attempts
        assert all("round_id=? AND user_id=?" in step or "PRIMARY KEY" in step for step in attempts), plan


def test_whoever_may_need_help_stands_first(
    app: Any, client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    silent = start(app, session(), round_, office, "leader")
    start(app, session(), round_, office, "cadre")
    late = clock.now() - timedelta(minutes=9)
    session.execute(update(LoginSession).where(LoginSession.id == silent.lease_session).values(last_seen_at=late))
    sit(session(), round_, office.people["exam_officer"])
    html = client_as("exam_officer").get(f"/exams/rounds/{round_.id}/monitor").text.split("<tbody>", 1)[1]
    places = [html.index(office.people[label].name) for label in ("leader", "cadre", "liaison", "exam_officer")]
    assert places == sorted(places)


def test_each_sees_the_lines_of_their_units(session: Any, round_: ExamRound, office: Office) -> None:
    assert office.people["foreign_cadre"].name in watch(session(), round_, office)
    assert set(watch(session(), round_, office, "liaison")) == {
        office.people["cadre"].name, office.people["liaison"].name,
    }  # fmt: skip


def test_the_page_draws_itself_anew_only_while_somebody_sits(
    app: Any, client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    start(app, session(), round_, office, "cadre")
    client = client_as("exam_officer")
    html = client.get(f"/exams/rounds/{round_.id}/monitor").text
    assert 'hx-trigger="every 5s"' in html
    assert "答题中" in html
    part = client.get(f"/exams/rounds/{round_.id}/monitor?doing=sitting", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="results"')
    assert "doing=sitting" in part  # what it asks for next keeps the filter
    assert "共 1 条" in part
    over = build_round(
        session(), office, title="旧考试", opens=clock.now() - timedelta(days=9),
        closes=clock.now() - timedelta(days=8),
    )  # fmt: skip
    assert "every 5s" not in client.get(f"/exams/rounds/{over.id}/monitor").text


@pytest.mark.parametrize(("role", "status"), [("cadre", 403), ("audit_admin", 403), ("leader", 200), ("liaison", 200)])
def test_who_may_look(client_as: ClientAs, round_: ExamRound, role: str, status: int) -> None:
    assert client_as(role).get(f"/exams/rounds/{round_.id}/monitor").status_code == status


def give(client: FlaskClient, round_: ExamRound, entry_id: int, minutes: Any, reason: str) -> Any:
    where = f"/exams/rounds/{round_.id}/monitor/{entry_id}/minutes"
    return client.post(where, data={"csrf_token": csrf(client), "minutes": minutes, "reason": reason})


def test_more_minutes_for_one(app: Any, client_as: ClientAs, session: Any, round_: ExamRound, office: Office) -> None:
    attempt = start(app, session(), round_, office, "cadre")
    other = start(app, session(), round_, office, "leader")
    due, others_due = attempt.due_at, other.due_at
    client, line = client_as("exam_officer"), entry(session(), round_, office, "cadre")
    assert give(client, round_, line.id, 15, "停电").status_code == 303
    session.expire_all()
    assert attempt.due_at == due + timedelta(minutes=15)
    assert other.due_at == others_due
    assert give(client, round_, line.id, 5, "又停电").status_code == 303
    session.expire_all()
    assert attempt.due_at == due + timedelta(minutes=20)
    assert line.extra_minutes == 20
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "roster.minutes")).all()
    assert [each.detail["reason"] for each in entries] == ["停电", "又停电"]


@pytest.mark.parametrize(
    ("minutes", "reason"), [(0, "停电"), (-5, "停电"), (241, "停电"), ("", "停电"), ("x", "停电"), (5, ""), (5, "  ")]
)
def test_minutes_that_make_no_sense_are_refused(
    app: Any, client_as: ClientAs, session: Any, round_: ExamRound, office: Office, minutes: Any, reason: str
) -> None:
    attempt = start(app, session(), round_, office, "cadre")
    due: datetime = attempt.due_at
    line = entry(session(), round_, office, "cadre")
    assert give(client_as("exam_officer"), round_, line.id, minutes, reason).status_code == 422
    session.expire_all()
    assert attempt.due_at == due


def test_nobody_who_handed_in_or_has_not_begun_gets_minutes(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    sit(session(), round_, office.people["leader"])
    client = client_as("exam_officer")
    for label in ("leader", "cadre"):
        line = entry(session(), round_, office, label)
        answer = give(client, round_, line.id, 5, "停电")
        assert answer.status_code == 422
        assert "没有正在进行的答卷" in answer.text
        session.expire_all()
        assert line.extra_minutes == 0


def test_who_only_reads_gives_no_minutes(client_as: ClientAs, session: Any, round_: ExamRound, office: Office) -> None:
    line = entry(session(), round_, office, "cadre")
    assert give(client_as("leader"), round_, line.id, 5, "停电").status_code == 403
    assert give(client_as("foreign_liaison"), round_, line.id, 5, "停电").status_code == 404
    assert give(client_as("exam_officer"), round_, 10**9, 5, "停电").status_code == 404


def test_the_service_refuses_without_a_reason(session: Any, round_: ExamRound, office: Office) -> None:
    actor, line = viewer_of(session(), office.people["exam_officer"].id), entry(session(), round_, office, "cadre")
    with pytest.raises(RuleError, match="reason-missing-minutes"):
        rosters.add_minutes(session(), actor=actor, now=clock.now(), round_=round_, entry=line, minutes=5, reason="")
