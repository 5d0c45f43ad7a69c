"""The lines of a Word document in reading order, with what Word numbers by itself, tables, and embedded parts.

Reads the parts of the package itself rather than through python-docx, which knows neither automatic numbers nor
embedded chunks. Tables with a header row of question columns come out apart, as rows.
"""

from __future__ import annotations

import email
import email.policy
import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree, html

from portal.core.errors import RuleError
from portal.exams.importers.docx_numbering import Numbering, W
from portal.exams.importers.headers import find_header
from portal.exams.importers.model import Note
from portal.files.guard import MAX_UNPACKED
from portal.files.sniffing import decode

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIPPED = {
    f"{W}del",
    f"{W}moveFrom",
    f"{W}instrText",
    f"{W}delText",
    f"{W}pPr",
    f"{W}rPr",
    _FALLBACK,
    f"{W}txbxContent",
}
# Ticks and crosses that Word keeps as characters of a symbol font.
_SYMBOLS = {
    "F0FC": "√",
    "F0FB": "×",
    "F0FE": "√",
    "F0FD": "×",
    "F050": "√",
    "F04F": "×",
    "F052": "√",
    "F0D6": "√",
    "F0B4": "×",
}
_BLOCK_TAGS = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "section"}
_DEPTH = 3


@dataclass(slots=True)
class Source:
    """What a document holds: lines, tables of questions, and warnings on parts that cannot be read."""

    lines: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)


def xml_root(data: bytes) -> Any:
    """Parse XML with entities, document types and the network off. Raises RuleError file-damaged."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise RuleError("file-damaged") from error


def read_docx(path: Path) -> Source:
    """Read a .docx file that the archive check has let through. Raises RuleError file-damaged or file-not-docx."""
    source = Source()
    _Document(path.read_bytes(), source, 0).read()
    return source


class _Document:
    def __init__(self, data: bytes, source: Source, depth: int) -> None:
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
        except zipfile.BadZipFile as error:
            raise RuleError("file-damaged") from error
        if sum(part.file_size for part in self.archive.infolist()) > MAX_UNPACKED:
            raise RuleError("archive-too-big", limit=MAX_UNPACKED // (1024 * 1024))
        self.source = source
        self.depth = depth
        self.main = self._main_part()
        self.rels = self._relations()
        self.numbering = Numbering.read(self._part_beside("numbering.xml"), self._part_beside("styles.xml"))

    def _main_part(self) -> str:
        names = self.archive.namelist()
        found = [name for name in names if re.fullmatch(r"word/document\d*\.xml", name)]
        if not found:
            raise RuleError("file-not-docx")
        return found[0]

    def _bytes(self, name: str) -> bytes | None:
        try:
            return self.archive.read(name)
        except KeyError:
            return None
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise RuleError("file-damaged") from error

    def _part_beside(self, name: str) -> Any | None:
        data = self._bytes(posixpath.join(posixpath.dirname(self.main), name))
        return xml_root(data) if data else None

    def _relations(self) -> dict[str, str]:
        folder, name = posixpath.split(self.main)
        data = self._bytes(f"{folder}/_rels/{name}.rels")
        if not data:
            return {}
        found = {}
        for relation in xml_root(data).iter(f"{_RELS}Relationship"):
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[relation.get("Id", "")] = path
        return found

    def read(self) -> None:
        body = xml_root(self._bytes(self.main) or b"").find(f"{W}body")
        if body is not None:
            self.source.lines += self._blocks(body)

    def _blocks(self, parent: Any) -> list[str]:
        lines: list[str] = []
        for child in parent:
            if child.tag == f"{W}p":
                lines += self._paragraph(child)
            elif child.tag == f"{W}tbl":
                lines += self._table(child)
            elif child.tag == f"{W}altChunk":
                lines += self._chunk(self.rels.get(child.get(f"{_R}id"), ""))
            elif child.tag not in _SKIPPED and isinstance(child.tag, str):
                lines += self._blocks(child)
        return lines

    def _paragraph(self, paragraph: Any) -> list[str]:
        label = self.numbering.label(paragraph.find(f"{W}pPr"))
        pieces: list[str] = []
        boxes: list[str] = []
        self._text(paragraph, pieces, boxes)
        text = "".join(pieces)
        return [*((label + text).split("\n") if text.strip() else [""]), *boxes]

    def _text(self, element: Any, pieces: list[str], boxes: list[str]) -> None:
        for child in element:
            tag = child.tag
            if tag == f"{W}t":
                pieces.append(child.text or "")
            elif tag in {f"{W}tab", f"{W}ptab"}:
                pieces.append("\t")
            elif tag in {f"{W}br", f"{W}cr"}:
                pieces.append("\n" if child.get(f"{W}type") != "page" else "")
            elif tag == f"{W}noBreakHyphen":
                pieces.append("-")
            elif tag == f"{W}sym":
                pieces.append(_SYMBOLS.get((child.get(f"{W}char") or "").upper(), ""))
            elif tag == f"{W}txbxContent":
                boxes += self._blocks(child)
            elif tag not in _SKIPPED:
                self._text(child, pieces, boxes)

    def _table(self, table: Any) -> list[str]:
        rows = [[self._cell(cell) for cell in row.iter(f"{W}tc")] for row in table if row.tag == f"{W}tr"]
        flat = [["\n".join(cell).strip() for cell in row] for row in rows]
        if find_header(flat) is not None:
            self.source.tables.append(flat)
            return []
        return [line for row in rows for line in _row_lines(row)]

    def _cell(self, cell: Any) -> list[str]:
        return [line for line in self._blocks(cell) if line.strip()]

    def _chunk(self, name: str) -> list[str]:
        """An embedded part: another document, a web page, or text."""
        data = self._bytes(name) if name else None
        suffix = posixpath.splitext(name)[1].lower()
        if data is None:
            self.source.warnings.append(Note.of("part-unread", kind=suffix or name or "?"))
            return []
        if data.startswith(b"PK") and self.depth < _DEPTH:
            return self._nested(data)
        if data.lstrip().startswith(b"{\\rtf") or data.startswith(b"PK"):
            self.source.warnings.append(Note.of("part-unread", kind=suffix or "rtf"))
            return []
        if suffix in {".mht", ".mhtml", ".eml"} or data[:200].lower().lstrip().startswith(b"mime-version"):
            data = _from_mime(data)
        if b"<" in data and (suffix in {".htm", ".html", ".xhtml", ".mht", ".mhtml"} or b"</" in data):
            return html_lines(data)
        return decode(data).split("\n")

    def _nested(self, data: bytes) -> list[str]:
        inner = Source()
        _Document(data, inner, self.depth + 1).read()
        self.source.tables += inner.tables
        self.source.warnings += inner.warnings
        return inner.lines


def _row_lines(row: list[list[str]]) -> list[str]:
    """Lines of a table row: "题号 1 2 3" as one line; a number cell joined to its text; else a line a paragraph."""
    first = row[0][0].strip() if row and row[0] else ""
    if first in {"题号", "答案", "参考答案", "正确答案"} and len(row) > 1:
        return ["\t".join(" ".join(cell) for cell in row)]
    if re.fullmatch(r"\d{1,4}[.、．]?", first) and len(row) > 1 and row[1]:
        rest = [line for cell in row[2:] for line in cell]
        answers = [
            f"答案：{line}" if re.fullmatch(r"[A-La-l√×对错正确误、,，\s]{1,16}", line) else line for line in rest
        ]
        return [f"{first.rstrip('.、．')}. {row[1][0]}", *row[1][1:], *answers]
    return [line for cell in row for line in cell]


def _from_mime(data: bytes) -> bytes:
    """The first web page or text inside a web archive."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset()
            if isinstance(payload, bytes):
                return payload.decode(charset, "replace").encode() if charset else payload
    return data


def html_lines(data: bytes) -> list[str]:
    """Lines of a web page: a line for each block and each line break; scripts and styles left out."""
    declared = re.search(rb"charset=[\"']?([\w-]+)", data[:2048])
    text = decode(data)
    if declared and declared[1].lower() in {b"gb2312", b"gbk", b"gb18030"} and "\ufffd" in text:
        text = data.decode("gb18030", "replace")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    if not text.strip():
        return []
    root = html.fromstring(text, parser=html.HTMLParser(no_network=True))
    pieces: list[str] = []
    _html_text(root, pieces)
    return [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(pieces).split("\n")]


def _html_text(element: Any, pieces: list[str]) -> None:
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in {"script", "style", "head", "title"} or not tag:
        pieces.append(_folded(element.tail))
        return
    block = tag in _BLOCK_TAGS or tag == "br"
    pieces.append("\n" if block else "\t" if tag == "td" else "")
    pieces.append(_folded(element.text))
    for child in element:
        _html_text(child, pieces)
    pieces.append("\n" if block and tag != "br" else "")
    pieces.append(_folded(element.tail))


def _folded(text: str | None) -> str:
    return re.sub(r"[\r\n]+", "", text or "")
