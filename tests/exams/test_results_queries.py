"""Which attempt counts, and what the figures say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.core import clock
from portal.exams.models import ExamRound
from portal.exams.queries import results as queries
from portal.exams.queries import rosters
from portal.exams.rules.round import RosterStatus
from portal.exams.services import attempts as attempt_services
from portal.exams.services import results as services
from tests.support.exams import begin, build_round, sit
from tests.support.people import Office

LIST = ("cadre", "liaison", "exam_officer", "leader", "foreign_cadre", "foreign_liaison", "reviewer", "manager")


def outcomes(session: Session, office: Office, round_: ExamRound) -> dict[str, Any]:
    labels = {user.id: label for label, user in office.people.items()}
    statement, _ = queries.people(round_, clock.now())
    return {labels[row.user_id]: row for row in session.execute(statement)}


def set_status(session: Session, office: Office, round_: ExamRound, label: str, status: RosterStatus) -> None:
    entry = rosters.entry_of(session, round_.id, office.people[label].id)
    assert entry is not None
    entry.status = status
    session.flush()


def scene(session: Session, office: Office) -> ExamRound:
    """cadre passed at the second try, liaison failed, exam_officer excellent, leader's time is over unmarked,
    foreign_cadre is sitting, foreign_liaison deferred, reviewer exempt, manager absent."""
    round_ = build_round(session, office, people=LIST, attempts_allowed=None)
    now, people = clock.now(), office.people
    sit(session, round_, people["cadre"], right=1, at=now - timedelta(hours=9))
    sit(session, round_, people["cadre"], right=6, at=now - timedelta(hours=8))
    sit(session, round_, people["cadre"], right=5, at=now - timedelta(hours=7))
    sit(session, round_, people["liaison"], right=2)
    sit(session, round_, people["exam_officer"])
    begin(session, round_, people["leader"], at=now - timedelta(hours=3))
    begin(session, round_, people["foreign_cadre"])
    set_status(session, office, round_, "foreign_liaison", RosterStatus.DEFERRED)
    set_status(session, office, round_, "reviewer", RosterStatus.EXEMPT)
    return round_


def test_everybody_has_one_line_with_the_attempt_that_counts(session: Session, office: Office) -> None:
    found = outcomes(session, office, scene(session, office))
    assert {label: row.outcome for label, row in found.items()} == {
        "cadre": "passed",
        "liaison": "failed",
        "exam_officer": "passed",
        "leader": "waiting",
        "foreign_cadre": "sitting",
        "foreign_liaison": "deferred",
        "reviewer": "exempt",
        "manager": "not-sat",
    }
    assert (found["cadre"].score, found["cadre"].attempts) == (7500, 3)
    assert queries.minutes_used(found["cadre"]) == 10
    assert found["leader"].score is None
    assert queries.minutes_used(found["leader"]) == 60


def test_the_earliest_counts_on_a_tie(session: Session, office: Office) -> None:
    round_, now = build_round(session, office, attempts_allowed=None), clock.now()
    first = sit(session, round_, office.people["cadre"], right=4, at=now - timedelta(hours=5))
    sit(session, round_, office.people["cadre"], right=4, at=now - timedelta(hours=4))
    assert outcomes(session, office, round_)["cadre"].attempt_id == first.id


def test_a_failed_attempt_with_an_unmarked_one_waits(session: Session, office: Office) -> None:
    round_, now = build_round(session, office, attempts_allowed=None), clock.now()
    sit(session, round_, office.people["cadre"], right=1, at=now - timedelta(hours=9))
    begin(session, round_, office.people["cadre"], at=now - timedelta(hours=3))
    assert outcomes(session, office, round_)["cadre"].outcome == "waiting"


def test_a_voided_attempt_does_not_count(session: Session, office: Office) -> None:
    round_, actor = build_round(session, office), office.viewer(session, "exam_officer")
    attempt = sit(session, round_, office.people["cadre"])
    attempt_services.void(session, actor=actor, now=clock.now(), attempt=attempt, reason="代考")
    assert outcomes(session, office, round_)["cadre"].outcome == "not-sat"


def test_figures_by_unit(session: Session, office: Office, statements) -> None:  # type: ignore[no-untyped-def]
    round_ = scene(session, office)
    with statements() as seen:
        units = queries.by_unit(session, round_, clock.now())
    assert len(seen) == 1
    total = queries.overall(units, "合计")
    assert (total.should, total.taken, total.deferred, total.exempt) == (6, 4, 1, 1)
    assert (total.passed, total.excellent, total.marked) == (2, 1, 3)
    assert (total.participation_rate, total.pass_rate, total.excellent_rate) == (6667, 6667, 3333)
    assert total.mean == 6667  # (75 + 25 + 100) / 3
    section = next(unit for unit in units if unit.name == "综合科")
    assert (section.should, section.mean, section.participation_rate) == (1, 10_000, 10_000)
    empty = next(unit for unit in units if unit.name == "西山街道")
    assert (empty.should, empty.deferred, empty.participation_rate, empty.mean) == (0, 1, None, None)


def test_figures_agree_with_the_rules(session: Session, office: Office) -> None:
    from portal.exams.rules.roster import RosterLine, figures, mean

    round_ = scene(session, office)
    lines = [
        RosterLine(row.user_id, row.unit_id, row.status, row.attempt_id is not None, row.score)
        for row in outcomes(session, office, round_).values()
    ]
    wanted = figures(lines, round_.pass_line, round_.excellent_line)
    found = queries.overall(queries.by_unit(session, round_, clock.now()))
    assert (found.should, found.taken, found.deferred, found.exempt, found.passed, found.excellent) == (
        wanted.should, wanted.sat, wanted.deferred, wanted.exempt, wanted.passed, wanted.excellent,
    )  # fmt: skip
    assert found.mean == mean(wanted.scores)
    assert found.pass_rate == wanted.pass_rate


def test_figures_count_the_outcomes_of_the_list(session: Session, office: Office) -> None:
    """Also where one attempt is marked and another waits: it decides for who has passed, and for nobody else."""
    round_, now = scene(session, office), clock.now()
    for label in ("cadre", "liaison", "manager"):  # passed, failed, never sat; each has one more, over and unmarked
        begin(session, round_, office.people[label], at=now - timedelta(hours=3))
    lines = [row for row in outcomes(session, office, round_).values() if row.status is RosterStatus.SHOULD]
    assert {row.outcome for row in lines} == {"passed", "waiting", "sitting"}
    finished = [row for row in lines if row.outcome in {"passed", "failed"}]
    total = queries.overall(queries.by_unit(session, round_, now))
    assert (total.taken, total.marked, total.passed, total.points) == (
        sum(row.attempt_id is not None for row in lines),
        len(finished),
        sum(row.outcome == "passed" for row in lines),
        sum(row.score for row in finished),
    )


def test_bands(session: Session, office: Office) -> None:
    counts = [band.count for band in queries.bands(session, scene(session, office), clock.now())]
    assert counts == [0, 0, 1, 0, 0, 0, 0, 1, 0, 1]


def test_reminders_name_those_who_should_still_come(session: Session, office: Office) -> None:
    round_ = scene(session, office)
    rows = queries.absent(session, round_, clock.now())
    assert {row.user_id for row in rows} == {office.people[label].id for label in ("foreign_cadre", "manager")}
    units = services.by_unit(rows, round_, site="法治工作台", phone="0700-5550 0000")
    by_name = {unit.unit_name: unit for unit in units}
    text = by_name["测试区信访局"].text
    for part in (round_.title, office.people["manager"].name, "法治工作台", "0700-5550 0000"):
        assert part in text
    assert f"{clock.to_local(round_.closes_at):%Y-%m-%d %H:%M}" in text
    over = services.by_unit(rows, round_, site="法治工作台", phone="0700-5550 0000", over=True)
    late = next(unit.text for unit in over if unit.unit_name == "测试区信访局")
    assert "补考时间另行通知" in late
    assert "请尽快" not in late
    assert "开始考试" not in late
    sitting = by_name["西山街道一社区"]
    assert len(sitting.people) == 1
    assert sitting.text == ""
