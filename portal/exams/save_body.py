"""What a page sends to be saved, and what it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.exams.rules.attempt import Merge


def well_formed(body: Any) -> bool:
    """Whether it is what a page sends: {"lease": number, "answers": [...], "events": [...]}.

    A list that is left out is put in, empty.
    """
    return (
        isinstance(body, dict)
        and isinstance(body.get("lease"), int)
        and isinstance(body.setdefault("answers", []), list)
        and isinstance(body.setdefault("events", []), list)
    )


def saved_body(merged: Merge, due: datetime, now: datetime) -> dict[str, Any]:
    """What a page is told of a stored save: the server's clock, the deadline, and the counter stored at each place."""
    saved = {str(place): counter for place, counter in merged.saved.items()}
    return {"server_now": now.isoformat(), "due": due.isoformat(), "saved": saved}
