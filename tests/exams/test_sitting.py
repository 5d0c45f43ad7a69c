"""The attempt engine on a real database: start, save, take over, hand in, and what the clock does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from portal.accounts.models import LoginSession
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import Attempt, AttemptEvent
from portal.exams.queries import attempts as queries
from portal.exams.rules.attempt import AttemptState, CloseReason
from portal.exams.rules.seal import verify
from portal.exams.services import attempts as services
from portal.web import identity
from tests.support.exams import SECRET, build_round


@pytest.fixture
def round_(session, office):
    return build_round(session(), office)


@pytest.fixture
def cadre(session, office):
    return viewer_of(session(), office.people["cadre"].id)


def begin(session, round_, viewer, at=None):
    return services.start(session(), viewer=viewer, now=at or clock.now(), round_id=round_.id, secret=SECRET)


def save(session, viewer, attempt, place, value, counter, *, lease=1, at=None):
    return services.save(
        session(), viewer=viewer, now=at or clock.now(), attempt=attempt, lease=lease,
        sent=[{"pos": place, "value": value, "counter": counter}],
    )  # fmt: skip


def test_a_second_start_gives_the_first_attempt(session, round_, cadre):
    first = begin(session, round_, cadre)
    assert begin(session, round_, cadre).id == first.id
    assert len(queries.attempts_of(session(), round_.id, cadre.id)) == 1


def test_the_database_refuses_a_second_first_attempt(session, round_, cadre):
    first = begin(session, round_, cadre)
    twin = Attempt(
        round_id=first.round_id, user_id=first.user_id, no=1, paper=[], started_at=first.started_at,
        due_at=first.due_at, max_score=0,
    )  # fmt: skip
    session.add(twin)
    with pytest.raises(IntegrityError):
        session.flush()


def test_nobody_off_the_list_starts(session, round_, office):
    stranger = viewer_of(session(), office.people["audit_admin"].id)
    with pytest.raises(RuleError, match="not-on-roster"):
        begin(session, round_, stranger)


def test_answers_are_kept_and_graded(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    keys = queries.keys(session(), attempt.paper)
    for counter, question in enumerate(queries.paper(session(), attempt), start=1):
        drawn = attempt.paper[question.place - 1]
        key = keys[drawn["v"]]
        value = [key[0][0]] if question.type == "fill" else [str(drawn["o"].index(option)) for option in key]
        result = save(session, cadre, attempt, question.place, value, counter)
        assert result.status == 200
        assert result.saved == {question.place: counter}
    services.submit(session(), viewer=cadre, now=clock.now(), attempt=attempt, round_=round_, secret=SECRET)
    assert attempt.score == attempt.max_score == 10_000
    assert attempt.passed is True
    assert attempt.closed_by is CloseReason.USER
    assert verify(SECRET, attempt.id, queries.answers(session(), attempt.id), attempt.seal)


def test_a_second_submit_changes_nothing(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    services.submit(session(), viewer=cadre, now=clock.now(), attempt=attempt, round_=round_, secret=SECRET)
    before = (attempt.submitted_at, attempt.score, attempt.seal)
    later = clock.now() + timedelta(minutes=5)
    services.submit(session(), viewer=cadre, now=later, attempt=attempt, round_=round_, secret=SECRET)
    assert (attempt.submitted_at, attempt.score, attempt.seal) == before


def test_after_hand_in_the_database_itself_refuses_changes(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    save(session, cadre, attempt, 1, ["0"], 1)
    services.submit(session(), viewer=cadre, now=clock.now(), attempt=attempt, round_=round_, secret=SECRET)
    for statement in (
        "UPDATE answers SET value = '[\"1\"]'",
        "DELETE FROM answers",
        "INSERT OR REPLACE INTO answers VALUES ({0}, 1, '[\"1\"]', 9, 9, '2026-01-01')",
        "INSERT INTO answers VALUES ({0}, 2, '[\"1\"]', 9, 9, '2026-01-01')",
    ):
        with pytest.raises((IntegrityError, OperationalError), match="sealed"), session.begin_nested():
            session.execute(text(statement.format(attempt.id).replace(":", r"\:")))


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 200), (1, 200), (60, 200), (61, 410)])
def test_the_deadline_to_the_second(session, round_, cadre, seconds, status):
    attempt = begin(session, round_, cadre)
    at = attempt.due_at + timedelta(seconds=seconds)
    assert save(session, cadre, attempt, 1, ["0"], 1, at=at).status == status
    kept = queries.answers(session(), attempt.id)
    assert (1 in kept) is (status == 200)


def test_what_comes_too_late_is_kept_as_evidence(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    save(session, cadre, attempt, 1, ["0"], 1, at=attempt.due_at + timedelta(seconds=61))
    event = session.scalars(select(AttemptEvent).where(AttemptEvent.kind == "late")).one()
    assert event.detail["answers"] == {"1": ["0"]}


def test_expired_and_unswept_counts_as_handed_in_and_a_new_start_closes_it(session, office):
    round_ = build_round(session(), office, title="可考两次", attempts_allowed=2, minutes=10)
    cadre = viewer_of(session(), office.people["cadre"].id)
    first = begin(session, round_, cadre)
    save(session, cadre, first, 1, ["0"], 1)
    later = first.due_at + timedelta(seconds=62)
    second = begin(session, round_, cadre, at=later)
    assert second.no == 2
    assert first.state is AttemptState.SUBMITTED
    assert first.closed_by is CloseReason.TIME
    assert first.submitted_at == first.due_at


def test_the_sweeper_closes_only_what_is_over(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    at_grace = attempt.due_at + timedelta(seconds=60)
    assert not services.close_by_id(session(), attempt_id=attempt.id, now=at_grace, secret=SECRET)
    after = attempt.due_at + timedelta(seconds=61)
    assert queries.expired(session(), after) == [attempt.id]
    assert services.close_by_id(session(), attempt_id=attempt.id, now=after, secret=SECRET)
    assert queries.expired(session(), after) == []


def test_a_takeover_moves_the_lease_and_the_old_page_fills_blanks_only(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    save(session, cadre, attempt, 1, ["0"], 1)
    services.take_over(session(), viewer=cadre, now=clock.now(), attempt=attempt)
    assert attempt.lease == 2
    save(session, cadre, attempt, 1, ["1"], 2, lease=2)
    late = save(session, cadre, attempt, 1, ["0"], 99, lease=1)
    assert late.status == 409
    assert queries.answers(session(), attempt.id)[1].value == ("1",)
    blank = save(session, cadre, attempt, 2, ["1"], 100, lease=1)
    assert blank.status == 409
    assert queries.answers(session(), attempt.id)[2].value == ("1",)


def test_garbage_is_refused_whole(session, round_, cadre):
    attempt = begin(session, round_, cadre)
    places = {question.type: question.place for question in queries.paper(session(), attempt)}
    for sent in (
        [{"pos": 0, "value": ["0"], "counter": 1}],
        [{"pos": 99, "value": ["0"], "counter": 1}],
        [{"pos": True, "value": ["0"], "counter": 1}],
        [{"pos": places["single"], "value": ["0", "1"], "counter": 1}],
        [{"pos": places["single"], "value": ["9"], "counter": 1}],
        [{"pos": places["judge"], "value": "0", "counter": 1}],
        [{"pos": places["fill"], "value": ["x" * 501], "counter": 1}],
        [{"pos": places["single"], "value": ["0"], "counter": "1"}],
        [{"pos": places["single"], "value": ["0"], "counter": -1}],
        [{"pos": places["single"], "value": ["0"], "counter": 2**40}],
        ["nonsense"],
    ):
        with pytest.raises(RuleError):
            services.save(session(), viewer=cadre, now=clock.now(), attempt=attempt, lease=1, sent=sent)
    assert queries.answers(session(), attempt.id) == {}


def test_the_login_session_is_held_for_the_exam(app, session, office, client_as):
    client = client_as("cadre")
    round_ = build_round(session(), office)
    with client.session_transaction() as cookie:
        assert cookie["sid"]
    from tests.support.people import csrf

    response = client.post(f"/exams/take/{round_.id}/start", data={"csrf_token": csrf(client)})
    assert response.status_code == 303
    attempt = session.scalars(select(Attempt)).one()
    held = session.scalars(select(LoginSession.hold_until).where(LoginSession.user_id == attempt.user_id)).one()
    assert held > attempt.due_at


def test_the_session_goes_idle_again_after_the_last_exam_in_it(app, session, office, client_as):
    client = client_as("cadre")
    with client.session_transaction() as cookie:
        fingerprint = identity.fingerprint(cookie[identity.SESSION_ID])
    viewer = replace(viewer_of(session(), office.people["cadre"].id), session_id=fingerprint)
    made = []
    for title, minutes in (("甲", 60), ("乙", 90)):
        round_ = build_round(session(), office, title=title, minutes=minutes)
        made.append((begin(session, round_, viewer), round_))
    now, (later, _) = clock.now(), made[1]
    for (attempt, round_), until in zip(made, (later.due_at, now), strict=True):
        services.submit(session(), viewer=viewer, now=now, attempt=attempt, round_=round_, secret=SECRET)
        held = session.scalars(select(LoginSession.hold_until).where(LoginSession.id == fingerprint)).one()
        assert held == until + services.HOLD_AFTER
