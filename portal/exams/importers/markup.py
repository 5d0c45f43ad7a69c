"""Marked-up text brought to plain text, and a word on everything that plain text cannot hold."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lxml import etree
from lxml import html as lxml_html

from portal.core.errors import RuleError
from portal.exams.importers.model import Note
from portal.files.sniffing import decode

_BREAKS = {
    "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "dt", "dd", "pre", "section",
    "blockquote", "prompt", "thead", "tbody", "caption", "figure", "qti-prompt",
}  # fmt: skip
_PICTURES = {"img", "image", "picture", "object", "svg", "video", "audio", "embed", "iframe", "canvas", "source"}
# With these something is lost that a reader sees or follows.
_STYLES = {
    "a", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "mark", "sub", "sup", "font", "code", "pre",
    "table", "ul", "ol", "dl", "blockquote", "math", "ruby", "big", "small", "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
_SKIPPED = {"script", "style", "head", "title", "template"}
_LOOKS_MARKED = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(r"^\s*<\?xml[^>]*\?>")
_SHOWN = 40


@dataclass(slots=True)
class Losses:
    """What was left out of one question while its text was read."""

    styled: bool = False
    pictures: list[str] = field(default_factory=list)

    def notes(self) -> list[Note]:
        """The warnings that say so."""
        found = [Note.of("picture-dropped", text="、".join(dict.fromkeys(self.pictures)))] if self.pictures else []
        return [*found, *([Note.of("markup-dropped")] if self.styled else [])]


def local(element: Any) -> str:
    """Name of an element without its namespace, "" for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def looks_marked(text: str) -> bool:
    """Say whether a text of no declared kind is HTML."""
    return bool(_LOOKS_MARKED.search(text))


def from_html(text: str, losses: Losses) -> str:
    """Plain text of a piece of HTML; what is lost goes to `losses`."""
    if not text.strip():
        return ""
    if not looks_marked(text):
        return tidy(text)
    root = lxml_html.fragment_fromstring(_ENCODING.sub("", text), create_parent="div")
    return from_elements([root], losses)


def from_elements(elements: Iterable[Any], losses: Losses, skip: frozenset[str] = frozenset()) -> str:
    """Plain text of elements of HTML or of XML that borrows its names; `skip` names elements to pass over."""
    pieces: list[str] = []
    for element in elements:
        _read(element, pieces, losses, skip)
    return tidy("".join(pieces))


def tidy(text: str) -> str:
    """One space for a run of spaces but for hard ones, no spaces at the ends of lines, no empty lines."""
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).replace("\xa0", " ").strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _read(element: Any, pieces: list[str], losses: Losses, skip: frozenset[str]) -> None:
    name = local(element)
    if name and name.lower() not in _SKIPPED and name not in skip:
        _inside(element, name.lower(), pieces, losses, skip)
    # A line break in the source of marked-up text is a space.
    pieces.append(re.sub(r"\s*[\r\n]+\s*", " ", element.tail or ""))


def _inside(element: Any, name: str, pieces: list[str], losses: Losses, skip: frozenset[str]) -> None:
    if name in _PICTURES:
        said = element.get("alt") or element.get("title") or ""
        source = element.get("src") or element.get("data") or ""
        file = "" if source.startswith("data:") else unquote(source.split("?")[0].rsplit("/", 1)[-1])
        losses.pictures.append((file or said or name)[:_SHOWN])
        pieces.append(f"［图：{said}］" if said else "")
    elif name in _STYLES:
        losses.styled = True
        if name == "a" and "@@PLUGINFILE@@" in (element.get("href") or ""):
            losses.pictures.append(unquote(element.get("href").rsplit("/", 1)[-1])[:_SHOWN])
    breaks = name in _BREAKS or name == "br"
    pieces.append("\n" if breaks else " " if name in {"td", "th"} else "")
    pieces.append(re.sub(r"\s*[\r\n]+\s*", " ", element.text or "") if name != "pre" else element.text or "")
    for child in element:
        _read(child, pieces, losses, skip)
    pieces.append("\n" if breaks and name != "br" else "")


def xml_root(data: bytes) -> Any:
    """Parse XML with document types, entities and the network off; HTML's named characters are read all the same.

    Raises RuleError "archive-doctype" or "file-xml-damaged".
    """
    if _DOCTYPE.search(data) or _DOCTYPE.search(data.replace(b"\x00", b"")):
        raise RuleError("archive-doctype", name="xml")
    try:
        return etree.fromstring(data.strip(), _parser())
    except (etree.XMLSyntaxError, ValueError):
        pass
    try:
        return etree.fromstring(_respelled(data).encode(), _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RuleError("file-xml-damaged") from error


def _parser() -> Any:
    # huge_tree lifts the limit on one text, which a picture inside a Moodle file exceeds; the file has its own cap.
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )


def _respelled(data: bytes) -> str:
    """The text in its true encoding, whatever it declares, with &nbsp; and its like as the characters they name."""
    text = _ENCODING.sub("", decode(data)).strip()
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    return _NAMED.sub(lambda match: match[0] if match[1] in _XML_ENTITIES else html.unescape(match[0]), text)
