"""Where a reader of question texts stands, and what it sees ahead of itself."""

from __future__ import annotations

import re

from portal.exams.importers.answers import Entry, is_entry, is_packed
from portal.exams.importers.lexis import (
    ANSWER_HEADING,
    LABEL_START,
    TAG,
    label_of,
    number_of,
    section_of,
    shadow,
)
from portal.exams.importers.model import Draft, Note, Section
from portal.exams.importers.options import option_start, split_stem

BRACKETED = re.compile(
    r"[(\[]\s*(?:[A-La-l](?:[\s,、;]*[A-La-l])*|√|×|对|错|正确|错误|[TFxX]|)\s*[\])]|_{2,}|[(\[]\s*$"
)
JUDGED = re.compile(r"[(\[]\s*(?:√|×|对|错|正确|错误|[TFxX])\s*[\])]\s*[。.]?\s*$")
_AHEAD = 60


class Cursor:
    """The lines, the place among them, the question under way, and looks at the lines to come."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = [line.replace("**", "").strip() for line in lines]
        self.at = 0
        self.drafts: list[Draft] = []
        self.warnings: list[Note] = []
        self.blocks: list[tuple[list[Entry], int]] = []
        self.section = Section()
        self.current: Draft | None = None
        self.state = "front"
        self.label = ""
        self.style = ""
        self.last = 0
        self.item = 0
        self.notes = False
        self.next_kind: str | None = None
        self.blank_before = True
        self.title = ""

    def _following(self, start: int) -> str:
        for line in self.lines[start + 1 : start + 1 + _AHEAD]:
            if line:
                return line
        return ""

    def _next_letter(self) -> int | None:
        mark = option_start(self._following(self.at))
        return mark.letter if mark else None

    def _evidence(self, start: int, text: str) -> bool:
        """Say whether a numbered line and what follows it, up to the next number, look like a question."""
        if BRACKETED.search(shadow(text)) or TAG.match(shadow(text)) or split_stem(text, None):
            return True
        for line in self.lines[start + 1 : start + 1 + _AHEAD]:
            if not line:
                continue
            mark = option_start(line)
            if mark and mark.letter == 0 and mark.style not in {" ", ""}:
                return True
            label = LABEL_START.match(shadow(line))
            if label and label_of(label) == "answer":
                return not self._heads_block(line)
            if number_of(line) or section_of(line):
                return False
        return False

    def _entry_follows(self, start: int) -> bool:
        following = self._following(start)
        return is_entry(following) or following.startswith("题号")

    def _heads_block(self, line: str) -> bool:
        match = ANSWER_HEADING.match(shadow(line))
        if not match:
            return False
        rest = match["rest"].lstrip(": ")
        if rest:
            return is_packed(rest) or (self.current is None and is_entry(rest))
        index = self.lines.index(line, self.at) if line in self.lines[self.at :] else self.at
        following = self._following(index)
        current = self.current
        if current and current.answer is None and match["rest"] and current.declared in {"short", "fill"}:
            return bool(section_of(following)) or is_packed(following)
        return self._entry_follows(index) or bool(section_of(following)) or self._answers_under_heading(index)

    def _answers_under_heading(self, index: int) -> bool:
        number = number_of(self._following(index))
        if number is None or self.current is None or self.current.answer is not None:
            return False
        return number[0] == 1 and len(self.drafts) > 1 and all(draft.answer is None for draft in self.drafts)

    def _judged(self, draft: Draft) -> bool:
        return bool(draft.stem and JUDGED.search(shadow(draft.stem[-1])))

    def _stem_here(self, line: str) -> bool:
        if split_stem(line, self._next_letter()):
            return True
        run = 0
        for index in range(self.at + 1, min(len(self.lines), self.at + _AHEAD)):
            other = self.lines[index]
            if not other:
                if run or self._following(index) == "" or not self._opens(self._following(index)):
                    return False
                continue
            if self._opens(other):
                return run == 0 or (self.blank_before and self.current is not None)
            if number_of(other) or section_of(other) or option_start(other) or LABEL_START.match(shadow(other)):
                return False
            run += 1
        return False

    def _opens(self, line: str) -> bool:
        """What follows a stem: option A, or (after a first question) an answer of its own."""
        mark = option_start(line)
        if mark and mark.letter == 0:
            return True
        label = LABEL_START.match(shadow(line))
        return bool(label and label_of(label) == "answer" and not self._heads_block(line))
