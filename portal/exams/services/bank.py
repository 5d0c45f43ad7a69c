"""Changes to banks and questions. An edit adds a version and never changes one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.audit.services import changes_of, record
from portal.audit.services import note as note_down
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.importers.keys import count_blanks
from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionLaw, QuestionState, QuestionVersion
from portal.exams.queries import bank as queries
from portal.exams.rules.question import QuestionContent, QuestionType, answer_key, check, identity_key
from portal.exams.services.bank_rows import flag_same_stems, key_values, question_values, version_values
from portal.org.models import UnitScope

_LABEL = 60
# Hashes of answers would give the answers away to whoever reads the audit log.
_UNTOLD = frozenset({"identity_key", "stem_key", "answer_key"})


def create_bank(
    session: Session, *, actor: Viewer, now: datetime, name: str, unit_id: int, note: str = ""
) -> QuestionBank:
    """A new, empty bank. Raises RuleError bank-name-taken, or bank-not-yours for a unit outside the actor's."""
    _check_unit(session, actor, unit_id)
    _check_name(session, name, None)
    bank = QuestionBank(name=name, note=note, unit_id=unit_id, created_at=now)
    session.add(bank)
    record(session, actor=actor, at=now, action="bank.create", row=bank, label=name)
    return bank


def update_bank(
    session: Session, *, actor: Viewer, now: datetime, bank: QuestionBank, name: str, unit_id: int, note: str
) -> None:
    """Rename a bank, change its note, or hand it to another unit. Raises as `create_bank` does."""
    if unit_id != bank.unit_id:
        _check_unit(session, actor, unit_id)
    _check_name(session, name, bank.id)
    bank.name, bank.note, bank.unit_id = name, note, unit_id
    record(session, actor=actor, at=now, action="bank.update", row=bank, label=name)


def _check_unit(session: Session, actor: Viewer, unit_id: int) -> None:
    if actor.id is None:  # a command has no units
        return
    if not any(session.get(UnitScope, (top, unit_id)) for top in actor.units_for(Permission.BANK_EDIT)):
        raise RuleError("bank-not-yours")


def _check_name(session: Session, name: str, beside: int | None) -> None:
    found = queries.bank_by_name(session, name)
    if found is not None and found.id != beside:
        raise RuleError("bank-name-taken", name=name)


def add_question(
    session: Session, *, actor: Viewer, now: datetime, bank_id: int, content: QuestionContent, source: str = ""
) -> Question:
    """A new question. Raises RuleError with what `check` finds, question-duplicate or question-conflict."""
    _check_content(session, bank_id, content, None)
    question = Question(bank_id=bank_id, updated_at=now, **question_values(content))
    session.add(question)
    _note(session, actor, now, "question.create", question)
    _add_version(session, actor, now, question, content, source)
    return question


def edit_question(
    session: Session, *, actor: Viewer, now: datetime, question: Question, version_no: int, content: QuestionContent
) -> bool:
    """Make `content` the next version of a question; False where it says what the current one says.

    `version_no` is the version that the editor had before them. Raises RuleError changed-meanwhile when there is a
    later one, and otherwise as `add_question` does.
    """
    if question.version_no != version_no:
        raise RuleError("changed-meanwhile")
    if queries.versions(session, question)[0].content == content:
        return False
    _check_content(session, question.bank_id, content, question.id)
    stems = question.stem_key
    for name, value in question_values(content).items():
        setattr(question, name, value)
    question.version_no, question.updated_at = version_no + 1, now
    _note(session, actor, now, "question.update", question)
    _add_version(session, actor, now, question, content, "", also=stems)
    return True


def correct_key(session: Session, *, actor: Viewer, now: datetime, version_id: int, key: Any) -> int:
    """Make a version with another key of a question whose key was found wrong in an exam; the id of the version.

    Raises RuleError "regrade-bank-not-yours", "regrade-bank-moved-on" where the question has been rewritten since, and
    otherwise as `edit_question` does.
    """
    version = session.get_one(QuestionVersion, version_id)
    question = queries.editable_question(session, actor, version.question_id)
    if question is None:
        raise RuleError("regrade-bank-not-yours")
    content = queries.versions(session, question)[0].content
    if (content.type, content.stem, list(content.options)) != (version.type, version.stem, list(version.options)):
        raise RuleError("regrade-bank-moved-on")
    # What each option brings was said of the old key.
    corrected = replace(content, key=tuple(key), weights=content.weights if tuple(key) == content.key else ())
    edit_question(session, actor=actor, now=now, question=question, version_no=question.version_no, content=corrected)
    return queries.current_version_id(session, question)


def _check_content(session: Session, bank_id: int, content: QuestionContent, beside: int | None) -> None:
    if problems := check(content):
        raise RuleError(problems[0])
    blanks = count_blanks(content.stem) if content.type is QuestionType.FILL else 0
    if blanks and blanks != len(content.key):
        raise RuleError("blanks-differ", blanks=blanks, answers=len(content.key))
    same = queries.like(session, bank_id, identity_key(content), beside=beside)
    if same is not None:
        raise RuleError("question-duplicate" if same.answer_key == answer_key(content) else "question-conflict")


def _add_version(
    session: Session,
    actor: Viewer,
    now: datetime,
    question: Question,
    content: QuestionContent,
    source: str,
    also: str = "",
) -> None:
    version = QuestionVersion(
        question_id=question.id,
        no=question.version_no,
        **version_values(content, now=now, author_id=actor.id, source=source),
    )
    session.add(version)
    session.flush()
    session.add(QuestionKey(version_id=version.id, **key_values(content)))
    session.execute(delete(QuestionLaw).where(QuestionLaw.question_id == question.id))
    session.add_all(
        QuestionLaw(question_id=question.id, title=title, article=article)
        for title, article in dict.fromkeys(content.articles)
    )
    session.flush()
    flag_same_stems(session, question.bank_id, [question.stem_key, also or question.stem_key])
    session.refresh(question)


def set_state(session: Session, *, actor: Viewer, now: datetime, question: Question, state: QuestionState) -> bool:
    """Retire a question or put it back; False where it is so already."""
    if question.state is state:
        return False
    question.state, question.updated_at = state, now
    action = "question.retire" if state is QuestionState.RETIRED else "question.restore"
    _note(session, actor, now, action, question)
    return True


def _note(session: Session, actor: Viewer, now: datetime, action: str, question: Question) -> None:
    changes: dict[str, Any] = {name: pair for name, pair in changes_of(question).items() if name not in _UNTOLD}
    session.flush()
    subject = ("questions", str(question.id), question.stem[:_LABEL])
    note_down(
        session, actor=actor, at=now, action=action, subject=subject, changes=changes, version=question.version_no
    )
