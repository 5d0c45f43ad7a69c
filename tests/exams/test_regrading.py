"""Regrades of a round: trial, taking effect at once, a second one, undoing; in the background, and after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import after_regrade, regrading
from portal.exams.evidence import SealState, evidence_of
from portal.exams.models import Attempt, ExamRound, Question, QuestionVersion
from portal.exams.models_marking import Regrade, RegradeScore, RegradeState
from portal.exams.queries import regrades as queries
from portal.exams.queries import results
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import Mode
from portal.exams.rules.round import RoundState
from portal.exams.services import attempts
from portal.exams.services import regrades as services
from portal.extensions import db, writing
from portal.jobs import queue
from portal.jobs.store import JobState, store
from tests.support.exams import SECRET, begin, build_bank, build_round, sit
from tests.support.marking import short_round, sit_short
from tests.support.people import Office

PEOPLE = ("cadre", "liaison", "leader", "foreign_cadre")


@pytest.fixture
def told() -> Iterator[list[list[int]]]:
    """What the hooks were told."""
    seen: list[list[int]] = []

    def hook(_session: Any, _actor: Any, _now: Any, ids: Any) -> None:
        seen.append(list(ids))

    after_regrade.follow(hook)
    yield seen
    after_regrade.HOOKS.remove(hook)


def small_round(session: Session, office: Office) -> ExamRound:
    """A round whose papers hold every question of its bank, so that a regrade touches them all."""
    return build_round(session, office, bank=build_bank(session, office, name="小题库", each=2))


@pytest.fixture
def round_(session: Any, office: Office) -> ExamRound:
    """Four people: all right, the first two questions right, the first five, none."""
    made = small_round(session(), office)
    for label, right in zip(PEOPLE, (8, 2, 5, 0), strict=True):
        sit(session(), made, office.people[label], right=right)
    return made


def version(session: Session, round_: ExamRound, type_: QuestionType = QuestionType.SINGLE) -> int:
    """A question of the type that stands on the first paper."""
    paper = session.scalars(select(Attempt.paper).where(Attempt.round_id == round_.id).order_by(Attempt.id)).first()
    ids = [drawn["v"] for drawn in paper or []]
    found = session.scalars(
        select(QuestionVersion.id).where(QuestionVersion.id.in_(ids), QuestionVersion.type == type_)
    )
    return min(found)


def scores(session: Session, round_: ExamRound) -> list[Any]:
    """(score, passed, marks) of every attempt in order."""
    session.expire_all()
    rows = session.scalars(select(Attempt).where(Attempt.round_id == round_.id).order_by(Attempt.id))
    return [(row.score, row.passed, tuple(row.marks or ())) for row in rows]


def trial(
    session: Session, office: Office, round_: ExamRound, mode: Mode, picked: Any = (), version_id: int = 0
) -> Regrade:
    officer = office.viewer(session, "exam_officer")
    made = services.try_out(
        session, actor=officer, now=clock.now(), round_=round_, version_id=version_id or version(session, round_),
        mode=mode, picked=picked,
    )  # fmt: skip
    services.work_out_all(session, round_, made)
    return made


def apply(session: Session, office: Office, round_: ExamRound, made: Regrade, **more: Any) -> None:
    officer = office.viewer(session, "exam_officer")
    services.confirm(session, actor=officer, now=clock.now(), round_=round_, regrade=made, reason="答案有误", **more)
    services.publish(session, actor=officer, now=clock.now(), round_=round_, regrade=made)


def undo(session: Session, office: Office, round_: ExamRound, made: Regrade) -> None:
    officer = office.viewer(session, "exam_officer")
    services.ask_undo(session, actor=officer, now=clock.now(), round_=round_, regrade=made, reason="改判有误")
    services.publish(session, actor=officer, now=clock.now(), round_=round_, regrade=made)


def test_a_trial_changes_nothing_and_says_who_would_change(session, office, round_):
    before = scores(session(), round_)
    made = trial(session(), office, round_, Mode.FULL)
    assert scores(session(), round_) == before
    rows = session.execute(queries.people(made)).all()
    units = queries.by_unit(session(), made)
    assert {row.change for row in rows} == {1250}
    assert sum(unit.changed for unit in units) == len(rows)
    assert sum(unit.new_sum - unit.old_sum for unit in units) == 1250 * len(rows)
    services.discard(
        session(), actor=office.viewer(session(), "exam_officer"), now=clock.now(), round_=round_, regrade=made
    )
    assert session.scalar(select(RegradeScore)) is None


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_takes_effect_at_once_and_is_undone_exactly(session, office, round_, told, mode):
    before = scores(session(), round_)
    picked = [(1,)] if mode in {Mode.KEY, Mode.ACCEPT} else []
    made = trial(session(), office, round_, mode, picked)
    apply(session(), office, round_, made)
    after = scores(session(), round_)
    changed = [old[0] != new[0] or old[1] != new[1] for old, new in zip(before, after, strict=True)]
    assert all(isinstance(score, int) for score, _passed, _marks in after)
    assert all(passed == (score >= round_.pass_line) for score, passed, _marks in after)
    if mode is not Mode.ACCEPT:  # nobody chose the other option
        assert any(changed)
        assert len(told[0]) == sum(changed)
    assert (made.state, made.no) == (RegradeState.APPLIED, 1)
    undo(session(), office, round_, made)
    assert scores(session(), round_) == before
    assert made.state is RegradeState.UNDONE
    actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("regrade."))))
    assert actions == {"regrade.try", "regrade.confirm", "regrade.apply", "regrade.ask-undo", "regrade.undo"}


def test_a_void_question_is_stretched_over_the_others(session, office, round_):
    apply(session(), office, round_, trial(session(), office, round_, Mode.VOID))
    full = session.scalars(select(Attempt).order_by(Attempt.id)).first()
    assert full.score == full.max_score == 10_000
    assert full.marks.count(None) == 1
    assert results.overall(results.by_unit(session(), round_, clock.now())).marked == 4


def test_a_second_regrade_goes_on_from_the_first_and_only_the_latest_is_undone(session, office, round_):
    before = scores(session(), round_)
    judge = version(session(), round_, QuestionType.JUDGE)
    first = trial(session(), office, round_, Mode.VOID)
    second = trial(session(), office, round_, Mode.FULL, version_id=judge)  # worked out before the first takes effect
    apply(session(), office, round_, first)
    between = scores(session(), round_)
    apply(session(), office, round_, second)
    assert (first.no, second.no) == (1, 2)
    assert scores(session(), round_) != between
    with pytest.raises(RuleError, match="regrade-not-latest"):
        undo(session(), office, round_, first)
    undo(session(), office, round_, second)
    assert scores(session(), round_) == between
    undo(session(), office, round_, first)
    assert scores(session(), round_) == before


def test_who_hands_in_later_is_marked_by_the_regrade_and_loses_it_with_the_undoing(session, office, round_):
    made = trial(session(), office, round_, Mode.FULL)
    open_ = begin(session(), round_, office.people["exam_officer"])
    apply(session(), office, round_, made)
    officer = office.viewer(session(), "exam_officer")
    attempts.submit(session(), viewer=officer, now=clock.now(), attempt=open_, round_=round_, secret=SECRET)
    assert open_.score == 1250
    undo(session(), office, round_, made)
    session.refresh(open_)
    assert open_.score == 0


def test_the_answers_stay_sealed(session, office, round_):
    apply(session(), office, round_, trial(session(), office, round_, Mode.FULL))
    for attempt in session.scalars(select(Attempt)):
        assert evidence_of(session(), attempt, SECRET).seal is SealState.SOUND


def test_the_bank_gets_a_new_version_if_asked(session, office, round_):
    made = trial(session(), office, round_, Mode.KEY, [(2,)])
    apply(session(), office, round_, made, new_version=True)
    new = session.get(QuestionVersion, made.new_version_id)
    question = session.get(Question, new.question_id)
    assert (new.no, question.version_no) == (2, 2)
    assert new.id != made.version_id


def test_one_thing_at_a_time_and_with_a_reason(session, office, round_):
    officer = office.viewer(session(), "exam_officer")
    made = trial(session(), office, round_, Mode.FULL)
    with pytest.raises(RuleError, match="regrade-reason"):
        services.confirm(session(), actor=officer, now=clock.now(), round_=round_, regrade=made, reason=" ")
    other = trial(session(), office, round_, Mode.VOID)
    services.confirm(session(), actor=officer, now=clock.now(), round_=round_, regrade=made, reason="有误")
    with pytest.raises(RuleError, match="regrade-under-way"):
        services.confirm(session(), actor=officer, now=clock.now(), round_=round_, regrade=other, reason="有误")
    round_.state = RoundState.ARCHIVED
    with pytest.raises(RuleError, match="round-archived"):
        services.confirm(session(), actor=officer, now=clock.now(), round_=round_, regrade=other, reason="有误")


def test_a_short_answer_settled_by_a_regrade_waits_no_more_and_waits_again_when_that_is_undone(session, office):
    round_ = short_round(session(), office)
    attempt = sit_short(session(), round_, office.people["cadre"], "属地管理。", right=4)
    assert (attempt.score, attempt.passed) == (None, None)
    short = attempt.paper[-1]["v"]
    made = trial(session(), office, round_, Mode.FULL, version_id=short)
    apply(session(), office, round_, made)
    session.refresh(attempt)
    assert attempt.score == 4 * 1250 + 1000
    undo(session(), office, round_, made)
    session.refresh(attempt)
    assert (attempt.score, attempt.passed) == (None, None)


class Killed(BaseException):
    """The worker is gone in the middle of its work."""


def test_a_worker_that_dies_in_the_middle_is_made_up_for(live_app, monkeypatch):
    """Killed after the first steps: the scores are the old ones; begun again it goes on, and once is enough."""
    monkeypatch.setattr(regrading, "STEP", 1)
    with live_app.app_context():
        with writing() as session:
            office = Office.load(session)
            made_round = small_round(session, office)
            for label, right in zip(PEOPLE, (8, 2, 5, 0), strict=True):
                sit(session, made_round, office.people[label], right=right)
            officer = office.viewer(session, "exam_officer")
            made = services.try_out(
                session, actor=officer, now=clock.now(), round_=made_round, version_id=version(session, made_round),
                mode=Mode.FULL, picked=(),
            )  # fmt: skip
            services.confirm(session, actor=officer, now=clock.now(), round_=made_round, regrade=made, reason="有误")
            session.commit()
            before = scores(session, made_round)
            made_id = made.id
        job = store().add(
            regrading.REGRADE, {"regrade": made_id}, owner_id=officer.id, owner_name=officer.name, back_url="/"
        )
        kept = services.keep

        def dies(session: Any, rows: Any) -> None:
            if session.scalar(select(RegradeScore)) is not None:
                raise Killed
            kept(session, rows)

        monkeypatch.setattr(services, "keep", dies)
        with pytest.raises(Killed):
            queue.run(job.id, "worker-1")
        db.session.rollback()
        assert scores(db.session(), made_round) == before
        assert db.session.execute(text("SELECT count(*) FROM regrade_scores")).scalar() == 1
        monkeypatch.setattr(services, "keep", kept)
        db.session.remove()
        store().put_back_stale(worker="worker-1")
        queue.run(job.id, "worker-1")
        assert store().get(job.id).state is JobState.DONE
        after = [each[0] for each in scores(db.session(), made_round)]
        assert [new - old[0] for new, old in zip(after, before, strict=True)] == [0, 0, 0, 1250]
        with writing() as session:
            found, round_ = queries.get(session, made_id)
            assert not services.publish(session, actor=officer, now=clock.now(), round_=round_, regrade=found)
            session.commit()
        assert [each[0] for each in scores(db.session(), made_round)] == after
