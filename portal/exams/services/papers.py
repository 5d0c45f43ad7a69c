"""The paper of a draft: sections that draw by rule, or questions fixed one by one."""

from __future__ import annotations

import random
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound, PaperItem, PaperKind, PaperSection
from portal.exams.queries import fixed as fixed_queries
from portal.exams.queries import rounds as queries
from portal.exams.queries.attempts import section_rules
from portal.exams.rules.drawing import check_publishable, draw, new_seed
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import QuestionType
from portal.exams.services.rounds import require_draft


@dataclass(frozen=True)
class SectionValues:
    """A section as the form gives it; points in hundredths."""

    title: str
    type: QuestionType
    bank_id: int
    count: int
    points: int
    law_title: str = ""
    difficulty: str = ""
    partial: PartialRule = PartialRule.ALL
    shuffle: bool = True


# What of a section may still change once its questions are fixed.
_FREE_WHEN_FIXED = frozenset({"title", "points", "partial", "shuffle"})


def add_section(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, values: SectionValues
) -> PaperSection:
    """Add a section at the end. Raises RuleError "round-not-draft", "paper-fixed" or "bank-out-of-scope"."""
    require_draft(round_)
    _require_rule_paper(round_)
    _require_bank(session, actor, values.bank_id)
    last = session.scalar(select(func.max(PaperSection.position)).where(PaperSection.round_id == round_.id))
    position = 0 if last is None else last + 1
    section = PaperSection(round_id=round_.id, position=position, **asdict(values))
    session.add(section)
    record(session, actor=actor, at=now, action="section.create", row=section, label=_label(round_, section))
    return section


def update_section(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    round_: ExamRound,
    section: PaperSection,
    values: SectionValues,
) -> None:
    """Change a section; on a fixed paper its title, points, marking and order only.

    Raises RuleError "round-not-draft" or "bank-out-of-scope".
    """
    require_draft(round_)
    fixed = round_.paper_kind is PaperKind.FIXED
    if not fixed:
        _require_bank(session, actor, values.bank_id)
    for column, value in asdict(values).items():
        if not fixed or column in _FREE_WHEN_FIXED:
            setattr(section, column, value)
    record(session, actor=actor, at=now, action="section.update", row=section, label=_label(round_, section))


def remove_section(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, section: PaperSection) -> None:
    """Take a section, with questions fixed in it, off the paper. Raises RuleError "round-not-draft"."""
    require_draft(round_)
    record(session, actor=actor, at=now, action="section.delete", row=section, label=_label(round_, section))
    session.execute(delete(PaperItem).where(PaperItem.section_id == section.id))
    session.delete(section)
    session.flush()
    for position, rest in enumerate(section_rules(session, round_.id)):
        rest.position = position
        session.flush()


def move_section(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, section: PaperSection, up: bool
) -> None:
    """Change places with the neighbour above or below; at the end of the paper nothing happens."""
    require_draft(round_)
    sections = section_rules(session, round_.id)
    target = sections.index(section) + (-1 if up else 1)
    if not 0 <= target < len(sections):
        return
    other = sections[target]
    here, there = section.position, other.position
    # Positions are unique in a round, so one steps aside first.
    other.position = -1
    session.flush()
    section.position = there
    record(session, actor=actor, at=now, action="section.move", row=section, label=_label(round_, section))
    other.position = here
    session.flush()


def fix(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound) -> None:
    """Draw once by the rules and keep those questions for everybody.

    Raises RuleError "round-not-draft", "paper-fixed" or what rules.drawing.check_publishable says.
    """
    require_draft(round_)
    _require_rule_paper(round_)
    rules = queries.sections_of(session, round_)
    check_publishable(rules)
    sections = section_rules(session, round_.id)
    for position, drawn in enumerate(draw(rules, new_seed())):
        session.add(PaperItem(section_id=sections[drawn.section].id, position=position, version_id=drawn.version_id))
    round_.paper_kind = PaperKind.FIXED
    record(session, actor=actor, at=now, action="round.fix-paper", row=round_, label=round_.title)


def unfix(session: Session, *, actor: Viewer, now: datetime, round_: ExamRound) -> None:
    """Draw for each person by the rules again. Raises RuleError "round-not-draft" or "paper-not-fixed"."""
    require_draft(round_)
    _require_fixed_paper(round_)
    mine = select(PaperSection.id).where(PaperSection.round_id == round_.id)
    session.execute(delete(PaperItem).where(PaperItem.section_id.in_(mine)))
    round_.paper_kind = PaperKind.RULE
    record(session, actor=actor, at=now, action="round.unfix-paper", row=round_, label=round_.title)


def swap_item(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, section: PaperSection, item: PaperItem
) -> None:
    """Put another question of the section's rule in the place of one. Raises RuleError "no-other-question"."""
    require_draft(round_)
    found = [row.id for row in session.execute(fixed_queries.spare(section))]
    if not found:
        raise RuleError("no-other-question")
    item.version_id = random.Random(secrets.randbits(63)).choice(found)
    record(session, actor=actor, at=now, action="paper-item.swap", row=item, label=_label(round_, section))


def remove_item(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, section: PaperSection, item: PaperItem
) -> None:
    """Take a question off a fixed paper. Raises RuleError "last-question"."""
    require_draft(round_)
    if section.count <= 1:
        raise RuleError("last-question")
    record(session, actor=actor, at=now, action="paper-item.delete", row=item, label=_label(round_, section))
    session.delete(item)
    section.count -= 1
    session.flush()


def add_item(
    session: Session, *, actor: Viewer, now: datetime, round_: ExamRound, section: PaperSection, version_id: int
) -> PaperItem:
    """Add a question to a section of a fixed paper.

    Raises RuleError "round-not-draft", "paper-not-fixed" or "question-not-usable".
    """
    require_draft(round_)
    _require_fixed_paper(round_)
    usable = {row.id for row in session.execute(fixed_queries.spare(section, narrow=False))}
    if version_id not in usable:
        raise RuleError("question-not-usable")
    last = session.scalar(select(func.max(PaperItem.position)).where(PaperItem.section_id == section.id))
    item = PaperItem(section_id=section.id, position=(last or 0) + 1, version_id=version_id)
    session.add(item)
    record(session, actor=actor, at=now, action="paper-item.create", row=item, label=_label(round_, section))
    section.count += 1
    session.flush()
    return item


def _label(round_: ExamRound, section: PaperSection) -> str:
    return f"{round_.title} / {section.title}"


def _require_rule_paper(round_: ExamRound) -> None:
    if round_.paper_kind is not PaperKind.RULE:
        raise RuleError("paper-fixed")


def _require_fixed_paper(round_: ExamRound) -> None:
    if round_.paper_kind is not PaperKind.FIXED:
        raise RuleError("paper-not-fixed")


def _require_bank(session: Session, actor: Viewer, bank_id: int) -> None:
    if bank_id not in {bank.id for bank in queries.usable_banks(session, actor)}:
        raise RuleError("bank-out-of-scope")
