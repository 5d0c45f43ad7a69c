"""The questions of an exam page as HTML, kept for whoever loads the page again.

A paper never changes once it is drawn, and drawing its fifty questions is most of the work of the page: in a burst (the
connection comes back for a whole building) every page is loaded again at once. Kept in memory, per process, for the
papers used last; what is not kept is drawn anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.exams.models import Attempt
from portal.exams.queries import attempts as queries
from portal.exams.queries.attempts import PaperQuestion
from portal.exams.rules.attempt import Answer
from portal.exams.sitting import Sheet, SheetQuestion, sheet_of
from portal.web.i18n import display

PAPERS = 256
"""So many papers are kept, at 100 to 200 kB each."""
DRAWN = 400
"""So many pieces of one paper: its questions as they stand now and as they stood a while ago."""
_KEY = "kept-papers"


@dataclass(slots=True)
class KeptPaper:
    """A paper with the pieces of HTML drawn so far, by what they show."""

    questions: list[PaperQuestion]
    pieces: dict[tuple[Any, ...], Markup] = field(default_factory=dict)

    def piece(self, macro: str, key: tuple[Any, ...], *arguments: Any) -> Markup:
        """What the macro gives for these arguments; `key` says all that can differ within this paper."""
        full = (macro, display().lang, *key)
        found = self.pieces.get(full)
        if found is None:
            if len(self.pieces) >= DRAWN:
                self.pieces.clear()
            found = self.pieces[full] = current_app.jinja_env.globals[macro](*arguments)  # type: ignore[operator]
        return found


class KeptPapers:
    """The papers used last."""

    def __init__(self) -> None:
        self._papers: OrderedDict[tuple[Any, ...], KeptPaper] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, attempt: Any, read: Callable[[], list[PaperQuestion]]) -> KeptPaper:
        """The paper of an attempt (its id and started_at count), read where it is not kept."""
        key = (attempt.id, attempt.started_at)
        with self._lock:
            if key in self._papers:
                self._papers.move_to_end(key)
                return self._papers[key]
        made = KeptPaper(read())
        with self._lock:
            self._papers[key] = made
            if len(self._papers) > PAPERS:
                self._papers.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True)
class DrawnSheet:
    """What the exam page shows of a sheet: its questions and the answer card, as HTML."""

    sheet: Sheet
    total: int
    answered: int
    questions: Markup
    card: Markup


def drawn_sheet(session: Session, attempt: Any, stored: dict[int, Answer]) -> DrawnSheet:
    """The sheet of an attempt with the answers stored now, drawn. `attempt` is what sheet_to_show() reads of it."""
    papers: KeptPapers = current_app.extensions.setdefault(_KEY, KeptPapers())
    kept = papers.of(attempt, lambda: queries.paper(session, session.get_one(Attempt, attempt.id)))
    sheet = sheet_of(kept.questions, stored)
    total = len(sheet.questions)
    answered = [each.answered for each in sheet.questions]
    questions = Markup("").join(_question(kept, each, total) for each in sheet.questions)
    card = kept.piece("answer_card", tuple(answered), sheet)
    return DrawnSheet(sheet, total, sum(answered), questions, card)


def _question(kept: KeptPaper, each: SheetQuestion, total: int) -> Markup:
    return kept.piece("question_card", (each.question.place, each.value, each.counter), each, total)
