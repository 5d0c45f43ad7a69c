"""The exam page: 100 kB that whoever lost the connection loads again, a whole building at a time.

It is a kept page (portal/web/kept.py): drawn by Flask, given out again by Flask or by the short way (lane.py) while
nothing of what it shows has changed.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.exams.kept_papers import drawn_sheet
from portal.exams.rules.attempt import Answer, Rev, highest_counter
from portal.web.i18n import Display, display
from portal.web.pages import answer_kept

TEMPLATE = "exams/attempt.html"
Stored = tuple[tuple[int, str, int, int], ...]


def key(root: str, address: str, shown: Display, sheet: Any, stored: Stored) -> Hashable:
    """Everything that the page depends on, besides who reads it and when.

    `sheet` and `stored` are what queries.sheet_to_show() and queries.answers_as_stored() read.
    """
    return (TEMPLATE, root, address, shown, *sheet, stored)


def answer(session: Session, sheet: Any, stored: Stored) -> Response:
    """The page with the answers stored now."""

    def context() -> dict[str, Any]:
        answers = {
            place: Answer(Rev(lease, counter), tuple(json.loads(value))) for place, value, lease, counter in stored
        }
        drawn = drawn_sheet(session, sheet, answers)
        return {"attempt": sheet, "round": sheet, "sheet": drawn, "counter": highest_counter(answers)}

    found = key(request.script_root, request.full_path.rstrip("?"), display(), sheet, stored)
    return answer_kept(found, TEMPLATE, None, context, server_now=clock.now().isoformat())
