"""Answers that stand apart from their questions: a block at the end of a paper, or a file of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from portal.exams.importers.lexis import (
    LABEL_INSIDE,
    LABEL_START,
    PLAIN_HEADING,
    label_of,
    number_of,
    section_of,
    shadow,
)
from portal.exams.importers.model import Draft, Note

_CHOICE = r"[A-La-l](?:[ \t]*[,、;/]?[ \t]*[A-La-l])*(?![A-Za-z])"
_SIGN = r"√|×|正确|错误|对|错|是|否|[TtFfYyNn](?![A-Za-z])|TRUE|FALSE|True|False|[xX](?![A-Za-z])"
ANSWER_LIKE = re.compile(rf"^\s*[\[(]?\s*(?:{_CHOICE}|{_SIGN})\s*[\])]?\s*(?:$|[.。;,、:\s(\[]|解析)")
_RANGE = re.compile(r"(?:第\s*)?[(\[]?\s*(\d{1,4})\s*[-—–－~～至到]+\s*(\d{1,4})\s*[)\]]?\s*(?:题)?\s*[:.、)]?\s*")
_PAIRS = re.compile(
    rf"(?:^|(?<=[\s,;。.、)|A-La-l√×对错确误]))[(\[]?\s*(?:第\s*)?(\d{{1,4}})\s*(?:题)?\s*[)\]]?\s*[.、:,)-]*\s*[\[(]?\s*"
    rf"({_CHOICE}|{_SIGN})\s*[\])]?(?=[\s,;。.、|\d(\[]|第|$)"
)
_TOKEN = re.compile(rf"{_SIGN}|[A-La-l]+")
_BLOCK_PAIRS = 2


@dataclass(slots=True)
class Entry:
    """One answer of a block: the part it stands under, the number, the answer and what was said about it."""

    number: int
    answer: list[str] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)
    kind: str | None = None
    part: int = 0


def is_entry(line: str) -> bool:
    """Say whether a line is an answer with its number ("1.A", "1-5 ABCDA", "3.【答案】B"), not a question."""
    text = shadow(line).strip()
    found = _RANGE.match(text)
    if found and _range_tokens(int(found[1]), int(found[2]), text[found.end() :]) is not None:
        return True
    number = number_of(line)
    if number:
        rest = text[number_of(text)[2] :] if number_of(text) else ""  # type: ignore[index]
        label = LABEL_START.match(rest)
        return bool(label) or bool(ANSWER_LIKE.match(rest))
    return is_packed(line) or text.startswith("题号")


def is_packed(line: str) -> bool:
    """Say whether a line holds several numbered answers or a range of them."""
    text = shadow(line).strip()
    if found := _RANGE.match(text):
        return _range_tokens(int(found[1]), int(found[2]), text[found.end() :]) is not None
    pairs = _PAIRS.findall(text)
    whole = _PAIRS.fullmatch(text) is not None
    return whole or (len(pairs) >= _BLOCK_PAIRS and _PAIRS.match(text) is not None)


def _range_tokens(first: int, last: int, rest: str) -> list[str] | None:
    """Answers of a range, one for each number; None where their count does not fit."""
    count = last - first + 1
    rest = (_RANGE.split(rest)[0] if _RANGE.search(rest) else rest).strip()
    tokens = [word for word in re.split(r"[\s,;、|，；。]+", rest) if word]
    if len(tokens) == count and all(_TOKEN.fullmatch(token) for token in tokens):
        return tokens
    packed = "".join(tokens)
    singles = re.findall(r"正确|错误|[A-La-l√×对错TtFf是否]", packed)
    if count > 0 and len(singles) == count and "".join(singles) == packed:
        return singles
    return None


class _Block:
    """Reads a block of answers line by line."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.kind: str | None = None
        self.part = 0
        self.numbers: list[int] = []
        self.state = "answer"

    def feed(self, line: str) -> None:
        """Take one line."""
        heading = section_of(re.sub(r"(参考|正确|标准)?答案", "", line)) if len(line) < 80 else None  # noqa: PLR2004
        if heading:
            self.kind = heading[0]
            self.part += 1
            return
        for reader in (self._table, self._ranges, self._packed, self._numbered):
            if reader(line):
                return
        self._more(line)

    def _add(self, number: int, answer: str) -> Entry:
        last = self.entries[-1] if self.entries else None
        if last and last.kind == self.kind and last.part == self.part and number <= last.number:
            self.part += 1
        entry = Entry(number, [answer] if answer else [], kind=self.kind, part=self.part)
        self.entries.append(entry)
        self.state = "answer"
        return entry

    def _table(self, line: str) -> bool:
        """A row of numbers (题号 1 2 3) and below it a row of answers (答案 A B C)."""
        words = shadow(line).split()
        if words and words[0].strip(":") == "题号":
            self.numbers = [int(word) for word in words[1:] if word.isdecimal()]
            return True
        if words and self.numbers and words[0].strip(":") in {"答案", "正确答案", "参考答案"}:
            for number, answer in zip(self.numbers, words[1:], strict=False):
                self._add(number, answer)
            self.numbers = []
            return True
        return False

    def _ranges(self, line: str) -> bool:
        text = shadow(line).strip()
        found = list(_RANGE.finditer(text))
        if not found or found[0].start() != 0:
            return False
        done = False
        for index, match in enumerate(found):
            end = found[index + 1].start() if index + 1 < len(found) else len(text)
            tokens = _range_tokens(int(match[1]), int(match[2]), text[match.end() : end])
            for offset, token in enumerate(tokens or []):
                self._add(int(match[1]) + offset, token)
                done = True
        return done

    def _packed(self, line: str) -> bool:
        text = shadow(line).strip()
        if not is_packed(line):
            return False
        for number, answer in _PAIRS.findall(text):
            self._add(int(number), answer)
        return True

    def _numbered(self, line: str) -> bool:
        number = number_of(line)
        if number is None or self._is_item(number[0], number[1], line[number[2] :]):
            return False
        self._labels(self._add(number[0], ""), line[number[2] :])
        return True

    def _is_item(self, number: int, style: str, rest: str) -> bool:
        """Within a long answer, "1. ... 2. ..." are its own points: they repeat numbers already given."""
        if self.kind != "short" or not self.entries or ANSWER_LIKE.match(shadow(rest)):
            return False
        last = self.entries[-1]
        return last.kind == "short" and (number <= last.number or style == "br") and last.part == self.part

    def _labels(self, entry: Entry, text: str) -> None:
        label = LABEL_START.match(shadow(text))
        name = label_of(label) if label else self.state
        text = text[label.end() :] if label else text
        for inside in LABEL_INSIDE.finditer(shadow(text)):
            return self._split(entry, name, text, inside)
        return self._put(entry, name, text)

    def _split(self, entry: Entry, name: str, text: str, inside: re.Match[str]) -> None:
        self._put(entry, name, text[: inside.start()])
        self.state = label_of(inside)
        self._labels(entry, text[inside.end() :])

    def _put(self, entry: Entry, name: str, text: str) -> None:
        self.state = name
        text = text.strip()
        if not text:
            return
        if name == "answer":
            entry.answer.append(text)
        else:
            entry.labels.setdefault(name, []).append(text)

    def _more(self, line: str) -> None:
        """A line without a number: a label of the last answer, or more of it; else words around the block."""
        if not self.entries:
            return
        last = self.entries[-1]
        if (
            LABEL_START.match(shadow(line))
            or self.state != "answer"
            or last.kind in {"short", "fill"}
            or not last.answer
            or (not ANSWER_LIKE.match(shadow(last.answer[0])) and not PLAIN_HEADING.match(shadow(line)))
        ):
            self._labels(last, line)


def read_answers(lines: list[str]) -> list[Entry]:
    """Read the lines of an answer block or an answer file."""
    block = _Block()
    for line in lines:
        if line.strip():
            block.feed(line.strip())
    return block.entries


def apply_answers(entries: list[Entry], drafts: list[Draft]) -> list[Note]:
    """Give each answer to its question. Gives a warning for each answer that finds none.

    By the type of the part it stands under and its number; where the block has no such parts, by number if numbers do
    not repeat, else the block's n-th run of numbers belongs to the n-th part of the paper.
    """
    pick = _picker(entries, drafts)
    warnings = []
    for entry in entries:
        draft = pick(entry)
        if draft is None:
            shown = " ".join(entry.answer)[:30]
            if shown:
                warnings.append(Note.of("answer-unmatched", number=entry.number, answer=shown))
            continue
        if entry.answer and draft.answer is None:
            draft.answer = list(entry.answer)
        for name, texts in entry.labels.items():
            draft.labels.setdefault(name, []).extend(texts)
    return warnings


def _picker(entries: list[Entry], drafts: list[Draft]) -> Callable[[Entry], Draft | None]:
    by_number: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_number.setdefault(draft.number, []).append(draft)
    unique = all(len(same) == 1 for same in by_number.values())
    sections = sorted({draft.section.index for draft in drafts})
    parts = sorted({entry.part for entry in entries})

    def pick(entry: Entry) -> Draft | None:
        same = by_number.get(str(entry.number), [])
        if unique or len(same) <= 1:
            return same[0] if same else None
        typed = [draft for draft in same if entry.kind and draft.section.kind == entry.kind]
        if len(typed) == 1:
            return typed[0]
        place = parts.index(entry.part)
        if place < len(sections):
            found = [draft for draft in same if draft.section.index == sections[place]]
            if found:
                return found[0]
        return next((draft for draft in typed or same if draft.answer is None), None)

    return pick
