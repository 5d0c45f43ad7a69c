"""What the pages show of the course of an attempt: the counts, the timeline in words, the seal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.exams.models import Attempt
from portal.exams.queries import attempts, evidence
from portal.exams.rules.evidence import Counts, Line, Sent, counts, timeline
from portal.exams.rules.question import QuestionType
from portal.exams.rules.seal import verify
from portal.exams.sitting import LETTERS


class SealState(StrEnum):
    """Whether the answers are those that were handed in. NONE: not handed in yet, so nothing is sealed."""

    NONE = "none"
    SOUND = "sound"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The course of one attempt. `types` are the kinds of its questions in their order."""

    counts: Counts
    lines: list[Line]
    seal: SealState
    types: list[QuestionType]

    @property
    def sent(self) -> list[tuple[Line, Sent]]:
        """Every answer that came by another way than the page in charge, with the event that brought it."""
        return [(line, each) for line in self.lines for each in line.sent]

    def said(self, sent: Sent) -> str:
        """The answer as the paper letters it, or what was written; nothing for a blank."""
        if self.types[sent.place - 1] in {QuestionType.FILL, QuestionType.SHORT}:
            return "；".join(part for part in sent.value if part.strip())
        return "".join(LETTERS[int(place)] for place in sent.value)


def evidence_of(session: Session, attempt: Attempt, secret: bytes) -> Evidence:
    """Read the course of an attempt and check its seal; writes nothing."""
    happenings, answers = evidence.happenings(session, attempt.id), attempts.answers(session, attempt.id)
    seal = SealState.NONE
    if attempt.seal:
        seal = SealState.SOUND if verify(secret, attempt.id, answers, attempt.seal) else SealState.BROKEN
    shapes = attempts.shapes(session, attempt.paper)
    types = [shapes[drawn["v"]].type for drawn in attempt.paper]
    return Evidence(counts(happenings), timeline(happenings, answers), seal, types)
