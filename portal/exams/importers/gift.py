"""Questions in GIFT, the plain text format of Moodle.

The grammar is that of Moodle's "GIFT format" documentation: questions are set apart by blank lines; `//` begins a
comment, which may hold [id:...] and [tag:...]; `$CATEGORY:` holds for the questions below it; the answers stand in
braces, and where words follow the braces they fill a gap in the stem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from portal.exams.importers import structured
from portal.exams.importers.keys import judge_word
from portal.exams.importers.markup import from_html, looks_marked, tidy
from portal.exams.importers.model import Note, ParsedRow
from portal.exams.importers.structured import Choice, Item
from portal.exams.rules.question import QuestionType

# Escaped characters wait in a private corner of Unicode while the text is cut.
_ESCAPED = {char: chr(0x10F800 + place) for place, char in enumerate("\\:#={}~n")}
_RESTORED = {ord(mark): "\n" if char == "n" else char for char, mark in _ESCAPED.items()}
_ESCAPE = re.compile(r"\\([\\:#={}~n])")
_COMMENT_PART = re.compile(r"\[(id|tag):((?:\\[\[\]\\]|[^\]])*)\]", re.IGNORECASE)
_CATEGORY = re.compile(r"^\s*\$CATEGORY:\s*(.*)$", re.IGNORECASE)
_TITLE = re.compile(r"^\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"^\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"^\s*%\s*(-?\d{1,3}(?:\.\d+)?)\s*%")
_JUDGED = re.compile(r"^(T|TRUE|F|FALSE|对|错|正确|错误|√|×)\s*(?:#(.*))?$", re.IGNORECASE | re.DOTALL)
_ANSWERED = re.compile(r"\{\s*(?:[=~#]|(?:T|TRUE|F|FALSE)\s*(?:#[^}]*)?\}|\}\s*$)", re.IGNORECASE | re.MULTILINE)
_STRAY_TAIL = re.compile(r"^[\"“”'‘’;；\s]*$")
_GAP = "____"
_FEEDBACK = "####"  # general feedback: what is said to everybody
_MAX_WEIGHT = 100
_ROOT_CATEGORIES = {"top", "$course$", "$system$", "$cat$", "$module$"}


@dataclass(slots=True)
class Chunk:
    """The lines of one question, its comments apart, and the category that holds."""

    lines: list[str] = field(default_factory=list)
    number: str = ""
    tags: list[str] = field(default_factory=list)
    category: str = ""

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def looks_like_gift(text: str) -> bool:
    """Say whether a text is GIFT: answers in braces of one of its kinds, or one of its own lines."""
    sample = _ESCAPE.sub("", text[:200_000])
    if re.search(r"^\s*(?:\$CATEGORY:|::[^:\n]+::)", sample, re.MULTILINE):
        return "{" in sample
    return bool(_ANSWERED.search(sample) or re.search(r"\{[^{}]*\n\s*[=~]", sample))


def read_gift(text: str) -> tuple[list[ParsedRow], list[Note]]:
    """A row for each question of a GIFT text."""
    rows: list[ParsedRow] = []
    for chunk in _chunks(text):
        rows.append(_row(chunk, len(rows) + 1))
    return rows, []


def category_tags(path: str) -> list[str]:
    """The parts of a category's path that say something."""
    parts = [part.strip() for part in re.split(r"(?<!/)/(?!/)", path)]
    return [
        part.replace("//", "/")
        for part in parts
        if part and part.lower() not in _ROOT_CATEGORIES and not part.lower().startswith("default for ")
    ]


def _chunks(text: str) -> Iterator[Chunk]:
    """The questions of a text. A blank line ends one, unless its braces are still open and close further down."""
    lines = [_ESCAPE.sub(lambda match: _ESCAPED[match[1]], line) for line in text.split("\n")]
    current, category = Chunk(), ""
    for at, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith("//"):
            _comment(current, bare)
        elif found := _CATEGORY.match(line):
            category = _restore(found[1]).strip()
        elif not bare:
            still_open = _open(current.text) and _closes_later(lines[at + 1 :])
            if current.lines and not still_open:  # comments alone wait for their question
                yield current
                current = Chunk()
        else:
            if current.lines and _begins_next(current.text, bare):
                yield current
                current = Chunk()
            current.category = category
            current.lines.append(line)
    if current.lines:
        yield current


def _comment(chunk: Chunk, line: str) -> None:
    for kind, value in _COMMENT_PART.findall(line.translate(_RESTORED_IN_COMMENTS)):
        word = re.sub(r"\\([\[\]\\])", r"\1", value).strip()
        if kind.lower() == "id":
            chunk.number = word
        elif word:
            chunk.tags.append(word)


_RESTORED_IN_COMMENTS = {ord(mark): "\\" + char for char, mark in _ESCAPED.items()}


def _open(text: str) -> bool:
    return text.count("{") > text.count("}")


def _closes_later(lines: list[str]) -> bool:
    """Whether a closing brace comes before the next opening one or the next title."""
    for line in lines:
        if "}" in line.split("{")[0]:
            return True
        if "{" in line or line.lstrip().startswith("::"):
            return False
    return False


def _begins_next(text: str, line: str) -> bool:
    """A question whose braces are closed ends where a line brings a title or braces of its own."""
    return "}" in text and not _open(text) and (line.startswith("::") or "{" in line)


def _row(chunk: Chunk, position: int) -> ParsedRow:
    text, name = chunk.text, ""
    if title := _TITLE.match(text):
        name, text = _restore(title[1]).strip(), text[title.end() :]
    item = Item(structured.place(position, name), chunk.number, tags=[*category_tags(chunk.category), *chunk.tags])
    form = ""
    if found := _FORMAT.match(text):
        form, text = found[1].lower(), text[found.end() :]
    start, end = text.find("{"), text.rfind("}")
    if start < 0 and end < 0:
        item.stem = _plain(text, form, item)
        return structured.unsupported(item, "description")
    if start < 0 or end < start or "{" in text[start + 1 : end]:
        item.stem = _plain(text, form, item)
        item.refuse("brace-unmatched")
        return structured.finish(item, QuestionType.SHORT)
    return _answered(item, text[:start], text[start + 1 : end], text[end + 1 :], form)


def _answered(item: Item, before: str, body: str, after: str, form: str) -> ParsedRow:
    gap = bool(after.strip()) and not _STRAY_TAIL.match(_restore(after))
    if after.strip() and not gap:
        item.warn("stray-text", text=_restore(after).strip()[:20])
    item.stem = _plain(f"{before.rstrip(' ')} {_GAP} {after.lstrip(' ')}" if gap else before, form, item)
    body, _, general = body.partition(_FEEDBACK)
    item.analysis = _plain(general, form, item)
    body = body.strip()
    if not body:
        return structured.short(item, "")
    if body.startswith("#"):
        return structured.unsupported(item, "numerical")
    if judged := _JUDGED.match(body):
        return _judge(item, judged, form)
    if body[0] in "=~":
        return _listed(item, body, form)
    item.refuse("answer-unreadable", answer=_restore(body)[:40])
    return structured.finish(item, QuestionType.SHORT)


def _listed(item: Item, body: str, form: str) -> ParsedRow:
    """Answers in a row: right ones alone are spellings of a word, with wrong ones among them they are options."""
    answers = [part for part in re.split(r"(?=[=~])", body) if part.strip()]
    if "~" not in body and len(answers) > 1 and all("->" in part for part in answers):
        return structured.unsupported(item, "matching")
    read = [_answer(item, part, form) for part in answers]
    if "~" not in body:
        return structured.fill(item, [read], patterns=True)
    pairs = zip(answers, read, strict=True)
    one = any(part.startswith("=") and each.weight == _MAX_WEIGHT for part, each in pairs)
    return structured.choice(item, read, several=not one)


def _judge(item: Item, judged: re.Match[str], form: str) -> ParsedRow:
    """Feedback on the wrong answer stands first, that on the right one second."""
    right = judge_word(_restore(judged[1]))
    said = [_plain(part, form, item) for part in (judged[2] or "").split("#", 1)]
    marks = ("答错", "答对")
    return structured.judge(item, right, list(zip(marks, said, strict=False)))


def _answer(item: Item, part: str, form: str) -> Choice:
    """One answer: its mark, its weight, its text, what is said to it."""
    text, _, said = part[1:].partition("#")
    weight = Fraction(_MAX_WEIGHT if part.startswith("=") else 0)
    if found := _WEIGHT.match(text):
        weight, text = Fraction(found[1]), text[found.end() :]
        if abs(weight) > _MAX_WEIGHT:
            item.refuse("weight-unread", text=found[0].strip())
    elif text.lstrip().startswith("%"):
        item.refuse("weight-unread", text=_restore(text).strip()[:20])
    return Choice(_plain(text, form, item), weight, _plain(said, form, item))


def _plain(text: str, form: str, item: Item) -> str:
    """A text of the question as plain words; a mark of its own form stands over the question's."""
    if found := _FORMAT.match(text):
        form, text = found[1].lower(), text[found.end() :]
    # A line break in the file is layout, \n is a line break.
    text = _restore(re.sub(r"\s*\n\s*", " ", text.strip()))
    if form == "html" or (form in {"", "moodle"} and looks_marked(text)):
        return from_html(text, item.losses)
    return text.strip() if form == "plain" else tidy(text)


def _restore(text: str) -> str:
    return text.translate(_RESTORED)
