"""Questions as a QTI 2.2 content package: a manifest and a file for each item."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lxml import etree

from portal.exams.exports.moodle_xml import clean
from portal.exams.exports.tags import tags_of
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.rules.versions import LETTERS
from portal.exams.rules.weights import WHOLE

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p2"
_CP = "http://www.imsglobal.org/xsd/imscp_v1p1"
_LOM = "http://www.imsglobal.org/xsd/imsmd_v1p2"
_TEMPLATES = "http://www.imsglobal.org/question/qti_v2p2/rptemplates/"
_NAME = 60
_DATE = (1980, 1, 1, 0, 0, 0)  # the same questions give the same file


def write(title: str, contents: Sequence[QuestionContent]) -> bytes:
    """The archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "imsmanifest.xml", _manifest(title, contents))
        for number, content in enumerate(contents, 1):
            _add(archive, _file(number), _item(content, number))
    return target.getvalue()


def _add(archive: zipfile.ZipFile, name: str, root: Any) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _file(number: int) -> str:
    return f"items/q{number:05d}.xml"


def _manifest(title: str, contents: Sequence[QuestionContent]) -> Any:
    root = etree.Element(f"{{{_CP}}}manifest", nsmap={None: _CP, "imsmd": _LOM}, identifier="bank")
    about = etree.SubElement(root, f"{{{_CP}}}metadata")
    etree.SubElement(about, f"{{{_CP}}}schema").text = "QTIv2.2 Package"
    etree.SubElement(about, f"{{{_CP}}}schemaversion").text = "1.0.0"
    _lom(about, "title", [title])
    etree.SubElement(root, f"{{{_CP}}}organizations")
    resources = etree.SubElement(root, f"{{{_CP}}}resources")
    for number, content in enumerate(contents, 1):
        attributes = {"identifier": f"r{number:05d}", "type": "imsqti_item_xmlv2p2", "href": _file(number)}
        resource = etree.SubElement(resources, f"{{{_CP}}}resource", attributes)
        if tags := tags_of(content, points=False, judge_as_options=True):
            _lom(etree.SubElement(resource, f"{{{_CP}}}metadata"), "keyword", tags)
        etree.SubElement(resource, f"{{{_CP}}}file", href=_file(number))
    return root


def _lom(parent: Any, name: str, words: Sequence[str]) -> None:
    general = etree.SubElement(etree.SubElement(parent, f"{{{_LOM}}}lom"), f"{{{_LOM}}}general")
    for word in words:
        etree.SubElement(etree.SubElement(general, f"{{{_LOM}}}{name}"), f"{{{_LOM}}}langstring").text = clean(word)


def _item(content: QuestionContent, number: int) -> Any:
    title = " ".join(clean(content.stem).split())[:_NAME]
    attributes = {"identifier": f"q{number:05d}", "title": title, "adaptive": "false", "timeDependent": "false"}
    root = etree.Element(f"{{{QTI}}}assessmentItem", attributes, nsmap={None: QTI})
    writer = {QuestionType.FILL: _fill, QuestionType.SHORT: _short}.get(content.type, _choice)
    body = etree.Element(f"{{{QTI}}}itemBody")
    template = writer(root, body, content)
    _outcome(root, "SCORE", "0")
    if content.points is not None:
        _outcome(root, "MAXSCORE", f"{content.points / 100:.10g}")
    if content.analysis:
        _outcome(root, "FEEDBACK", "ANALYSIS", kind="identifier")
    root.append(body)
    if template:
        _sub(root, "responseProcessing", template=_TEMPLATES + template)
    elif content.type is QuestionType.FILL:
        _sum(root, len(content.key))
    if content.analysis:
        said = _sub(root, "modalFeedback", outcomeIdentifier="FEEDBACK", identifier="ANALYSIS", showHide="show")
        _paragraphs(said, content.analysis)
    return root


def _sub(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{QTI}}}{name}", attributes)


def _paragraphs(parent: Any, text: str) -> None:
    for line in text.split("\n"):
        _sub(parent, "p").text = _spaced(line)


def _spaced(text: str) -> str:
    """A text with all spaces of a run after the first as hard ones, which nobody merges."""
    return re.sub(r"(?<= ) ", "\xa0", clean(text))


def _outcome(root: Any, name: str, value: str, kind: str = "float") -> None:
    declaration = _sub(root, "outcomeDeclaration", identifier=name, cardinality="single", baseType=kind)
    _sub(_sub(declaration, "defaultValue"), "value").text = value


def _response(root: Any, name: str, kind: str, right: Sequence[str], *, several: bool = False) -> Any:
    cardinality = "multiple" if several else "single"
    declaration = _sub(root, "responseDeclaration", identifier=name, cardinality=cardinality, baseType=kind)
    if right:
        correct = _sub(declaration, "correctResponse")
        for value in right:
            _sub(correct, "value").text = clean(value)
    return declaration


def _choice(root: Any, body: Any, content: QuestionContent) -> str:
    several = content.type is QuestionType.MULTIPLE
    right = [LETTERS[index] for index in content.key if isinstance(index, int)]
    declaration = _response(root, "RESPONSE", "identifier", right, several=several)
    if content.weights:
        _mapping(declaration, content)
    _paragraphs(body, content.stem)
    shuffle = "false" if content.type is QuestionType.JUDGE else "true"
    asked = _sub(
        body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle=shuffle, maxChoices="0" if several else "1"
    )
    for letter, option in zip(LETTERS, content.options, strict=False):
        choice = _sub(asked, "simpleChoice", identifier=letter)
        if "\n" in option:
            _paragraphs(choice, option)
        else:
            choice.text = _spaced(option)
    return "map_response" if content.weights else "match_correct"


def _mapping(declaration: Any, content: QuestionContent) -> None:
    """What each option brings, in points, kept between nothing and the points of the question."""
    most = Fraction(content.points or 100, 100)
    mapping = _sub(declaration, "mapping", lowerBound="0", upperBound=_decimal(most), defaultValue="0")
    for letter, weight in zip(LETTERS, content.weights, strict=False):
        _sub(mapping, "mapEntry", mapKey=letter, mappedValue=_decimal(most * Fraction(weight, WHOLE)))


def _decimal(value: Fraction) -> str:
    """A number of at most nine decimals, exactly."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


def _fill(root: Any, body: Any, content: QuestionContent) -> str:
    """The stem with its own gaps, and behind it a field for each blank."""
    _paragraphs(body, content.stem)
    line = _sub(body, "p")
    for number, blank in enumerate(content.key, 1):
        spellings = blank if isinstance(blank, tuple) else (str(blank),)
        name = "RESPONSE" if len(content.key) == 1 else f"RESPONSE{number}"
        mapping = _sub(_response(root, name, "string", spellings[:1]), "mapping", defaultValue="0")
        for spelling in spellings:
            _sub(mapping, "mapEntry", mapKey=clean(spelling), mappedValue="1", caseSensitive="true")
        _sub(line, "textEntryInteraction", responseIdentifier=name)
    return "map_response" if len(content.key) == 1 else ""


def _sum(root: Any, blanks: int) -> None:
    total = _sub(_sub(_sub(root, "responseProcessing"), "setOutcomeValue", identifier="SCORE"), "sum")
    for number in range(1, blanks + 1):
        _sub(total, "mapResponse", identifier=f"RESPONSE{number}")


def _short(root: Any, body: Any, content: QuestionContent) -> str:
    _response(root, "RESPONSE", "string", [])
    _paragraphs(_sub(body, "rubricBlock", view="scorer"), "".join(str(part) for part in content.key))
    _paragraphs(body, content.stem)
    _sub(body, "extendedTextInteraction", responseIdentifier="RESPONSE")
    return ""
