"""Short answers: the queue, blind marking, one marker or two, the score at the end, reopening."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import ExamRound
from portal.exams.models_marking import GivenMark, MarkingTask
from portal.exams.queries import marking as queries
from portal.exams.queries import results
from portal.exams.rules.answers import MAX_ESSAY, clean_value
from portal.exams.rules.hand_marking import TaskState
from portal.exams.rules.question import QuestionType
from portal.exams.services import marking as services
from portal.extensions import db, writing
from tests.support.marking import short_round, sit_short
from tests.support.people import Office, csrf


def mark(session, office, round_, task, points, who="exam_officer"):
    return services.give(
        session, actor=office.viewer(session, who), now=clock.now(), round_=round_, task_id=task.id, points=points
    )


@pytest.fixture
def waiting(session, office):
    """(round, attempt, task) of somebody who wrote a short answer."""
    round_ = short_round(session(), office)
    attempt = sit_short(session(), round_, office.people["cadre"], "属地管理、分级负责。", right=6)
    return round_, attempt, session.scalar(select(MarkingTask))


def test_until_all_is_marked_there_is_no_score_and_nobody_has_failed(session, office, waiting):
    round_, attempt, task = waiting
    assert (attempt.score, attempt.passed, attempt.marks[-1]) == (None, None, None)
    (line,) = [row for row in session.execute(results.people(round_, clock.now())[0]) if row.attempt_id]
    assert line.outcome == "marking"
    total = results.overall(results.by_unit(session(), round_, clock.now()))
    assert (total.taken, total.marked, total.waiting, total.pass_rate) == (1, 0, 1, None)
    assert mark(session(), office, round_, task, [700]) is TaskState.DONE
    assert (attempt.score, attempt.passed, attempt.marks[-1]) == (6 * 1250 + 700, True, "700")
    total = results.overall(results.by_unit(session(), round_, clock.now()))
    assert (total.marked, total.waiting, total.pass_rate) == (1, 0, 10_000)


def test_a_blank_answer_is_nought_and_waits_for_nobody(session, office):
    round_ = short_round(session(), office)
    attempt = sit_short(session(), round_, office.people["cadre"], "  \n ", right=8)
    assert (attempt.score, session.scalar(select(MarkingTask))) == (10_000, None)


def test_nobody_marks_an_answer_of_their_own(session, office):
    round_ = short_round(session(), office)
    sit_short(session(), round_, office.people["exam_officer"], "我的答案。")
    task = session.scalar(select(MarkingTask))
    officer = office.viewer(session(), "exam_officer")
    assert queries.next_task(session(), round_.id, task.version_id, officer.id) is None
    with pytest.raises(RuleError, match="mark-own"):
        mark(session(), office, round_, task, [500])


@pytest.mark.parametrize(("second", "state", "final"), [(500, "done", "450"), (800, "differing", None)])
def test_two_markers(session, office, waiting, second, state, final):
    round_, attempt, task = waiting
    officer = office.viewer(session(), "exam_officer")
    services.set_up(session(), actor=officer, now=clock.now(), round_=round_, markers=2, limit=200)
    assert mark(session(), office, round_, task, [400]) is TaskState.WAITING
    with pytest.raises(RuleError, match="mark-twice"):
        mark(session(), office, round_, task, [400])
    assert mark(session(), office, round_, task, [second], "liaison").value == state
    assert task.final == final
    if final is None:
        assert attempt.score is None
        mark(session(), office, round_, task, [600], "leader")
        assert (task.final, attempt.score) == ("600", 6 * 1250 + 600)
    else:
        assert attempt.score == 6 * 1250 + 450


def test_a_mean_is_rounded_only_with_the_score(session, office, waiting):
    round_, attempt, task = waiting
    officer = office.viewer(session(), "exam_officer")
    services.set_up(session(), actor=officer, now=clock.now(), round_=round_, markers=2, limit=200)
    mark(session(), office, round_, task, [401])
    mark(session(), office, round_, task, [400], "liaison")
    assert Fraction(attempt.marks[-1]) == Fraction(801, 2)
    assert attempt.score == 6 * 1250 + 401


def test_a_mark_is_reopened_with_a_reason(session, office, waiting):
    round_, attempt, task = waiting
    officer = office.viewer(session(), "exam_officer")
    mark(session(), office, round_, task, [700])
    with pytest.raises(RuleError, match="mark-reason"):
        services.reopen(session(), actor=officer, now=clock.now(), round_=round_, task_id=task.id, reason=" ")
    services.reopen(session(), actor=officer, now=clock.now(), round_=round_, task_id=task.id, reason="看漏一条")
    assert (attempt.score, attempt.passed, session.scalar(select(GivenMark))) == (None, None, None)
    mark(session(), office, round_, task, [900])
    assert attempt.score == 6 * 1250 + 900
    said = [entry for entry in session.scalars(select(AuditEntry)) if entry.action.startswith("marking.")]
    assert [entry.action for entry in said] == ["marking.give", "marking.reopen", "marking.give"]
    assert said[1].detail == {"reason": "看漏一条", "before": "7"}


def test_a_rubric_is_written_before_the_first_mark(session, office, waiting):
    round_, _attempt, task = waiting
    officer = office.viewer(session(), "exam_officer")

    def write(text):
        services.set_rubric(
            session(), actor=officer, now=clock.now(), round_=round_, version_id=task.version_id, text=text
        )

    with pytest.raises(RuleError, match="rubric-sum"):
        write("原则 | 3")
    write("属地管理 | 6\n谁主管谁负责 | 4")
    with pytest.raises(RuleError, match="mark-range"):
        mark(session(), office, round_, task, [700, 0])
    mark(session(), office, round_, task, [600, 100])
    assert task.final == "700"
    with pytest.raises(RuleError, match="marking-begun"):
        write("")
    hidden = session.scalar(select(AuditEntry.detail).where(AuditEntry.action == "marking.set-rubric"))
    assert "属地管理" not in str(hidden)


def test_what_may_be_written():
    assert clean_value(QuestionType.SHORT, options=0, blanks=0, value=["一\r\n二"]) == ("一\n二",)
    assert clean_value(QuestionType.SHORT, options=0, blanks=0, value=[" "]) == ()
    for value in (["长" * (MAX_ESSAY + 1)], ["一", "二"]):
        with pytest.raises(RuleError, match="bad-answer"):
            clean_value(QuestionType.SHORT, options=0, blanks=0, value=value)


def test_two_markers_at_once(live_app):
    """Both press at the same moment where one marker is enough: one mark counts, the other is told."""
    with live_app.app_context():
        with writing() as session:
            office = Office.load(session)
            round_ = short_round(session, office)
            sit_short(session, round_, office.people["cadre"], "答案。")
            round_id, task_id = round_.id, session.scalar(select(MarkingTask.id))
            markers = [office.viewer(session, who) for who in ("exam_officer", "liaison")]
            session.commit()
        db.session.remove()
    together, said = threading.Barrier(2), []

    def press(actor):
        with live_app.app_context(), writing() as session:
            together.wait()
            found = session.get(ExamRound, round_id)
            try:
                services.give(session, actor=actor, now=clock.now(), round_=found, task_id=task_id, points=[500])
                session.commit()
                said.append("given")
            except RuleError as error:
                session.rollback()
                said.append(error.code)
            db.session.remove()

    threads = [threading.Thread(target=press, args=(each,)) for each in markers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["given", "mark-done"]


def test_the_pages_of_a_marker_name_nobody(session, office, client_as, waiting):
    round_, attempt, task = waiting
    session.commit()
    client = client_as("exam_officer")
    page = client.get(f"/exams/rounds/{round_.id}/marking/{task.version_id}").get_data(as_text=True)
    person = office.people["cadre"]
    assert "属地管理、分级负责。" in page
    assert f"{task.number:06d}" in page
    assert person.name not in page
    assert person.number not in page
    answer = client.post(
        f"/exams/rounds/{round_.id}/marking/{task.version_id}/{task.id}", data={"p0": "8.5", "csrf_token": csrf(client)}
    )
    assert answer.status_code == 303
    session.expire_all()
    assert attempt.score == 6 * 1250 + 850
    told = client.get(f"/exams/rounds/{round_.id}/results/attempts/{attempt.id}").get_data(as_text=True)
    assert "评阅情况" in told


def test_the_person_reads_that_it_waits(session, office, client_as, waiting):
    _round, attempt, _task = waiting
    session.commit()
    client = client_as("cadre")
    page = client.get(f"/exams/attempts/{attempt.id}/result").get_data(as_text=True)
    assert "待阅卷" in page
    assert "未及格" not in page
    assert "待阅卷" in client.get("/exams/").get_data(as_text=True)


def test_marking_is_for_those_who_manage_the_round(session, client_as, waiting):
    round_, _attempt, task = waiting
    session.commit()
    client = client_as("leader")
    for path in ("marking", f"marking/{task.version_id}", "regrades", f"regrades/new/{task.version_id}"):
        assert client.get(f"/exams/rounds/{round_.id}/{path}").status_code in {403, 404}
