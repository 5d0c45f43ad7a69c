"""Contests: joining, the clock of each question in both ways of saving, the leaderboard and who sees it."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from portal.accounts.models import LoginSession, User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.contest_models import Contest, ContestClock, ContestConsent
from portal.exams.models import AnswerRow, Attempt, RosterEntry
from portal.exams.queries import contest as queries
from portal.exams.queries import contest_units
from portal.exams.queries.rounds import facts
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.contest import QUESTION_GRACE, Standing, ranking, used_seconds
from portal.exams.rules.publishing import STOP, check_round
from portal.exams.rules.round import RoundKind, RoundState
from portal.exams.services import attempts as services
from portal.exams.services import rosters, rounds
from portal.extensions import db
from tests.exams.test_lane import Sitter
from tests.support.exams import begin, build_bank, build_contest, right_answers, sit
from tests.support.people import csrf

SECONDS = 30


def post(client, path: str, **form: Any):
    return client.post(path, data={"csrf_token": csrf(client), **form})


def viewer(session, office, label: str):
    return viewer_of(session, office.people[label].id)


@pytest.fixture
def clocked(session, office) -> Attempt:
    """A cadre at the first question of a contest with 30 seconds a question."""
    round_ = build_contest(session(), office, question_seconds=SECONDS)
    attempt = begin(session(), round_, office.people["cadre"])
    session.commit()
    return attempt


@pytest.fixture
def page(session, client_as, clocked):
    """The cadre's browser, which has the attempt."""
    client = client_as("cadre")
    session.execute(Attempt.__table__.update().values(lease_session=login_of(session)))
    session.commit()
    return client


def login_of(session) -> str:
    return session.scalars(select(LoginSession.id)).one()


# ---- the clock of each question ----------------------------------------------------------------------------------


def test_the_seconds_stand_on_the_paper_and_end_the_attempt(session, clocked) -> None:
    assert {line[queries.SECONDS] for line in clocked.paper} == {SECONDS}
    assert clocked.due_at == clocked.started_at + timedelta(seconds=SECONDS * 8)


def test_a_contest_with_one_clock_is_as_any_exam(session, office) -> None:
    attempt = begin(session(), build_contest(session(), office), office.people["cadre"])
    assert queries.clock_of(session(), attempt) is None
    assert attempt.due_at == attempt.started_at + timedelta(minutes=60)
    assert session.scalar(select(ContestClock)) is None


def test_extra_minutes_make_each_question_longer(session, office) -> None:
    round_ = build_contest(session(), office, question_seconds=SECONDS)
    entry = session.scalars(select(RosterEntry).where(RosterEntry.user_id == office.people["cadre"].id)).one()
    entry.extra_minutes = 4
    attempt = begin(session(), round_, office.people["cadre"])
    assert attempt.paper[0][queries.SECONDS] == SECONDS + 30
    with pytest.raises(RuleError, match="contest-no-minutes"):
        rosters.add_minutes(
            session(), actor=viewer(session(), office, "exam_officer"), now=clock.now(), round_=round_, entry=entry,
            minutes=5, reason="断网",
        )  # fmt: skip


def test_a_later_closing_gives_no_more_than_the_questions_need(session, office, clocked) -> None:
    round_ = session.scalars(select(rounds.ExamRound)).one()
    before = clocked.due_at
    rounds.extend(
        session(), actor=viewer(session(), office, "exam_officer"), now=clock.now(), round_=round_,
        closes_at=round_.closes_at + timedelta(days=1),
    )  # fmt: skip
    assert clocked.due_at == before


@pytest.mark.parametrize("door", ["lane", "flask"])
def test_a_late_save_is_refused_by_both_doors(live_app, door, monkeypatch) -> None:
    """Whether a save goes past Flask or through it, the answer to a closed question is not stored."""
    monkeypatch.setattr("tests.exams.test_lane.build_round", lambda s, o: build_contest(s, o, question_seconds=SECONDS))
    sitter = Sitter(live_app, door)
    begun = sitter.due - timedelta(seconds=SECONDS * 8)
    answers = [(1, value_for(live_app, sitter.attempt_id, 1), 1), (2, value_for(live_app, sitter.attempt_id, 2), 2)]
    with time_machine.travel(begun + timedelta(seconds=SECONDS - 1), tick=False):
        assert sitter.save(answers[0]).status_code == 200
        early = sitter.save(answers[1])
        assert (early.status_code, early.json["code"]) == (410, "question-closed")
    with time_machine.travel(begun + timedelta(seconds=SECONDS) + QUESTION_GRACE, tick=False):
        late = sitter.save((1, [], 9))
        assert (late.status_code, late.json["code"]) == (410, "question-closed")
        assert "第 1 题" in late.json["message"]
        assert sitter.save(answers[1]).status_code == 200
        both = sitter.save((1, [], 10), (2, [], 11))
        assert both.status_code == 410, "one closed question refuses the whole request"
    assert {place: value for place, (value, _counter) in sitter.stored().items()} == {
        1: answers[0][1],
        2: answers[1][1],
    }


def value_for(app, attempt_id: int, place: int) -> list[str]:
    with app.app_context():
        found = right_answers(db.session(), db.session.get_one(Attempt, attempt_id))[place]
        db.session.remove()
    return found


def test_one_question_at_a_time_without_script(session, page, clocked) -> None:
    here, form = f"/exams/attempts/{clocked.id}", f"/exams/attempts/{clocked.id}/question"
    sheet = right_answers(session(), clocked)
    for place in range(1, 9):
        html = page.get(here).get_data(as_text=True)
        assert f'data-place="{place}"' in html
        assert f"第 {place} 题 / 共 8 题" in html
        assert f'name="a{place + 1}"' not in html, "the next question is not in the page"
        answer = post(page, form, place=place, lease=1, action="next", **{f"a{place}": sheet[place]})
        assert answer.status_code == 303
    session.expire_all()
    assert (clocked.state, clocked.score) == (AttemptState.SUBMITTED, 10_000)
    assert page.get(here).headers["Location"].endswith("/result")


def test_what_is_left_by_hand_is_closed_and_what_is_kept_is_not(session, page, clocked) -> None:
    form = f"/exams/attempts/{clocked.id}/question"
    sheet = right_answers(session(), clocked)
    post(page, form, place=1, lease=1, action="save", a1=sheet[1])
    post(page, form, place=1, lease=1, action="next", a1=sheet[1])
    post(page, form, place=1, lease=1, action="next", a1=[])
    html = page.get(f"/exams/attempts/{clocked.id}").get_data(as_text=True)
    assert "第 1 题的时间已到" in html
    assert 'data-place="2"' in html, "a second click skips nothing"
    assert session.get_one(AnswerRow, (clocked.id, 1)).value == sheet[1]
    assert post(page, form, place=99, lease=1, action="next").status_code == 422


def test_when_the_time_is_over_there_is_only_handing_in(session, page, clocked) -> None:
    with time_machine.travel(clocked.due_at + timedelta(seconds=1), tick=False):
        html = page.get(f"/exams/attempts/{clocked.id}").get_data(as_text=True)
        assert "全部题目的时间已到" in html
        assert "data-place" not in html
        assert page.get(f"/exams/attempts/{clocked.id}/review").headers["Location"].endswith(f"/{clocked.id}")
        assert post(page, f"/exams/attempts/{clocked.id}/submit").status_code == 303
    session.expire_all()
    assert clocked.state is AttemptState.SUBMITTED


def test_the_form_of_a_whole_paper_changes_no_closed_question(session, page, clocked) -> None:
    sheet = right_answers(session(), clocked)
    answer = post(page, f"/exams/attempts/{clocked.id}/form", a3=sheet[3])
    assert answer.status_code >= 400
    assert session.scalar(select(AnswerRow)) is None


def test_a_page_that_was_taken_over_is_told_so(session, page, clocked) -> None:
    session.execute(Attempt.__table__.update().values(lease=2))
    session.commit()
    form = f"/exams/attempts/{clocked.id}/question"
    post(page, form, place=1, lease=1, action="next", a1=right_answers(session(), clocked)[1])
    assert "另一台设备" in page.get(f"/exams/attempts/{clocked.id}").get_data(as_text=True)
    assert session.get_one(ContestClock, clocked.id).position == 1


# ---- joining -----------------------------------------------------------------------------------------------------


def test_people_of_the_unit_and_below_join_while_it_is_open(session, office, client_as) -> None:
    round_ = build_contest(session(), office, people=(), unit="D02", self_enrol=True)
    session.commit()
    here = f"/exams/contests/{round_.id}"
    assert client_as("foreign_cadre").get(here).status_code == 404
    client = client_as("cadre")
    assert "去报名" in client.get("/").get_data(as_text=True)
    assert "去报名" in client.get("/exams/").get_data(as_text=True)
    assert post(client, f"{here}/join", agreed="1").headers["Location"].endswith(f"/exams/take/{round_.id}")
    post(client, f"{here}/join")
    entry = session.scalars(select(RosterEntry)).one()
    assert (entry.user_id, entry.unit_id) == (office.people["cadre"].id, office.people["cadre"].unit_id)
    assert session.get_one(ContestConsent, (round_.id, entry.user_id)).agreed is False, "said last"
    assert "去报名" not in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("self_enrol", [False, True])
def test_nobody_joins_what_is_closed_or_by_list(session, office, client_as, self_enrol) -> None:
    now = clock.now()
    round_ = build_contest(
        session(), office, people=(), self_enrol=self_enrol, opens=now - timedelta(days=2),
        closes=now - timedelta(days=1) if self_enrol else None,
    )  # fmt: skip
    session.commit()
    client = client_as("cadre")
    answer = post(client, f"/exams/contests/{round_.id}/join")
    assert answer.status_code == (303 if self_enrol else 404)
    assert session.scalar(select(RosterEntry)) is None
    assert "去报名" not in client.get("/").get_data(as_text=True)


# ---- the leaderboard ---------------------------------------------------------------------------------------------


sittings = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0, 5000, 10_000]), st.integers(0, 3), st.integers(0, 5)), max_size=10
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sittings)
def test_the_database_ranks_as_the_rule_does(session, office, tried) -> None:
    """Several attempts each, with equal scores and times: the best counts, the earliest on a tie."""
    work = session()
    outer = work.begin_nested()
    round_ = build_contest(work, office)
    people = [office.people[label].id for label in ("cadre", "liaison", "exam_officer", "leader", "foreign_cadre")]
    best: dict[int, tuple[Any, Standing]] = {}
    for number, (person, score, used, ended) in enumerate(tried):
        submitted = clock.now().replace(microsecond=0) - timedelta(seconds=ended, microseconds=-1000 * number)
        started = submitted.replace(microsecond=0) - timedelta(seconds=used)
        attempt = attempt_row(round_.id, people[person], number, started, submitted, score)
        work.add(attempt)
        work.flush()
        standing = Standing(
            people[person], score, used_seconds(started, submitted, attempt.due_at), int(submitted.timestamp())
        )
        order = (-score, submitted, attempt.id)
        if people[person] not in best or order < best[people[person]][0]:
            best[people[person]] = (order, standing)
    line = queries.standings(round_.id)
    found = {(row.place, row.user_id, row.score, row.used) for row in work.execute(select(*line.c))}
    expected = {(place, e.user_id, e.score, e.used) for place, e in ranking([each for _o, each in best.values()])}
    outer.rollback()
    assert found == expected


def attempt_row(round_id: int, user_id: int, no: int, started: Any, submitted: Any, score: int) -> Attempt:
    return Attempt(
        round_id=round_id, user_id=user_id, no=no, state=AttemptState.SUBMITTED, paper=[], started_at=started,
        due_at=started + timedelta(hours=1), submitted_at=submitted, max_score=10_000, score=score,
    )  # fmt: skip


def three(session, office, **more: Any):
    """A contest in which the leader is first, then the cadre, then the liaison; the cadre alone agreed to be named."""
    more = {"board_during": "everybody", "least_people": 1, **more}
    round_ = build_contest(session(), office, **more)
    for label, right in (("leader", None), ("cadre", 4), ("liaison", 0)):
        sit(session(), round_, office.people[label], right=right)
    session.add(ContestConsent(round_id=round_.id, user_id=office.people["cadre"].id, agreed=True, at=clock.now()))
    session.commit()
    return round_


def stands(session, round_):
    return queries.all_standings(session(), round_.id)


def names_on(html: str, office) -> set[str]:
    board = html[html.index('id="board"') :]
    return {label for label in ("leader", "cadre", "liaison") if office.people[label].name in board}


@pytest.mark.parametrize(
    ("names", "seen"),
    [("all", {"leader", "cadre", "liaison"}), ("agreed", {"cadre", "liaison"}), ("own", set())],
)
def test_whose_names_are_on_the_board(session, office, client_as, names, seen) -> None:
    """As the liaison reads it: one's own name is always there, and everybody keeps their place."""
    round_ = three(session, office, names=names)
    html = client_as("liaison").get(f"/exams/contests/{round_.id}").get_data(as_text=True)
    assert names_on(html, office) == seen
    assert ("未公开姓名" in html) is (names == "agreed")
    wall = client_as("exam_officer").get(f"/exams/rounds/{round_.id}/wall").get_data(as_text=True)
    assert names_on(wall, office) == seen - (set() if names == "all" else {"liaison"})


def test_my_own_place_wherever_it_stands(session, office) -> None:
    round_ = three(session, office)
    contest = session.get_one(Contest, round_.id)
    found = queries.board(stands(session, round_), contest, viewer(session(), office, "liaison"), top=1)
    assert [(line.place, line.name) for line in found.lines] == [(1, "")]
    assert found.own is not None
    assert (found.own.place, found.own.score, found.count) == (3, 0, 3)
    assert queries.board(stands(session, round_), contest, None).own is None


@pytest.mark.parametrize(
    ("audience", "show_score", "before", "after"),
    [
        ("organisers", "at_once", False, False),
        ("participants", "at_once", False, True),
        ("everybody", "at_once", True, True),
        ("everybody", "after_closing", False, False),
    ],
)
def test_who_sees_the_board_during_the_contest(session, office, client_as, audience, show_score, before, after) -> None:
    round_ = build_contest(session(), office, board_during=audience, show_score=show_score, names="all")
    sit(session(), round_, office.people["leader"])
    session.commit()
    client, here = client_as("cadre"), f"/exams/contests/{round_.id}"
    assert ("个人排行" in client.get(here).get_data(as_text=True)) is before
    sit(session(), round_, office.people["cadre"])
    session.commit()
    assert ("个人排行" in client.get(here).get_data(as_text=True)) is after


def test_an_attempt_under_way_or_void_is_on_no_board(session, office) -> None:
    round_ = three(session, office, names="all")
    contest = session.get_one(Contest, round_.id)
    begin(session(), round_, office.people["exam_officer"])
    first = session.scalars(select(Attempt).where(Attempt.user_id == office.people["leader"].id)).one()
    services.void(
        session(), actor=viewer(session(), office, "exam_officer"), now=clock.now(), attempt=first, reason="代考"
    )
    found = queries.board(stands(session, round_), contest, None)
    assert [(line.place, line.name) for line in found.lines] == [
        (1, office.people["cadre"].name),
        (2, office.people["liaison"].name),
    ]


def test_a_kept_board_is_read_again_when_anything_changes(session, office, client_as, statements) -> None:
    round_ = three(session, office, names="agreed")
    client, here = client_as("liaison"), f"/exams/contests/{round_.id}"

    def board() -> tuple[set[str], bool]:
        with statements() as seen:
            html = client.get(here).get_data(as_text=True)
        return names_on(html, office), any("rank() OVER" in each for each in seen)

    assert board() == ({"cadre", "liaison"}, True)
    assert board() == ({"cadre", "liaison"}, False), "nothing new: nothing is ranked"
    post(client_as("leader"), f"/exams/contests/{round_.id}/names", agreed="1")
    assert board() == ({"leader", "cadre", "liaison"}, True)
    session.execute(Attempt.__table__.update().where(Attempt.score == 0).values(score=9_999))
    session.commit()
    assert board()[1], "marked anew"
    sit(session(), round_, office.people["exam_officer"])
    session.commit()
    assert board()[1], "somebody has handed in"
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        assert board()[1], "a name may have changed"


def test_only_live_boards_are_drawn_again(session, office, client_as) -> None:
    round_ = three(session, office)
    client, here = client_as("cadre"), f"/exams/contests/{round_.id}"
    fragment = client.get(here, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert fragment.lstrip().startswith('<div id="board"')
    assert "every 2s" in fragment
    round_.closes_at = clock.now() - timedelta(hours=1)
    session.commit()
    assert "every 2s" not in client.get(here).get_data(as_text=True)


# ---- units and sheets --------------------------------------------------------------------------------------------


def test_units_count_the_list_or_everybody_in_service(session, office) -> None:
    by_list = three(session, office)
    listed = contest_units.figures(session(), by_list)
    assert (listed.people, listed.participants) == (5, 3)
    joined = three(session, office, title="自行报名", people=("leader", "cadre", "liaison"), self_enrol=True)
    figures = contest_units.figures(session(), joined)
    in_service = session.scalars(select(User.id).where(User.state == "active")).all()
    assert (figures.people, figures.participants) == (len(in_service), 3)
    assert figures.mean is not None
    scores = session.scalars(select(Attempt.score).where(Attempt.round_id == joined.id)).all()
    assert figures.mean * 3 == sum(scores)


def sheet_of(client, path: str) -> list[tuple[Any, ...]]:
    with client.get(f"{path}?export=xlsx") as answer:
        return list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))


def test_the_board_as_a_sheet(session, office, client_as) -> None:
    round_ = three(session, office)
    client, here = client_as("exam_officer"), f"/exams/rounds/{round_.id}/results/board"
    rows = sheet_of(client, here)
    assert [(row[0], row[1]) for row in rows[1:]] == [
        (place, office.people[label].name) for place, label in enumerate(("leader", "cadre", "liaison"), start=1)
    ]
    units = sheet_of(client, f"{here}/units")
    assert units[0][:3] == ("单位", "应参赛", "参赛")
    assert sum(row[2] for row in units[1:]) == 3


def test_a_liaison_reads_the_lines_of_their_own_units(session, office, client_as) -> None:
    """As everywhere in the results: places count everybody, names are those of their units."""
    round_ = three(session, office, names="agreed")
    mine = viewer(session(), office, "liaison")
    statement = queries.officers_board(round_, mine)
    read = {row.unit_id for row in session.execute(statement.add_columns(RosterEntry.unit_id))}
    allowed = contest_units.units_read_by(session(), round_, mine)
    assert all(unit in allowed for unit in read)
    contest = session.get_one(Contest, round_.id)
    units = contest_units.ranked_units(session(), round_, contest, stands(session, round_), mine)
    assert all(each.entry.unit_id in allowed for each in units)
    client = client_as("liaison")
    assert client.get(f"/exams/rounds/{round_.id}/wall").status_code in {200, 404}


def test_no_board_for_an_exam_or_a_draft(session, office, client_as) -> None:
    exam = build_contest(session(), office, kind=RoundKind.MAIN)
    draft = build_contest(session(), office, title="稿", state=RoundState.DRAFT)
    session.commit()
    client = client_as("exam_officer")
    for round_ in (exam, draft):
        for path in ("results/board", "results/board/units", "wall"):
            assert client.get(f"/exams/rounds/{round_.id}/{path}").status_code == 404
        assert client.get(f"/exams/contests/{round_.id}").status_code == 404


# ---- holding one -------------------------------------------------------------------------------------------------


def test_the_wizard_keeps_the_settings_and_a_copy_has_them(session, office, client_as) -> None:
    client = client_as("exam_officer")
    page = client.get("/exams/rounds/new").get_data(as_text=True)
    assert "竞赛设置" in page
    form = {
        "title": "竞赛", "kind": "contest", "year": "2026", "unit_id": str(office.units["D"].id),
        "opens_at": "2030-06-01T09:00", "closes_at": "2030-06-08T18:00", "minutes": "60", "pass_line": "60",
        "show_score": "at_once", "show_answers": "after_closing", "show_key": "after_closing",
        "show_analysis": "after_closing", "question_seconds": "20", "self_enrol": "y", "names": "own",
        "board_during": "everybody", "board_after": "organisers", "least_people": "5",
    }  # fmt: skip
    post(client, "/exams/rounds/new", **form)
    made = session.scalars(select(Contest)).one()
    kept = (made.question_seconds, made.self_enrol, made.names, made.board_during, made.board_after, made.least_people)
    assert kept == (20, True, "own", "everybody", "organisers", 5)
    post(client, f"/exams/rounds/{made.round_id}/copy", title="再办一次")
    assert [each.question_seconds for each in session.scalars(select(Contest))] == [20, 20]
    assert 'value="20"' in client.get(f"/exams/rounds/{made.round_id}/basics").get_data(as_text=True)
    bad = post(client, f"/exams/rounds/{made.round_id}/basics", **{**form, "question_seconds": "1"})
    assert bad.status_code == 422
    post(client, f"/exams/rounds/{made.round_id}/basics", **{**form, "kind": "mock"})
    assert session.get(Contest, made.round_id) is None


@pytest.mark.parametrize(("seconds", "stops"), [(450, False), (451, True)])
def test_the_clocks_fit_into_the_whole(session, office, seconds, stops) -> None:
    """Eight questions in sixty minutes."""
    round_ = build_contest(session(), office, question_seconds=seconds, state=RoundState.DRAFT)
    codes = [line.code for line in check_round(facts(session(), round_), clock.now()) if line.state == STOP]
    assert ("question-clocks-long" in codes) is stops


def test_an_empty_list_may_be_published_where_people_join(session, office) -> None:
    for self_enrol in (False, True):
        round_ = build_contest(session(), office, people=(), self_enrol=self_enrol, state=RoundState.DRAFT)
        codes = [line.code for line in check_round(facts(session(), round_), clock.now())]
        assert ("people-join" in codes, "nobody-listed" in codes) == (self_enrol, not self_enrol)


# ---- many people -------------------------------------------------------------------------------------------------


def test_a_board_costs_the_same_for_five_thousand(session, office, client_as, statements) -> None:
    bank = build_bank(session(), office)
    round_ = build_contest(
        session(), office, bank=bank, people=("cadre",), board_during="everybody", names="all", self_enrol=True
    )
    session.commit()
    cadre, officer, costs = client_as("cadre"), client_as("exam_officer"), []
    for first, last in ((0, 10), (10, 5_000)):
        crowd(session, office, round_.id, first, last)
        with statements() as seen:
            for client, path in (
                (cadre, f"/exams/contests/{round_.id}"),
                (officer, f"/exams/rounds/{round_.id}/wall"),
                (officer, f"/exams/rounds/{round_.id}/results/board"),
                (officer, f"/exams/rounds/{round_.id}/results/board/units"),
            ):
                assert client.get(path).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]
    assert len(stands(session, round_)) == 5_000


def crowd(session, office, round_id: int, first: int, last: int) -> None:
    """People who have taken part, written in bulk."""
    unit, now = office.units["D01"], clock.now()
    numbers = range(first, last)
    session.execute(
        insert(User),
        [
            {"number": f"Z{number:05d}", "name": f"众{number}", "unit_id": unit.id, "password_hash": "-",
             "created_at": now}
            for number in numbers
        ],
    )  # fmt: skip
    ids = session.scalars(select(User.id).where(User.number.like("Z%")).order_by(User.id)).all()[first:last]
    session.execute(
        insert(RosterEntry),
        [{"round_id": round_id, "user_id": each, "unit_id": unit.id, "unit_name": unit.name} for each in ids],
    )
    session.execute(
        insert(Attempt),
        [
            {"round_id": round_id, "user_id": each, "no": 1, "state": AttemptState.SUBMITTED, "paper": [],
             "started_at": now - timedelta(minutes=9), "submitted_at": now - timedelta(seconds=each % 99),
             "due_at": now, "max_score": 10_000, "score": each % 11 * 1000}
            for each in ids
        ],
    )  # fmt: skip
    session.commit()


def test_a_draft_that_is_thrown_away_leaves_nothing(session, office) -> None:
    round_ = build_contest(session(), office, state=RoundState.DRAFT)
    rounds.discard(session(), actor=viewer(session(), office, "exam_officer"), now=clock.now(), round_=round_)
    session.expire_all()
    assert session.scalar(select(Contest)) is None
