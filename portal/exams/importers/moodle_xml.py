"""Questions in Moodle XML.

The elements are those that Moodle's own export writes (question/format/xml): multichoice, truefalse, shortanswer,
essay, and cloze where it asks for words only. Every other type is found and reported.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from lxml import etree

from portal.core.errors import RuleError
from portal.exams.importers import structured
from portal.exams.importers.gift import category_tags
from portal.exams.importers.markup import from_html, local, looks_marked, tidy, xml_root
from portal.exams.importers.model import Note, ParsedRow
from portal.exams.importers.structured import Choice, Item

# Answers set into the text: {2:SHORTANSWER:=right~%50%half#said}.
_CLOZE = re.compile(r"\{(\d*):(\w+):((?:\\.|[^\\}])*)\}")
_CLOZE_WORDS = {"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"}
_CLOZE_WEIGHT = re.compile(r"^(?:=|%(-?\d{1,3}(?:\.\d+)?)%)")
_GAP = "____"
_MARK = "\U0010f7ff"
_CLOZE_ESCAPE = re.compile(r"\\([\\~#}{\"/=%*])")
_HIDDEN = {char: chr(0x10F700 + ord(char)) for char in '\\~#}{"/=%*'}
_SHOWN = {ord(mark): "\\*" if char == "*" else char for char, mark in _HIDDEN.items()}
_STANDARD_COMMENTS = {
    "your answer is correct.", "your answer is partially correct.", "your answer is incorrect.", "回答正确。",
    "部分正确。", "回答错误。", "你的答案正确", "你的答案部分正确", "你的答案错误", "你的答案正确。",
    "你的答案部分正确。", "你的答案错误。", "您的答案正确", "您的答案部分正确", "您的答案错误",
}  # fmt: skip
_COMMENTS = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
_NULL_TYPES = {"category"}


def read_moodle_xml(data: bytes) -> tuple[list[ParsedRow], list[Note]]:
    """A row for each question of a Moodle XML file. Raises RuleError for a file that is none."""
    root = xml_root(data)
    if local(root) not in {"quiz", "question"}:
        raise RuleError("file-xml-kind", name=local(root))
    rows: list[ParsedRow] = []
    category: list[str] = []
    for question in [root] if local(root) == "question" else root:
        if local(question) != "question":
            continue
        kind = (question.get("type") or "").strip().lower()
        if kind in _NULL_TYPES:
            category = category_tags(_bare(question.find("category")))
        else:
            rows.append(_row(question, kind, len(rows) + 1, category))
    return rows, []


def _row(question: Any, kind: str, position: int, category: list[str]) -> ParsedRow:
    name = _bare(question.find("name"))
    item = Item(structured.place(position, name), _bare(question.find("idnumber")))
    tags = [_bare(tag) for tag in question.iterfind("tags/tag")]
    item.tags = list(dict.fromkeys([*category, *(tag for tag in tags if tag)]))
    item.stem = _text(question.find("questiontext"), item)
    item.analysis = _text(question.find("generalfeedback"), item)
    item.points = _points(question.findtext("defaultgrade"))
    _note_dropped(question, item)
    reader = _READERS.get(kind)
    return reader(question, item) if reader else structured.unsupported(item, kind or "?")


def _multichoice(question: Any, item: Item) -> ParsedRow:
    single = (question.findtext("single") or "true").strip().lower() in {"true", "1"}
    if (question.findtext("shuffleanswers") or "true").strip().lower() in {"false", "0"}:
        item.dropped.append("fixed-order")
    return structured.choice(item, _answers(question, item), several=not single)


def _truefalse(question: Any, item: Item) -> ParsedRow:
    said, right = [], None
    for answer in question.iterfind("answer"):
        word = _bare(answer).lower()
        weight = _weight(answer, item)
        if word in {"true", "false"} and weight > 0:
            right = word == "true"
        mark = {"true": "选“正确”", "false": "选“错误”"}.get(word, word)
        said.append((mark, _text(answer.find("feedback"), item)))
    return structured.judge(item, right, said)


def _shortanswer(question: Any, item: Item) -> ParsedRow:
    answers = _answers(question, item)
    loose = (question.findtext("usecase") or "0").strip() in {"0", "false"}
    if loose and any(re.search("[A-Za-z]", each.text) for each in answers if each.weight > 0):
        item.dropped.append("letter-case")
    return structured.fill(item, [answers], patterns=True)


def _essay(question: Any, item: Item) -> ParsedRow:
    if _text(question.find("responsetemplate"), item):
        item.dropped.append("response-template")
    files = (question.findtext("attachments") or "0").strip()
    if files not in {"", "0"} or (question.findtext("responseformat") or "").strip() == "noinline":
        item.dropped.append("attachments")
    return structured.short(item, _text(question.find("graderinfo"), item))


def _cloze(question: Any, item: Item) -> ParsedRow:
    """Several answers in one text: 填空 where all of them are words."""
    found = list(_CLOZE.finditer(_raw(question.find("questiontext"))))
    if not found or any(each[2].upper() not in _CLOZE_WORDS for each in found):
        return structured.unsupported(item, "cloze")
    if len({each[1] or "1" for each in found}) > 1:
        item.dropped.append("blank-weights")
    gapped = _CLOZE.sub(_MARK, _raw(question.find("questiontext")))
    item.losses.pictures.clear()
    text = _as_plain(gapped, question.find("questiontext"), item)
    marks = text.count(_MARK)
    ending = text.rstrip(_MARK + "\n ")
    at_end = text[len(ending) :].count(_MARK) == marks and "\n" in text[len(ending) :]
    item.stem = ending if at_end else text.replace(_MARK, _GAP)
    return structured.fill(item, [_cloze_spellings(each[3]) for each in found], patterns=True)


def _cloze_spellings(body: str) -> list[Choice]:
    spellings = []
    for part in _CLOZE_ESCAPE.sub(lambda match: _HIDDEN[match[1]], body).split("~"):
        weight, text = Fraction(0), part
        if match := _CLOZE_WEIGHT.match(part):
            weight, text = Fraction(match[1] or 100), part[match.end() :]
        text, _, said = text.partition("#")
        spellings.append(Choice(text.translate(_SHOWN).strip(), weight, said.translate(_SHOWN)))
    return spellings


_READERS = {
    "multichoice": _multichoice,
    "truefalse": _truefalse,
    "shortanswer": _shortanswer,
    "essay": _essay,
    "cloze": _cloze,
    "multianswer": _cloze,
}


def _answers(question: Any, item: Item) -> list[Choice]:
    return [
        Choice(_text(answer, item), _weight(answer, item), _text(answer.find("feedback"), item))
        for answer in question.iterfind("answer")
    ]


def _weight(answer: Any, item: Item) -> Fraction:
    said = (answer.get("fraction") or "0").strip()
    try:
        weight = Fraction(said)
    except (ValueError, ZeroDivisionError):
        weight = Fraction(0)
        item.refuse("weight-unread", text=said[:20])
    return weight


def _points(text: str | None) -> int | None:
    try:
        return round(float(text) * 100) if text and text.strip() else None
    except (ValueError, OverflowError):
        return None


def _note_dropped(question: Any, item: Item) -> None:
    """Texts and files that a question of ours has no place for."""
    if any(_raw(hint).strip() for hint in question.iterfind("hint")):
        item.dropped.append("hint")
    comments = [tidy(re.sub(r"<[^>]*>", "", _raw(question.find(name)))) for name in _COMMENTS]
    if any(comment and comment.lower() not in _STANDARD_COMMENTS for comment in comments):
        item.dropped.append("comment")
    pictures = [each.get("name", "") for each in question.iter("file")]
    if question.find("image") is not None and (question.findtext("image") or "").strip():
        pictures.append((question.findtext("image") or "").strip())
    item.losses.pictures += [name.rsplit("/", 1)[-1][:40] for name in pictures]


def _text(element: Any, item: Item) -> str:
    """The <text> of an element as plain words."""
    return "" if element is None else _as_plain(_raw(element), element, item)


def _as_plain(text: str, element: Any, item: Item) -> str:
    form = (element.get("format") or "").strip().lower() if element is not None else ""
    if form in {"plain_text", "plain", "2"}:
        return text.replace("\r\n", "\n").strip()
    if form in {"html", "1"} or looks_marked(text):
        return from_html(text, item.losses)
    return tidy(text)


def _raw(element: Any) -> str:
    """What stands in <text>, markup and all; some programs leave the HTML unescaped, others leave <text> out."""
    if element is None:
        return ""
    holder = element.find("text")
    if holder is None:
        return (element.text or "").strip("\r\n")
    if len(holder):
        inner = "".join(etree.tostring(child, encoding="unicode") for child in holder)
        return (holder.text or "") + inner
    return holder.text or ""


def _bare(element: Any) -> str:
    return " ".join(_raw(element).split())
