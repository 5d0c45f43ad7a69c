"""Marking short answers: who gives how many points, when an answer is done, and when an attempt has its score.

Whoever marks and what was given stands in the audit log. An attempt has no score until its last answer is done; then it
is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.audit.services import note as note_down
from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams import after_regrade
from portal.exams.models import Attempt, ExamRound
from portal.exams.models_marking import GivenMark, MarkingSetting, MarkingTask, Rubric
from portal.exams.queries import marking as queries
from portal.exams.queries import regrades
from portal.exams.rules import hand_marking as rules
from portal.exams.rules import marking, regrade
from portal.exams.rules.hand_marking import TaskState
from portal.exams.services.regrades import require_published

MOST_MARKERS = 2


def set_up(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, markers: int, limit: int) -> None:
    """Say how many mark each answer and how far two may be apart.

    Raises RuleError "marking-begun" once a mark was given.
    """
    if queries.anything_given(session, round_.id):
        raise RuleError("marking-begun")
    kept = session.get(MarkingSetting, round_.id)
    if kept is None:
        kept = MarkingSetting(round_id=round_.id)
        session.add(kept)
    kept.markers, kept.limit = min(MOST_MARKERS, max(1, markers)), max(0, limit)
    record(session, actor=actor, at=now, action="marking.set-up", row=kept, label=round_.title)


def set_rubric(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, version_id: int, text: str
) -> None:
    """Write the rubric of a question; an empty text takes it back.

    Raises LookupError for a question that nobody answered, RuleError "marking-begun" or what
    `rules.hand_marking.read_criteria` says.
    """
    asked = queries.asked(session, round_.id, version_id)
    if asked is None:
        raise LookupError(version_id)
    if queries.anything_given(session, round_.id, version_id):
        raise RuleError("marking-begun")
    kept = session.get(Rubric, (round_.id, version_id))
    if not text.strip():
        if kept is not None:
            record(session, actor=actor, at=now, action="marking.clear-rubric", row=kept, label=round_.title)
            session.delete(kept)
            session.flush()
        return
    criteria = rules.read_criteria(text, asked.points)
    if kept is None:
        kept = Rubric(round_id=round_.id, version_id=version_id)
        session.add(kept)
    kept.criteria = [[each.text, each.points] for each in criteria]
    record(session, actor=actor, at=now, action="marking.set-rubric", row=kept, label=round_.title)


def give(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    round_: ExamRound,
    task_id: int,
    points: Sequence[int | None],
    note: str = "",
) -> TaskState:
    """Give points for an answer, one figure a criterion; the state of the answer afterwards.

    Raises LookupError for no answer of this round, and RuleError "mark-own", "mark-twice", "mark-done", "mark-missing",
    "mark-range" or "round-archived".
    """
    require_published(round_)
    task, attempt, _round = queries.task(session, round_.id, task_id, lock=True) or _missing(task_id)
    before = queries.given(session, task.id)
    rules.may_mark(actor.id or 0, attempt.user_id, before, task.state)
    allowed = rules.check_points(queries.criteria(session, task), points)
    mark = GivenMark(task_id=task.id, marker_id=actor.id, points=list(allowed), note=note[:200], given_at=now)
    session.add(mark)
    setting = queries.settings(session, round_.id)
    standing = rules.standing([*before, rules.Given(actor.id or 0, allowed)], setting.markers, setting.limit)
    task.state = standing.state
    subject = ("marking_tasks", str(task.id), f"{round_.title} / {task.number:06d}")
    session.flush()
    note_down(
        session, actor=actor, at=now, action="marking.give", subject=subject, points=sum(allowed), remark=note[:200]
    )
    if standing.final is not None:
        task.final, task.done_at = str(standing.final), now
        session.flush()
        _finish(session, actor, now, round_, attempt)
    return task.state


def reopen(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, task_id: int, reason: str) -> None:
    """Take the marks of an answer back, so that it is marked anew; the attempt has no score until then.

    Raises LookupError, RuleError "mark-reason", "mark-none" or "round-archived".
    """
    require_published(round_)
    task, attempt, _round = queries.task(session, round_.id, task_id, lock=True) or _missing(task_id)
    if not reason.strip():
        raise RuleError("mark-reason")
    before = queries.given(session, task.id)
    if not before:
        raise RuleError("mark-none")
    session.execute(delete(GivenMark).where(GivenMark.task_id == task.id))
    subject = ("marking_tasks", str(task.id), f"{round_.title} / {task.number:06d}")
    taken = "、".join(f"{each.total / 100:g}" for each in before)
    note_down(
        session, actor=actor, at=now, action="marking.reopen", subject=subject, reason=reason.strip(), before=taken
    )
    task.state, task.final, task.done_at = TaskState.WAITING, None, None
    session.flush()
    if attempt.paper[task.position - 1]["v"] in regrades.corrections(session, round_.id, lock=True):
        return  # the question counts otherwise by now: the score does not depend on this mark
    had = attempt.score
    marks = regrade.replaced(regrade.read(attempt.marks or []), task.position - 1, None)
    _write(attempt, marks, None, round_)
    session.flush()
    if had is not None:
        after_regrade.tell(session, actor, now, [attempt.id])


def _missing(task_id: int) -> tuple[MarkingTask, Attempt, ExamRound]:
    raise LookupError(task_id)


def _finish(session: Session, actor: Viewer, now: datetime, round_: ExamRound, attempt: Attempt) -> None:
    """Give an attempt its score if nothing of it waits any more."""
    corrections = regrades.corrections(session, round_.id, lock=True)
    marks = regrade.read(attempt.marks or [])
    for task in queries.tasks_of(session, attempt.id):
        if task.version_id not in corrections:
            final = None if task.final is None else Fraction(task.final)
            marks = regrade.replaced(marks, task.position - 1, final)
    void = regrade.void_places([drawn["v"] for drawn in attempt.paper], corrections)
    score = regrade.total(marks, [drawn["p"] for drawn in attempt.paper], void)
    if score is None:
        return
    _write(attempt, marks, score, round_)
    session.flush()
    after_regrade.tell(session, actor, now, [attempt.id])


def _write(attempt: Attempt, marks: regrade.Marks, score: int | None, round_: ExamRound) -> None:
    attempt.marks, attempt.score = regrade.stored(marks), score
    attempt.passed = None if score is None else marking.passed(score, round_.pass_line)
    attempt.marks_revision += 1
