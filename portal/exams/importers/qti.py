"""Assessment items of QTI 2.1, 2.2 and 3.0 (1EdTech), one file for each item.

An item asks for one choice, for words in blanks, or for a text; then its key is the correct response, or what the
mapping gives points for. Every other interaction is found and reported. Names of version 3 ("qti-simple-choice",
"response-identifier") are read as those of version 2 ("simpleChoice", "responseIdentifier").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from portal.core.errors import RuleError
from portal.exams.importers import structured
from portal.exams.importers.markup import from_elements, local, xml_root
from portal.exams.importers.model import Note, ParsedRow
from portal.exams.importers.structured import Choice, Item
from portal.exams.rules.question import QuestionType

ITEM = "assessmentItem"
_FEEDBACK = ("feedbackInline", "feedbackBlock", "modalFeedback")
_TEMPLATES = ("match_correct", "map_response", "map_response_point", "cc2_match_basic", "cc2_map_response")
_GAP = "____"
_MARK = "\U0010f7ff"
_HUNDRED = 100
_SKIP = frozenset(
    {
        *_FEEDBACK, "rubricBlock", "qti-feedback-inline", "qti-feedback-block", "qti-modal-feedback",
        "qti-rubric-block", "simpleChoice", "qti-simple-choice", "qti-companion-materials-info",
    }
)  # fmt: skip


def camel(name: str) -> str:
    """A name of version 3 as version 2 spells it."""
    first, *rest = name.removeprefix("qti-").split("-")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def attribute(element: Any, name: str) -> str:
    """An attribute by its name in version 2."""
    kebab = re.sub(r"([A-Z])", lambda match: "-" + match[1].lower(), name)
    return (element.get(name) or element.get(kebab) or "").strip()


def named(element: Any, *names: str) -> Iterator[Any]:
    """The elements below with one of these names."""
    for each in element.iter():
        if camel(local(each)) in names:
            yield each


def is_item(root: Any) -> bool:
    """Say whether an XML file is an item."""
    return camel(local(root)) == ITEM


def read_qti(data: bytes) -> tuple[list[ParsedRow], list[Note]]:
    """The row of a file that is one item, or of all items inside one file. Raises RuleError for anything else."""
    root = xml_root(data)
    if local(root) == "questestinterop":
        raise RuleError("file-qti-old")
    items = list(named(root, ITEM))
    if not items:
        raise RuleError("file-xml-kind", name=local(root))
    return [read_item(each, position) for position, each in enumerate(items, 1)], []


def read_item(root: Any, position: int, tags: tuple[str, ...] = ()) -> ParsedRow:
    """The row of an item."""
    title = root.get("title") or ""
    item = Item(structured.place(position, title), root.get("identifier") or "", tags=list(tags))
    _common(root, item)
    body = next(named(root, "itemBody"), None)
    asked = [] if body is None else [each for each in body.iter() if camel(local(each)).endswith("Interaction")]
    item.stem = "" if body is None else from_elements([body], item.losses, _SKIP)
    kinds = {camel(local(each)) for each in asked}
    if not asked:
        return structured.unsupported(item, "no-interaction")
    if kinds == {"textEntryInteraction"}:
        return _fill(root, body, asked, item)
    if len(asked) > 1:
        return structured.unsupported(item, "several-interactions")
    if kinds == {"choiceInteraction"}:
        return _choice(root, asked[0], item)
    if kinds == {"extendedTextInteraction"}:
        return _short(root, asked[0], item)
    return structured.unsupported(item, kinds.pop().removesuffix("Interaction"))


def _common(root: Any, item: Item) -> None:
    """What surrounds the question: points, feedback, scoring of its own."""
    for each in named(root, "outcomeDeclaration"):
        if attribute(each, "identifier") == "MAXSCORE" and (value := next(named(each, "value"), None)) is not None:
            item.points = _hundredths(value.text)
    said = [from_elements([each], item.losses) for each in named(root, "modalFeedback")]
    item.analysis = "\n".join(dict.fromkeys(text for text in said if text))
    for each in named(root, "responseProcessing"):
        template = attribute(each, "template").rsplit("/", 1)[-1].removesuffix(".xml").lower()
        steps = [step for step in each.iter() if step is not each and camel(local(step)) == "responseCondition"]
        if (template and template not in _TEMPLATES) or (not template and steps and not _plain_steps(each)):
            item.dropped.append("scoring")
    if next(named(root, "templateDeclaration"), None) is not None:
        item.refuse("type-unsupported", kind="template")


def _plain_steps(processing: Any) -> bool:
    """Whether written-out processing says no more than match_correct or map_response do."""
    used = {camel(local(each)) for each in processing.iter()}
    return used <= {
        "responseProcessing", "responseCondition", "responseIf", "responseElse", "responseElseIf", "match", "variable",
        "correct", "isNull", "not", "setOutcomeValue", "baseValue", "mapResponse", "and", "sum", "",
    }  # fmt: skip


def _hundredths(text: str | None) -> int | None:
    try:
        return round(float(text or "") * _HUNDRED)
    except (ValueError, OverflowError):
        return None


def _declaration(root: Any, interaction: Any) -> Any:
    wanted = attribute(interaction, "responseIdentifier")
    for each in named(root, "responseDeclaration"):
        if attribute(each, "identifier") == wanted:
            return each
    return None


def _correct(declaration: Any) -> list[str]:
    if declaration is None:
        return []
    return [
        "".join(value.itertext()).strip()
        for response in named(declaration, "correctResponse")
        for value in named(response, "value")
    ]


def _mapping(declaration: Any, item: Item) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for entry in [] if declaration is None else named(declaration, "mapEntry"):
        said = attribute(entry, "mappedValue")
        try:
            found[attribute(entry, "mapKey")] = Fraction(said)
        except (ValueError, ZeroDivisionError):
            item.refuse("weight-unread", text=said[:20])
    return found


def _choice(root: Any, interaction: Any, item: Item) -> ParsedRow:
    declaration = _declaration(root, interaction)
    cardinality = attribute(declaration, "cardinality") if declaration is not None else ""
    most = attribute(interaction, "maxChoices")
    several = cardinality == "multiple" or (not cardinality and most not in {"", "1"})
    if cardinality in {"ordered", "record"}:
        return structured.unsupported(item, "order")
    choices = list(named(interaction, "simpleChoice"))
    if any(attribute(each, "fixed") == "true" for each in choices):
        item.dropped.append("fixed-order")
    names = [attribute(each, "identifier") for each in choices]
    correct, mapping = _correct(declaration), _mapping(declaration, item)
    missing = [value for value in correct if value not in names]
    if missing:
        item.refuse("key-outside-options")
    weights = _weights(names, correct, mapping if _by_map(root) else {}, _full(declaration), item)
    if cardinality == "single" and len(correct) > 1:
        item.refuse("single-with-several")
    read = [
        Choice(
            from_elements([each], item.losses, _SKIP - {"simpleChoice", "qti-simple-choice"}),
            weight,
            "\n".join(from_elements([said], item.losses) for said in named(each, *_FEEDBACK)),
        )
        for each, weight in zip(choices, weights, strict=True)
    ]
    return structured.choice(item, read, several=several)


def _by_map(root: Any) -> bool:
    """Whether the mapping gives the points: an item that says to compare with the correct response has it for show."""
    templates = [attribute(each, "template") for each in named(root, "responseProcessing")]
    return not any("match_correct" in template.lower() for template in templates)


def _full(declaration: Any) -> tuple[Fraction, Fraction]:
    """(the points that a mapping gives at most, those for whatever it does not name); 0 where it does not say."""
    mapping = None if declaration is None else next(named(declaration, "mapping"), None)
    read = [_number(attribute(mapping, name)) for name in ("upperBound", "defaultValue")] if mapping is not None else []
    return (read[0], read[1]) if read else (Fraction(0), Fraction(0))


def _number(text: str) -> Fraction:
    try:
        return Fraction(text or 0)
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


def _weights(
    names: list[str],
    correct: list[str],
    mapping: dict[str, Fraction],
    bounds: tuple[Fraction, Fraction],
    item: Item,
) -> list[Fraction]:
    """Shares in percent. The correct response is the key; the mapping only where there is none."""
    right = set(correct) or {name for name, value in mapping.items() if value > 0}
    most, other = bounds
    whole = most if most > 0 else sum((mapping.get(name, Fraction(0)) for name in right), Fraction(0))
    if not mapping or whole <= 0:
        return _equal(names, right)
    shares = [max(mapping.get(name, other) / whole, Fraction(-1)) * _HUNDRED for name in names]
    if all((share > 0) == (name in right) for name, share in zip(names, shares, strict=True)):
        return shares
    # The key says what is right even where the mapping gives it nothing, and the other way round.
    item.warn("weights-dropped", text="，".join(f"{name} {float(value):g}" for name, value in mapping.items()))
    return _equal(names, right)


def _equal(names: list[str], right: set[str]) -> list[Fraction]:
    return [Fraction(_HUNDRED if name in right else 0) / max(len(right), 1) for name in names]


def _fill(root: Any, body: Any, asked: list[Any], item: Item) -> ParsedRow:
    blanks = []
    for interaction in asked:
        declaration = _declaration(root, interaction)
        correct, mapping = _correct(declaration), _mapping(declaration, item)
        whole = max(mapping.values(), default=Fraction(1)) or Fraction(1)
        spellings = [Choice(text, Fraction(_HUNDRED)) for text in correct]
        spellings += [
            Choice(text, value / whole * _HUNDRED) for text, value in mapping.items() if text not in correct and text
        ]
        entries = [] if declaration is None else named(declaration, "mapEntry")
        if any(attribute(each, "caseSensitive") in {"false", "0"} for each in entries):
            item.dropped.append("letter-case")
        blanks.append(spellings)
        interaction.text = _MARK
    text = from_elements([body], item.losses, _SKIP)
    ending = text.rstrip(_MARK + "\n ")
    tail = text[len(ending) :]
    at_end = tail.count(_MARK) == text.count(_MARK) and "\n" in tail
    item.stem = ending if at_end else text.replace(_MARK, _GAP)
    return structured.fill(item, blanks)


def _short(root: Any, interaction: Any, item: Item) -> ParsedRow:
    rubric = [
        from_elements([each], item.losses)
        for each in named(root, "rubricBlock")
        if "scorer" in attribute(each, "view") or "author" in attribute(each, "view")
    ]
    model = "\n".join(text for text in rubric if text) or "\n".join(_correct(_declaration(root, interaction)))
    return structured.short(item, model)


def broken(position: int, name: str, code: str) -> ParsedRow:
    """The row of an item that cannot be read."""
    item = Item(structured.place(position, name))
    item.refuse(code, name=name)
    return structured.finish(item, QuestionType.SHORT)
