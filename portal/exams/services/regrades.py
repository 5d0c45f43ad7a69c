"""改判: a trial of how a question is marked otherwise, put into force for a whole round at once, and undone.

What each attempt will say is worked out beforehand and stands in rows of its own, so that the moment at which the
scores change is one statement, whatever their number: nobody sees half of it, and nobody who is still answering waits.
The answers and their seals are not touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams import after_regrade
from portal.exams.models import Attempt, ExamRound
from portal.exams.models_marking import Regrade, RegradeScore, RegradeState
from portal.exams.queries import regrades as queries
from portal.exams.queries.attempts import section_rules
from portal.exams.queries.attempts import weights as weights_of
from portal.exams.rules import marking
from portal.exams.rules import regrade as rules
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import Correction, Mode
from portal.exams.rules.round import RoundState
from portal.exams.services import bank as bank_services
from portal.exams.services.grading import mark_of, not_blank

_UNDER_WAY = (RegradeState.CONFIRMED, RegradeState.UNDOING)


def require_published(round_: ExamRound) -> None:
    """Raises RuleError "round-not-published" or "round-archived"."""
    if round_.state is RoundState.DRAFT:
        raise RuleError("round-not-published")
    if round_.state is RoundState.ARCHIVED:
        raise RuleError("round-archived")


def try_out(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, version_id: int, mode: Mode, picked: Any
) -> Regrade:
    """Begin a trial. `picked` are the keys chosen on the page.

    Raises LookupError for a question that is on no paper of the round, and what `rules.regrade.check` says.
    """
    require_published(round_)
    found = queries.version_in(session, round_.id, version_id)
    if found is None:
        raise LookupError(version_id)
    version, key, _question = found
    current = queries.corrections(session, round_.id).get(version_id)
    keys = tuple(picked) if mode in {Mode.KEY, Mode.ACCEPT} else ()
    if mode is Mode.ACCEPT:
        keys = rules.accepting(version.type, rules.keys_of(key, current), keys)
    rules.check(Correction(mode, keys), version.type, len(version.options), key, current)
    made = Regrade(
        round_id=round_.id, version_id=version_id, mode=mode, keys=_plain(keys), made_by=actor.id, made_at=now
    )
    session.add(made)
    record(session, actor=actor, at=now, action="regrade.try", row=made, label=round_.title)
    return made


def _plain(keys: Sequence[Any]) -> list[Any]:
    return [[list(part) if isinstance(part, tuple) else part for part in key] for key in keys]


def discard(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, regrade: Regrade) -> None:
    """Throw a trial away. Raises RuleError "regrade-not-draft"."""
    if regrade.state is not RegradeState.DRAFT:
        raise RuleError("regrade-not-draft")
    record(session, actor=actor, at=now, action="regrade.discard", row=regrade, label=round_.title)
    session.execute(delete(RegradeScore).where(RegradeScore.regrade_id == regrade.id))
    session.delete(regrade)
    session.flush()


def confirm(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    round_: ExamRound,
    regrade: Regrade,
    reason: str,
    new_version: bool = False,
) -> None:
    """Ask for a trial to take effect; `publish` makes it so. `new_version` corrects the question in its bank too.

    Raises RuleError "regrade-not-draft", "regrade-under-way", "regrade-reason", "regrade-bank-not-yours" or
    "regrade-bank-moved-on".
    """
    require_published(round_)
    queries.hold_round(session, round_.id)
    if regrade.state is not RegradeState.DRAFT:
        raise RuleError("regrade-not-draft")
    _require_quiet(session, round_)
    if not reason.strip():
        raise RuleError("regrade-reason")
    if new_version:
        regrade.new_version_id = correct_in_bank(session, actor=actor, now=now, regrade=regrade)
    regrade.state, regrade.reason = RegradeState.CONFIRMED, reason.strip()
    record(session, actor=actor, at=now, action="regrade.confirm", row=regrade, label=round_.title)


def ask_undo(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, regrade: Regrade, reason: str
) -> None:
    """Ask for the latest regrade of a round to be undone.

    Raises RuleError "regrade-not-applied", "regrade-not-latest", "regrade-under-way" or "regrade-reason".
    """
    require_published(round_)
    queries.hold_round(session, round_.id)
    if regrade.state is not RegradeState.APPLIED:
        raise RuleError("regrade-not-applied")
    _require_quiet(session, round_)
    if regrade.no != queries.last_no(session, round_.id, in_force=True):
        raise RuleError("regrade-not-latest")
    if not reason.strip():
        raise RuleError("regrade-reason")
    regrade.state, regrade.undo_reason = RegradeState.UNDOING, reason.strip()
    record(session, actor=actor, at=now, action="regrade.ask-undo", row=regrade, label=round_.title)


def _require_quiet(session: Session, round_: ExamRound) -> None:
    if any(line[0].state in _UNDER_WAY for line in queries.of_round(session, round_.id)):
        raise RuleError("regrade-under-way")


def correct_in_bank(session: Session, *, actor: Viewer, now: datetime, regrade: Regrade) -> int:
    """Give the question of a regrade with one key a new version with that key; the id of the version."""
    if len(regrade.keys) != 1:
        raise RuleError("regrade-one-key")
    return bank_services.correct_key(
        session, actor=actor, now=now, version_id=regrade.version_id, key=queries.correction_of(regrade).keys[0]
    )


# ---- working it out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """What does not change from attempt to attempt."""

    regrade: Regrade
    undo: bool
    type: QuestionType
    key: list[Any]
    partial: Sequence[PartialRule]
    weights: Mapping[int, Fraction] | None
    correction: Correction | None
    corrections: Mapping[int, Correction]
    pass_line: int


def task_of(session: Session, round_: ExamRound, regrade: Regrade) -> Task:
    """The task of putting a regrade into force, or of undoing it, as its state says."""
    version, key, _question = queries.version_in(session, round_.id, regrade.version_id) or _missing(regrade)
    undo = regrade.state is RegradeState.UNDOING
    others = queries.corrections(session, round_.id, without=regrade.id)
    correction = others.get(regrade.version_id) if undo else queries.correction_of(regrade)
    corrections = others if undo or correction is None else {**others, regrade.version_id: correction}
    partial = [section.partial for section in section_rules(session, round_.id)]
    weights = weights_of(session, [{"v": version.id}]).get(version.id)
    return Task(regrade, undo, version.type, key, partial, weights, correction, corrections, round_.pass_line)


def _missing(regrade: Regrade) -> Any:
    raise LookupError(regrade.version_id)


def work_out(session: Session, task: Task, attempt_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of some attempts: score, marks and pass before and after. Reads only.

    Raises RuleError "regrade-nothing-left" where the last question of somebody's paper would be made void.
    """
    attempts = queries.batch(session, attempt_ids)
    wanted = [(each.id, _index(each, task) + 1) for each in attempts]
    given = queries.answers_at(session, wanted)
    by_hand = queries.finals_at(session, wanted) if task.type is QuestionType.SHORT else {}
    before = queries.applied_before(session, task.regrade, attempt_ids) if task.undo else {}
    return [_row(task, each, given.get(each.id, []), by_hand.get(each.id), before.get(each.id)) for each in attempts]


def _index(attempt: Any, task: Task) -> int:
    return next(at for at, drawn in enumerate(attempt.paper) if drawn["v"] == task.regrade.version_id)


def _row(
    task: Task, attempt: Any, given: list[str], by_hand: str | None, before: RegradeScore | None
) -> dict[str, Any]:
    marks = rules.read(attempt.marks or [None] * len(attempt.paper))
    row = {
        "regrade_id": task.regrade.id,
        "undo": task.undo,
        "attempt_id": attempt.id,
        "revision": attempt.marks_revision,
        "old_no": attempt.regrade_no,
        "old_score": attempt.score,
        "old_marks": rules.stored(marks),
        "old_passed": attempt.passed,
    }
    if (
        before is not None and attempt.marks_revision == before.revision + 1
    ):  # nothing happened since: exactly as it was
        return row | {
            "new_no": before.old_no,
            "new_score": before.old_score,
            "new_marks": before.old_marks,
            "new_passed": before.old_passed,
        }
    at = _index(attempt, task)
    after = rules.replaced(marks, at, _mark(task, attempt.paper[at], given, by_hand))
    void = rules.void_places([drawn["v"] for drawn in attempt.paper], task.corrections)
    rules.require_left(len(attempt.paper), void)
    score = rules.total(after, [drawn["p"] for drawn in attempt.paper], void)
    return row | {
        "new_no": attempt.regrade_no if before is None else before.old_no,
        "new_score": score,
        "new_marks": rules.stored(after),
        "new_passed": None if score is None else marking.passed(score, task.pass_line),
    }


def _mark(task: Task, drawn: Mapping[str, Any], given: list[str], by_hand: str | None) -> Fraction | None:
    if task.type is QuestionType.SHORT and task.correction is None and not_blank(given):
        return None if by_hand is None else Fraction(by_hand)
    return mark_of(task.type, task.key, given, drawn, task.partial[drawn["s"]], task.correction, task.weights)


def keep(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows worked out, in the place of older ones of the same attempts."""
    if not rows:
        return
    session.execute(
        delete(RegradeScore).where(
            RegradeScore.regrade_id == rows[0]["regrade_id"],
            RegradeScore.undo.is_(rows[0]["undo"]),
            RegradeScore.attempt_id.in_([row["attempt_id"] for row in rows]),
        )
    )
    session.execute(insert(RegradeScore), [dict(row) for row in rows])


def work_out_all(session: Session, round_: ExamRound, regrade: Regrade) -> int:
    """Work out at once whatever is not worked out yet; how many attempts that was."""
    task = task_of(session, round_, regrade)
    ids = queries.to_work_out(session, regrade, undo=task.undo)
    keep(session, work_out(session, task, ids) if ids else [])
    return len(ids)


# ---- taking effect -----------------------------------------------------------------------------------------------


def publish(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, regrade: Regrade) -> bool:
    """Make the scores say what was worked out, all at once; False where that has been done already.

    What was handed in or marked meanwhile is worked out here: the round's row is held, so nothing more comes.
    """
    queries.hold_round(session, round_.id)
    session.refresh(regrade, with_for_update=True)
    if regrade.state not in _UNDER_WAY:
        return False
    undo = regrade.state is RegradeState.UNDOING
    work_out_all(session, round_, regrade)
    no = regrade.no or queries.last_no(session, round_.id) + 1
    session.execute(
        update(Attempt)
        .where(
            RegradeScore.regrade_id == regrade.id,
            RegradeScore.undo.is_(undo),
            RegradeScore.attempt_id == Attempt.id,
            RegradeScore.revision == Attempt.marks_revision,
        )
        .values(
            score=RegradeScore.new_score,
            marks=RegradeScore.new_marks,
            passed=RegradeScore.new_passed,
            regrade_no=RegradeScore.new_no if undo else no,
            marks_revision=Attempt.marks_revision + 1,
        )
        .execution_options(synchronize_session=False)
    )
    changed = queries.changed(session, regrade, undo=undo)
    if undo:
        regrade.state, regrade.undone_at = RegradeState.UNDONE, now
    else:
        regrade.state, regrade.applied_at, regrade.no = RegradeState.APPLIED, now, no
    action = "regrade.undo" if undo else "regrade.apply"
    reason = regrade.undo_reason if undo else regrade.reason
    record(
        session, actor=actor, at=now, action=action, row=regrade, label=round_.title, reason=reason, count=len(changed)
    )
    session.expire_all()
    after_regrade.tell(session, actor, now, changed)
    return True
