"""Who stands where in a contest, kept until something changes.

A board is asked for every two seconds by everybody who watches it, and ranking thousands takes a tenth of a second.
Each time it is asked, in one look at an index, whether anything has changed; only then is it ranked again. Kept in
memory, per process, for the contests watched last.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from portal.exams.queries import contest as queries
from portal.exams.queries.contest import Stand

CONTESTS = 8
AGE = timedelta(minutes=1)
"""After so long it is read anew in any case: a person or a unit may have got another name."""
_KEY = "kept-boards"


class KeptBoards:
    """The standings of the contests watched last, each with the state that it was read in."""

    def __init__(self) -> None:
        self._boards: OrderedDict[int, tuple[tuple[Any, ...], datetime, Sequence[Stand]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: Session, round_id: int, now: datetime) -> Sequence[Stand]:
        """Everybody's standing as of now."""
        state = queries.state_of_board(session, round_id)
        with self._lock:
            kept = self._boards.get(round_id)
        if kept is not None and kept[0] == state and now - kept[1] < AGE:
            return kept[2]
        read = queries.all_standings(session, round_id)
        with self._lock:
            self._boards[round_id] = (state, now, read)
            self._boards.move_to_end(round_id)
            if len(self._boards) > CONTESTS:
                self._boards.popitem(last=False)
        return read


def standings_of(session: Session, round_id: int, now: datetime) -> Sequence[Stand]:
    """Everybody's standing in a contest, from the first to the last."""
    kept: KeptBoards = current_app.extensions.setdefault(_KEY, KeptBoards())
    return kept.of(session, round_id, now)
