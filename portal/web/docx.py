"""Word documents in the layout of GB/T 9704-2012, written part by part: paragraphs, tables, page numbers, nothing more.

A4, margins 37/26/35/28 mm, body 仿宋 三号 (16 pt) at a fixed 28.95 pt a line (22 lines a page), title 小标宋 二号,
headings 黑体 and 楷体, page number 宋体 四号 between dashes at the foot.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from lxml import etree

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_PART = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_DATE = (1980, 1, 1, 0, 0, 0)  # the same document gives the same file
_INVALID = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

BODY, TITLE, HEADING, SUBHEADING, TABLE, PAGE = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体", "宋体"
SIZE_2, SIZE_3, SIZE_4 = 22.0, 16.0, 14.0  # 二号, 三号, 四号, in points
_LINE = 28.95
_CHARS = 2  # 首行缩进
_WIDTH = 8844  # 156 mm of text, in twentieths of a point


def _tag(name: str) -> str:
    return f"{{{W}}}{name}"


def _sub(parent: Any, name: str, **attributes: object) -> Any:
    return etree.SubElement(parent, _tag(name), {_tag(key): str(value) for key, value in attributes.items()})


def _twips(points: float) -> int:
    return round(points * 20)


class Document:
    """A document under way; `save` gives its bytes."""

    def __init__(self, title: str, *, size: float = SIZE_3, line: float = _LINE) -> None:
        """Begin one. `size` and `line` (points) are those of the body: a long paper may want smaller ones."""
        self.title_text, self.size, self.line = title, size, line
        self.root = etree.Element(_tag("document"), nsmap={"w": W, "r": _R})
        self.body = _sub(self.root, "body")

    def title(self, text: str) -> None:
        """The title: 小标宋 二号, in the middle."""
        self._paragraph(text, font=TITLE, size=SIZE_2, align="center", line=SIZE_2 * 1.6)

    def heading(self, text: str, level: int = 1) -> None:
        """A heading: 黑体 at level 1, 楷体 at level 2."""
        font = HEADING if level == 1 else SUBHEADING
        properties = self._paragraph(text, font=font, size=self.size, indent=_CHARS)
        _sub(properties, "outlineLvl", val=level - 1)
        keep = _sub(properties, "keepNext")
        properties.insert(0, keep)

    def paragraph(
        self, text: str, *, indent: int = _CHARS, hanging: int = 0, align: str = "both", bold: bool = False,
        keep: bool = False,
    ) -> None:  # fmt: skip
        """A paragraph of the body. `indent` and `hanging` are in characters; `keep` holds it with the next one."""
        properties = self._paragraph(
            text, font=BODY, size=self.size, align=align, indent=indent, hanging=hanging, bold=bold
        )
        if keep:
            properties.insert(0, _sub(properties, "keepNext"))

    def _paragraph(
        self, text: str, *, font: str, size: float, align: str = "both", indent: int = 0, hanging: int = 0,
        bold: bool = False, line: float | None = None, parent: Any = None,
    ) -> Any:  # fmt: skip
        paragraph = _sub(self.body if parent is None else parent, "p")
        properties = _sub(paragraph, "pPr")
        _sub(properties, "spacing", before=0, after=0, line=_twips(line or self.line), lineRule="exact")
        if hanging:
            _sub(properties, "ind", left=_twips(size * hanging), hanging=_twips(size * hanging))
        elif indent:
            _sub(properties, "ind", firstLineChars=indent * 100, firstLine=_twips(size * indent))
        _sub(properties, "jc", val=align)
        for number, part in enumerate(_INVALID.sub("", text).split("\n")):
            self._run(paragraph, part, font, size, bold=bold, broken=number > 0)
        return properties

    @staticmethod
    def _run(paragraph: Any, text: str, font: str, size: float, *, bold: bool, broken: bool) -> None:
        run = _sub(paragraph, "r")
        properties = _sub(run, "rPr")
        _sub(
            properties, "rFonts", ascii="Times New Roman", hAnsi="Times New Roman", eastAsia=font, cs="Times New Roman"
        )
        if bold:
            _sub(properties, "b")
        _sub(properties, "sz", val=round(size * 2))
        _sub(properties, "szCs", val=round(size * 2))
        if broken:
            _sub(run, "br")
        element = _sub(run, "t")
        element.text = text
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")

    def table(
        self, rows: Sequence[Sequence[str]], *, widths: Sequence[float] = (), head: bool = True, size: float = 12.0,
        height: float = 0,
    ) -> None:  # fmt: skip
        """A table with lines all round. `widths` are shares; the first row repeats on each page where `head`; `height`
        is the least of a row, in points.
        """
        columns = max((len(row) for row in rows), default=0)
        shares = list(widths) or [1.0] * columns
        table = _sub(self.body, "tbl")
        self._table_frame(table, [round(_WIDTH * share / sum(shares)) for share in shares])
        for number, cells in enumerate(rows):
            row = _sub(table, "tr")
            properties = _sub(row, "trPr")
            _sub(properties, "cantSplit")
            if height:
                _sub(properties, "trHeight", val=_twips(height), hRule="atLeast")
            if head and number == 0:
                _sub(properties, "tblHeader")
            for text in (*cells, *([""] * (columns - len(cells)))):
                cell = _sub(row, "tc")
                _sub(_sub(cell, "tcPr"), "vAlign", val="center")
                font = HEADING if head and number == 0 else TABLE
                self._paragraph(text, font=font, size=size, align="center", line=size * 1.5, parent=cell)

    @staticmethod
    def _table_frame(table: Any, widths: Sequence[int]) -> None:
        properties = _sub(table, "tblPr")
        _sub(properties, "tblW", w=sum(widths), type="dxa")
        borders = _sub(properties, "tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            _sub(borders, side, val="single", sz=4, space=0, color="000000")
        _sub(properties, "tblLayout", type="fixed")
        grid = _sub(table, "tblGrid")
        for width in widths:
            _sub(grid, "gridCol", w=width)

    def page_break(self) -> None:
        """Go on at the top of a page."""
        _sub(_sub(_sub(self.body, "p"), "r"), "br", type="page")

    def save(self) -> bytes:
        """The file."""
        section = _sub(self.body, "sectPr")
        reference = _sub(section, "footerReference", type="default")
        reference.set(f"{{{_R}}}id", "rId1")
        _sub(section, "pgSz", w=11906, h=16838)
        _sub(section, "pgMar", top=2098, bottom=1984, left=1588, right=1474, header=851, footer=1400, gutter=0)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, root in self._parts().items():
                entry = zipfile.ZipInfo(name, _DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))
        self.body.remove(section)
        return target.getvalue()

    def _parts(self) -> dict[str, Any]:
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
        return {
            "[Content_Types].xml": _content_types(),
            "_rels/.rels": _relationships({"rId1": (f"{office}officeDocument", "word/document.xml")}),
            "word/document.xml": self.root,
            "word/footer1.xml": _footer(),
            "word/_rels/document.xml.rels": _relationships({"rId1": (f"{office}footer", "footer1.xml")}),
        }


def _content_types() -> Any:
    root = etree.Element(f"{{{_TYPES}}}Types", nsmap={None: _TYPES})
    xml = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
    for extension, kind in xml.items():
        etree.SubElement(root, f"{{{_TYPES}}}Default", Extension=extension, ContentType=kind)
    for name, kind in (("document", "document.main+xml"), ("footer1", "footer+xml")):
        etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/word/{name}.xml", ContentType=_PART + kind)
    return root


def _relationships(targets: dict[str, tuple[str, str]]) -> Any:
    root = etree.Element(f"{{{_RELS}}}Relationships", nsmap={None: _RELS})
    for name, (kind, target) in targets.items():
        etree.SubElement(root, f"{{{_RELS}}}Relationship", Id=name, Type=kind, Target=target)
    return root


def _footer() -> Any:
    """— 1 — in 四号, in the middle."""
    root = etree.Element(_tag("ftr"), nsmap={"w": W})
    paragraph = _sub(root, "p")
    _sub(_sub(paragraph, "pPr"), "jc", val="center")
    for text, code in (("— ", ""), ("", "PAGE"), (" —", "")):
        holder = _sub(paragraph, "fldSimple", instr=code) if code else paragraph
        run = _sub(holder, "r")
        properties = _sub(run, "rPr")
        _sub(properties, "rFonts", ascii=PAGE, hAnsi=PAGE, eastAsia=PAGE)
        _sub(properties, "sz", val=round(SIZE_4 * 2))
        element = _sub(run, "t")
        element.text = text or "1"
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return root
