"""What kind of file an upload is, by its content first; and its text, whatever the encoding."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePath

from portal.core.errors import RuleError
from portal.files.guard import MAX_FILES, check_archive

MAX_MEGABYTES = 50
MAX_ITEMS = 20_000
MANIFEST = "imsmanifest.xml"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_TEXT_SUFFIXES = {".txt", ".text", ".md", ".csv", ".tsv", ".markdown", ".gift", ".aiken", ".xml"}
_XML_START = re.compile(r"^\s*<(?:\?xml|!--|[A-Za-z_][\w.-]*(?::[\w.-]+)?[\s/>])")
_XML_NAMES = {
    "quiz",
    "question",
    "assessmentItem",
    "assessmentTest",
    "qti-assessment-item",
    "questestinterop",
    "manifest",
}
_ENOUGH_NULS = 2
_ONE_SIDED = 4


def kind_of(path: Path, filename: str) -> str:
    """Name the kind of a file: docx, xlsx, xls, csv, txt, xml, zip.

    Raises RuleError with a code whose sentence says what to do: file-empty, file-too-large, file-encrypted,
    file-old-doc, file-old-xls, file-not-docx, file-not-xlsx, file-not-text, file-pdf, file-kind-unknown, or one of
    check_archive.
    """
    size = path.stat().st_size
    if size == 0:
        raise RuleError("file-empty")
    if size > MAX_MEGABYTES * 1024 * 1024:
        raise RuleError("file-too-large", limit=MAX_MEGABYTES)
    suffix = PurePath(filename).suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_OLE):
        return _ole_kind(path, suffix)
    if head.startswith(b"PK"):
        return _zip_kind(path, suffix)
    if head.startswith(b"%PDF"):
        raise RuleError("file-pdf")
    return _text_kind(head, suffix)


def _ole_kind(path: Path, suffix: str) -> str:
    """Old Office files and encrypted new ones share one container; the names of its streams tell them apart."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data or "EncryptionInfo".encode("utf-16-le") in data:
        raise RuleError("file-encrypted")
    if "WordDocument".encode("utf-16-le") in data or suffix in {".doc", ".docx"}:
        raise RuleError("file-old-doc")
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "xls"
    raise RuleError("file-old-xls" if suffix in {".xls", ".xlsx"} else "file-kind-unknown")


def _zip_kind(path: Path, suffix: str) -> str:
    check_archive(path, max_files=MAX_ITEMS if _is_package(path) else MAX_FILES)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    if suffix in _TEXT_SUFFIXES:
        raise RuleError("file-not-text")
    is_word = "word/document.xml" in names or any(name.startswith("word/") for name in names)
    is_excel = "xl/workbook.xml" in names or any(name.startswith("xl/") for name in names)
    if suffix in {".docx", ".docm"} and not is_word:
        raise RuleError("file-not-docx")
    if suffix in {".xlsx", ".xlsm"} and not is_excel:
        raise RuleError("file-not-xlsx")
    if is_word or is_excel:
        return "docx" if is_word else "xlsx"
    if any(name.lower().endswith(".xml") for name in names):
        return "zip"
    raise RuleError("file-zip-kind" if suffix == ".zip" else "file-kind-unknown")


def _is_package(path: Path) -> bool:
    """A package of items has a file for each, so it may have more of them than an office file has parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(MANIFEST) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # the check says what is wrong


def _text_kind(head: bytes, suffix: str) -> str:
    if suffix in {".docx", ".docm", ".doc"}:
        raise RuleError("file-not-docx")
    if suffix in {".xlsx", ".xlsm", ".xls"}:
        raise RuleError("file-not-xlsx")
    if suffix not in _TEXT_SUFFIXES and suffix:
        raise RuleError("file-kind-unknown")
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" in head and _wide(head) is None:
        raise RuleError("file-not-text")
    if is_xml(head):
        return "xml"
    return "csv" if suffix in {".csv", ".tsv"} else "txt"


def is_xml(head: bytes) -> bool:
    """Say whether a file begins as XML does: with a declaration, or with an element that a question file has."""
    try:
        start = decode(head)
    except RuleError:  # cut in the middle of a character
        start = head.decode("utf-8", "replace").lstrip("\ufeff")
    if not _XML_START.match(start):
        return False
    element = re.search(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)", start)
    return start.lstrip().startswith("<?xml") or (element is not None and element[1] in _XML_NAMES)


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: line breaks and digits have their zero bytes on one side (一 has one on the other)."""
    data = data[:4096]
    even, odd = data[0::2].count(0), data[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    most, least = max(odd, even), min(odd, even)
    if most < _ENOUGH_NULS or most <= _ONE_SIDED * least:
        return None
    text = data[: len(data) // 2 * 2].decode(encoding, "replace")
    return None if any(char < " " and char not in "\t\n\r\f\v" for char in text) else encoding


def decode(data: bytes) -> str:
    """Read text bytes: UTF-8 with or without a mark, UTF-16, GB18030 (which holds GBK and GB2312).

    Raises RuleError file-encoding where none of them fits.
    """
    for encoding in _encodings(data):
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
    raise RuleError("file-encoding")


def _encodings(data: bytes) -> list[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    wide = _wide(data) if b"\x00" in data[:4096] else None
    return [wide] if wide else ["utf-8-sig", "gb18030"]
