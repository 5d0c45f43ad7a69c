"""What the first page shows, by role: it may look into every feature."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.exams.queries import attempts
from portal.exams.sitting import Card, mine_cards

MAX_CARDS = 3


def exam_cards(session: Session, viewer: Viewer, now: datetime) -> list[Card]:
    """My exams that ask for something, most pressing first; the last result where none does."""
    cards = mine_cards(attempts.my_rounds(session, viewer.id or 0), now)
    pressing = [card for card in cards if card.can_start or card.status in {"upcoming", "waiting"}]
    return (pressing or cards[:1])[:MAX_CARDS]
