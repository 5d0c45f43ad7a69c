"""Questions in Aiken's format: a line for the stem, a line for each option, a line for the answer.

Taken more widely than Moodle does: letters in full width or lower case, any mark behind them, several right letters,
答案：for ANSWER:, lines of explanation behind the answer, and text that runs over several lines.
"""

from __future__ import annotations

import re

from portal.exams.importers.build import build_row
from portal.exams.importers.lexis import LABEL_START, label_of, number_of, shadow
from portal.exams.importers.model import Draft, Note, ParsedRow
from portal.exams.importers.structured import place

_OPTION = re.compile(r"^\s*[(\[]?([A-La-l])\s*[.):、]\s*(.*)$", re.DOTALL)
_ANSWER = re.compile(
    r"^\s*\[?\s*(?:ANSWERS?|ANS|KEY|正确答案|参考答案|标准答案|答案)\s*\]?\s*[::]\s*(.*)$", re.IGNORECASE
)
_ENGLISH_ANSWER = re.compile(r"^\s*ANSWERS?\s*[::]", re.IGNORECASE | re.MULTILINE)
_SAID = re.compile(r"^\s*(?:FEEDBACK|EXPLANATION|RATIONALE)\s*:\s*(.*)$", re.IGNORECASE)
_LETTERS_ONLY = re.compile(r"^[\sA-La-l,、;.]+$")


def looks_like_aiken(text: str) -> bool:
    """Say whether a text is Aiken: ANSWER: lines, or 答案：lines below options of questions without numbers."""
    lines = [line for line in shadow(text[:200_000]).split("\n") if line.strip()]
    answers = [at for at, line in enumerate(lines) if _ANSWER.match(line)]
    if not answers or not any(_OPTION.match(lines[at - 1]) for at in answers if at):
        return False
    plain = [line for line in lines if not _OPTION.match(line) and not _ANSWER.match(line)]
    numbered = any(number_of(line) for line in plain)
    english = [bool(_ENGLISH_ANSWER.match(lines[at])) for at in answers]
    if all(english) or (any(english) and not numbered):
        return True
    if any(LABEL_START.match(line) and not _ANSWER.match(line) for line in lines):
        return False
    bare = all(_LETTERS_ONLY.match(match[1]) for at in answers if (match := _ANSWER.match(lines[at])))
    return bare and len(plain) == len(answers) and not numbered


def read_aiken(text: str) -> tuple[list[ParsedRow], list[Note]]:
    """A row for each question of an Aiken text."""
    reader = _Reader()
    for line in text.split("\n"):
        reader.feed(line.strip())
    reader.close()
    for position, draft in enumerate(reader.drafts, 1):
        draft.where = place(position)
    return [build_row(draft) for draft in reader.drafts], reader.warnings


class _Reader:
    """Walks the lines once."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.warnings: list[Note] = []
        self.current: Draft | None = None
        self.gap = False
        self.label = ""

    def feed(self, line: str) -> None:
        """Take one line."""
        if not line:
            self.gap = True
            return
        text = shadow(line)
        if (found := _ANSWER.match(text)) and self.current is not None and self.current.answer is None:
            self.current.answer = [line[found.start(1) :].strip()]
            self.label = "answer"
        elif found := _OPTION.match(text):
            self._option(found[1].upper(), line[found.start(2) :].strip(), line)
        elif not self._explained(line, text):
            self._words(line)
        self.gap = False

    def close(self) -> None:
        """The question under way is whole."""
        if self.current is None:
            return
        if self.current.options or self.current.answer is not None:
            self.drafts.append(self.current)
        else:
            self.warnings.append(Note.of("stray-text", text=" ".join(self.current.stem)[:30]))
        self.current = None

    def _begin(self) -> Draft:
        self.close()
        self.current, self.label = Draft(), ""
        return self.current

    def _option(self, letter: str, text: str, line: str) -> None:
        current = self.current
        if current is None or current.answer is not None:
            current = self._begin()
        elif letter == "A" and current.options:
            current = self._again(current)
        if letter != chr(ord("A") + len(current.options)):
            current.problems.append(Note.of("options-out-of-order", letters=letter))
        current.options.append(text)

    def _again(self, current: Draft) -> Draft:
        """A second A: what seemed the first option was a stem ("A. Smith ..."), or a new question begins."""
        if len(current.options) == 1 and not current.stem and not self.gap:
            current.stem, current.options = [f"A. {current.options[0]}"], []
            return current
        last, _, stem = current.options[-1].rpartition("\n")
        fresh = self._begin()
        if last:  # the question before has no answer, and this one's stem was taken for more of its last option
            self.drafts[-1].options[-1] = last
            fresh.stem.append(stem)
        return fresh

    def _explained(self, line: str, text: str) -> bool:
        """解析：and other labels behind the answer, and what FEEDBACK: says."""
        current = self.current
        if current is None or current.answer is None:
            return False
        if found := _SAID.match(line):
            current.labels.setdefault("analysis", []).append(found[1])
            self.label = "analysis"
            return True
        label = LABEL_START.match(text)
        if label and label_of(label) not in {"answer", "stem", "options"}:
            self.label = label_of(label)
            current.labels.setdefault(self.label, []).append(line[label.end() :].strip())
            return True
        if self.label not in {"", "answer"} and not self.gap:
            current.labels[self.label].append(line)
            return True
        return False

    def _words(self, line: str) -> None:
        """A stem, or more of what came before."""
        current = self.current
        if current is None or current.answer is not None or self.gap:
            current = self._begin()
        if current.options:
            current.options[-1] = f"{current.options[-1]}\n{line}".strip()
            return
        numbered = number_of(line) if not current.stem else None
        if numbered:
            current.number, line = str(numbered[0]), line[numbered[2] :]
        current.stem.append(line)
