"""Practice: sets, answers, the notebook, and releasing a bank.

None of it reaches a result, and only the release goes into the audit log. Together with the grader, `answer` and `told`
are the only ones who read a key for somebody who does not edit questions; both ask first whether the question may be
practised now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams.models import QuestionBank
from portal.exams.models_practice import PracticeDay, PracticeMark, PracticeSet, PracticeSetting
from portal.exams.queries import attempts as keys
from portal.exams.queries import bank as banks
from portal.exams.queries import practice as queries
from portal.exams.queries import practice_release as released
from portal.exams.rules import practice as rules
from portal.exams.rules.answers import clean_value
from portal.exams.rules.practice import PracticeRelease, Scope, ScopeKind, Standing


def require_rest(session: Session, *, actor: Viewer, now: datetime) -> None:
    """Raises RuleError "practice-while-sitting" for somebody in the middle of an exam: the answer might be here."""
    if released.sitting(session, actor, now) is not None:
        raise RuleError("practice-while-sitting")


# ---- sets --------------------------------------------------------------------------------------------------------


def start(session: Session, *, actor: Viewer, now: datetime, scope: Scope) -> PracticeSet:
    """The set to work on in a scope: the one begun, or a new one where that is finished. The daily ten stay the same
    all day.

    Raises RuleError "practice-while-sitting", or "practice-nothing" where the scope holds no question.
    """
    require_rest(session, actor=actor, now=now)
    queries.lock(session, actor)
    today = clock.to_local(now).date()
    found = queries.set_of(session, actor, scope)
    if found is not None and _goes_on(session, actor, now, found, scope, today):
        return found
    chosen = _choose(session, actor, now, scope, today)
    if not chosen:
        raise RuleError("practice-nothing")
    if found is None:
        found = PracticeSet(user_id=actor.id, scope=scope.key)
        session.add(found)
    found.day, found.changed_at = today, now
    found.items = [{"q": number} for number in chosen]
    session.flush()
    return found


def _goes_on(session: Session, actor: Viewer, now: datetime, found: PracticeSet, scope: Scope, today: date) -> bool:
    if scope.kind is ScopeKind.DAILY:
        return found.day == today
    left = [item["q"] for item in found.items if "r" not in item]
    return bool(left) and bool(queries.available(session, now, left))


def _choose(session: Session, actor: Viewer, now: datetime, scope: Scope, today: date) -> list[int]:
    pool = queries.candidates(session, actor, now, scope)
    return rules.daily_ten(pool, actor.id or 0, today) if scope.kind is ScopeKind.DAILY else rules.next_set(pool)


def answer(
    session: Session, *, actor: Viewer, now: datetime, row: PracticeSet, place: int, version_id: int, value: list[str]
) -> bool:
    """Mark the answer to the question at `place` (from 0) and keep what became of it; gives whether it was right.

    A second answer to the same place changes nothing and gives what the first one was. `version_id` is the version
    that the person had before them. Raises RuleError "practice-while-sitting", "practice-closed" (it may not be
    practised any more), "practice-changed" (edited meanwhile), "practice-blank" or "bad-answer".
    """
    require_rest(session, actor=actor, now=now)
    queries.lock(session, actor)
    session.refresh(row)
    if not 0 <= place < len(row.items):
        raise RuleError("practice-changed")
    item = row.items[place]
    if "r" in item:
        return bool(item["r"])
    current = queries.available(session, now, [item["q"]]).get(item["q"])
    if current is None:
        raise RuleError("practice-closed")
    if current != version_id:
        raise RuleError("practice-changed")
    said, right = _marked(session, current, value)
    _keep(session, actor, now, row, place, {**item, "v": current, "a": said, "r": right})
    return right


def _marked(session: Session, version_id: int, value: list[str]) -> tuple[list[str], bool]:
    text = queries.texts(session, [version_id])[version_id]
    said = clean_value(text.type, options=len(text.options), blanks=text.blanks, value=value)
    if not said:
        raise RuleError("practice-blank")
    key = keys.keys(session, [{"v": version_id}])[version_id]
    return list(said), rules.is_right(text.type, key, said)


def _keep(session: Session, actor: Viewer, now: datetime, row: PracticeSet, place: int, item: dict[str, Any]) -> None:
    row.items = [*row.items[:place], item, *row.items[place + 1 :]]
    row.changed_at = now
    needed = queries.needed(session, actor)
    mark = queries.mark_of(session, actor, item["q"])
    before = Standing(mark.right, mark.wrong, mark.in_a_row, mark.in_notebook) if mark else Standing()
    after = asdict(rules.answered(before, right=item["r"], needed=needed))
    session.merge(PracticeMark(user_id=actor.id, question_id=item["q"], last_at=now, **after))
    _count(session, actor, clock.to_local(now).date(), right=item["r"])
    session.flush()


def _count(session: Session, actor: Viewer, today: date, *, right: bool) -> None:
    day = queries.day_of(session, actor, today)
    if day is None:
        day = PracticeDay(user_id=actor.id, day=today, done=0, right=0)
        session.add(day)
    day.done += 1
    day.right += right


@dataclass(frozen=True, slots=True)
class Told:
    """What is shown once a question is answered: the key as the bank holds it, the analysis, (law, article) pairs."""

    key: list[Any]
    analysis: str
    articles: Sequence[tuple[str, str]]


def told(session: Session, *, actor: Viewer, now: datetime, item: dict[str, Any]) -> Told | None:
    """Key, analysis and articles of an item that its owner has answered; None while the question may not be practised.

    Raises RuleError "practice-while-sitting".
    """
    require_rest(session, actor=actor, now=now)
    if "r" not in item or not queries.available(session, now, [item["q"]]):
        return None
    drawn = [{"v": item["v"]}]
    return Told(
        keys.keys(session, drawn)[item["v"]],
        keys.analyses(session, drawn)[item["v"]],
        banks.laws_of(session, [item["q"]]).get(item["q"], ()),
    )


# ---- settings ----------------------------------------------------------------------------------------------------


def set_needed(session: Session, *, actor: Viewer, now: datetime, needed: int) -> None:
    """How many right answers in a row take a question out of the person's notebook, from the next answer on.

    Raises RuleError "practice-needed".
    """
    if not 1 <= needed <= rules.MOST_NEEDED:
        raise RuleError("practice-needed", most=rules.MOST_NEEDED)
    queries.lock(session, actor)
    session.merge(PracticeSetting(user_id=actor.id, needed=needed))
    session.flush()


def release(session: Session, *, actor: Viewer, now: datetime, bank: QuestionBank, practice: PracticeRelease) -> bool:
    """Let people practise with a bank, or no longer; False where it is so already."""
    if bank.practice is practice:
        return False
    bank.practice = practice
    record(session, actor=actor, at=now, action="bank.practice", row=bank, label=bank.name)
    return True
