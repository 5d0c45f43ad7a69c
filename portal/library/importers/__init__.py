"""Reading regulations from files: Markdown, Word, and plain text in UTF-8 or GB18030.

These modules know no web and no database. `parse_to_json` and `parse_many` are what a guarded process runs.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from portal.core.errors import RuleError
from portal.files.sniffing import decode, kind_of
from portal.library.importers.model import Document
from portal.library.importers.tree import read_document

Progress = Callable[[int, int], None]

SUFFIXES = (".md", ".markdown", ".txt", ".docx")
MAX_BYTES = 20 * 1024 * 1024
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "pPr", "rPr")}


def check_file(path: Path, filename: str) -> str:
    """Name the kind of a file, docx or txt. Raises RuleError that says what is wrong with it, or file-too-large."""
    if path.stat().st_size > MAX_BYTES:
        raise RuleError("file-too-large", limit=MAX_BYTES // (1024 * 1024))
    kind = kind_of(path, filename)
    if kind not in {"docx", "txt"}:
        raise RuleError("library-file-kind")
    return kind


def parse_file(path: Path, filename: str) -> Document:
    """Read a file. Raises RuleError for one that cannot be read at all; whatever can be read comes in."""
    kind = check_file(path, filename)
    lines = docx_lines(path) if kind == "docx" else decode(path.read_bytes()).replace("\x00", "").split("\n")
    return read_document(lines, filename)


def parse_to_json(
    path: str, filename: str, _second: str | None = None, _name: str | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Do as `parse_file`, with plain values in and out."""
    found = parse_file(Path(path), filename).to_dict()
    if progress:
        progress(1, 1)
    return found


def parse_many(paths: list[str], progress: Progress | None = None) -> list[dict[str, Any]]:
    """Read several files: for each either a document or {"code", "params"} of why not."""
    found: list[dict[str, Any]] = []
    for done, path in enumerate(paths, 1):
        try:
            found.append(parse_file(Path(path), Path(path).name).to_dict())
        except RuleError as error:
            found.append({"code": error.code, "params": {name: str(value) for name, value in error.params.items()}})
        except OSError as error:
            found.append({"code": "file-unreadable", "params": {"reason": error.strerror or str(error)}})
        if progress:
            progress(done, len(paths))
    return found


def docx_lines(path: Path) -> list[str]:
    """The paragraphs of a Word document that the archive check has let through, tables cell by cell.

    Raises RuleError file-damaged or file-not-docx.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if re.fullmatch(r"word/document\d*\.xml", name)]
            if not names:
                raise RuleError("file-not-docx")
            data = archive.read(posixpath.normpath(names[0]))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
        root = etree.fromstring(data, parser)
    except (zipfile.BadZipFile, EOFError, OSError, etree.XMLSyntaxError) as error:
        raise RuleError("file-damaged") from error
    return [line for paragraph in root.iter(f"{_W}p") for line in _paragraph(paragraph).split("\n")]


def _paragraph(element: Any) -> str:
    text = ""
    for child in element:
        if child.tag == f"{_W}t":
            text += child.text or ""
        elif child.tag in {f"{_W}tab", f"{_W}ptab"}:
            text += " "
        elif child.tag in {f"{_W}br", f"{_W}cr"}:
            text += "\n"
        elif child.tag not in _SKIPPED and child.tag != f"{_W}p" and isinstance(child.tag, str):
            text += _paragraph(child)
    return text
