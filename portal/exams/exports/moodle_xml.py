"""Questions as Moodle XML, in the elements that Moodle's own import expects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree

from portal.exams.exports.tags import tags_of
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.rules.weights import percent_text

_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = {
    QuestionType.SINGLE: "multichoice",
    QuestionType.MULTIPLE: "multichoice",
    QuestionType.JUDGE: "truefalse",
    QuestionType.FILL: "shortanswer",
    QuestionType.SHORT: "essay",
}
_NAME = 60


def clean(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _INVALID.sub("", text)


def write(contents: Sequence[QuestionContent]) -> bytes:
    """The file."""
    root = etree.Element("quiz")
    for content in contents:
        _question(root, content)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def _question(root: Any, content: QuestionContent) -> None:
    several = content.type is QuestionType.FILL and len(content.key) > 1
    question = etree.SubElement(root, "question", type="cloze" if several else _KINDS[content.type])
    _text(question, "name", " ".join(content.stem.split())[:_NAME])
    stem = f"{content.stem}\n{_cloze(content)}" if several else content.stem
    _text(question, "questiontext", stem, form=True)
    _text(question, "generalfeedback", content.analysis, form=True)
    if content.points is not None:
        etree.SubElement(question, "defaultgrade").text = f"{content.points / 100:.7f}"
    if not several:
        _answers(question, content)
    tags = tags_of(content, points=False)
    holder = etree.SubElement(question, "tags") if tags else None
    for tag in tags:
        _text(holder, "tag", tag)


def _text(parent: Any, name: str, text: str, *, form: bool = False, **attributes: str) -> Any:
    element = etree.SubElement(parent, name, **attributes)
    if form:
        element.set("format", "plain_text")
    etree.SubElement(element, "text").text = clean(text)
    return element


def _answers(question: Any, content: QuestionContent) -> None:
    if content.type is QuestionType.SHORT:
        etree.SubElement(question, "responseformat").text = "plain"
        _text(question, "graderinfo", "".join(str(part) for part in content.key), form=True)
    elif content.type is QuestionType.JUDGE:
        for word, index in (("true", 0), ("false", 1)):
            _text(question, "answer", word, fraction="100" if index in content.key else "0")
    elif content.type is QuestionType.FILL:
        etree.SubElement(question, "usecase").text = "1"
        for spelling in _spellings(content)[0]:
            _text(question, "answer", spelling.replace("*", "\\*"), form=True, fraction="100")
    else:
        _options(question, content)


def _options(question: Any, content: QuestionContent) -> None:
    single = content.type is QuestionType.SINGLE
    etree.SubElement(question, "single").text = "true" if single else "false"
    etree.SubElement(question, "shuffleanswers").text = "true"
    right = "100" if single else f"{100 / len(content.key):.5f}".rstrip("0").rstrip(".")
    for index, option in enumerate(content.options):
        wrong = "0" if single else "-100"
        plain = right if index in content.key else wrong
        fraction = percent_text(content.weights[index]) if content.weights else plain
        _text(question, "answer", option, form=True, fraction=fraction)


def _spellings(content: QuestionContent) -> list[tuple[str, ...]]:
    return [part if isinstance(part, tuple) else (str(part),) for part in content.key]


def _cloze(content: QuestionContent) -> str:
    """Blanks a question: one field each, behind the stem, whose own gaps stay as they are."""
    return "".join(
        "{1:SHORTANSWER_C:" + "~".join("=" + _escaped(spelling) for spelling in blank) + "}"
        for blank in _spellings(content)
    )


def _escaped(text: str) -> str:
    return re.sub(r'([\\}~#"/*])', r"\\\1", text)
