"""Which format a question file is in: told by what is in it, or by a person who knows better."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from portal.core.errors import RuleError
from portal.exams.importers.aiken import looks_like_aiken, read_aiken
from portal.exams.importers.gift import looks_like_gift, read_gift
from portal.exams.importers.markup import local, xml_root
from portal.exams.importers.model import CHOICES, Note, ParsedRow
from portal.exams.importers.moodle_xml import read_moodle_xml
from portal.exams.importers.qti import read_qti
from portal.exams.importers.qti_package import read_package
from portal.files.sniffing import decode

_OF_KIND = {"xlsx": "excel", "xls": "excel", "csv": "excel", "docx": "word", "zip": "qti-package"}
_XML_FORMATS = {"moodle-xml", "qti"}
_MOODLE_ROOTS = {"quiz", "question"}

Read = tuple[list[ParsedRow], list[Note]]
READERS: dict[str, Callable[[Path], Read]] = {
    "gift": lambda path: read_gift(decode(path.read_bytes())),
    "aiken": lambda path: read_aiken(decode(path.read_bytes())),
    "moodle-xml": lambda path: read_moodle_xml(path.read_bytes()),
    "qti": lambda path: read_qti(path.read_bytes()),
    "qti-package": read_package,
}


def format_of(path: Path, kind: str, wanted: str = "") -> str:
    """Name the format of a file of this kind (files.kind_of); `wanted` is a person's word, "" for none.

    Raises RuleError "format-unfit" where the file cannot be what is wanted.
    """
    if kind in _OF_KIND:
        if wanted and not (kind == "zip" and wanted == "qti"):
            raise RuleError("format-unfit")
        return _OF_KIND[kind]
    if wanted:
        if wanted not in CHOICES or (wanted in _XML_FORMATS and kind != "xml"):
            raise RuleError("format-unfit")
        return wanted
    return _xml_format(path) if kind == "xml" else _text_format(path)


def _xml_format(path: Path) -> str:
    return "moodle-xml" if local(xml_root(path.read_bytes())) in _MOODLE_ROOTS else "qti"


def _text_format(path: Path) -> str:
    text = decode(path.read_bytes())
    if looks_like_gift(text):
        return "gift"
    return "aiken" if looks_like_aiken(text) else "text-zh"
