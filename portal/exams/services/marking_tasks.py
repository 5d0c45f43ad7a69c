"""The short answers of an attempt become tasks for markers when it is handed in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.exams.models import Attempt
from portal.exams.models_marking import MarkingTask
from portal.exams.rules.hand_marking import NUMBERS


def open_tasks(session: Session, *, attempt: Attempt, places: Sequence[int]) -> None:
    """Put the answers at these places into the queue, each under a number drawn at random."""
    session.add_all(
        MarkingTask(
            round_id=attempt.round_id,
            attempt_id=attempt.id,
            position=place,
            version_id=attempt.paper[place - 1]["v"],
            points=attempt.paper[place - 1]["p"],
            number=secrets.randbelow(NUMBERS),
        )
        for place in places
    )
