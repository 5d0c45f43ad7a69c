"""What may be uploaded: the type by what is in a file, never by what its name says alone."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from portal.core.errors import RuleError
from portal.files.guard import MEGABYTE, check_archive

MAX_BYTES = 30 * MEGABYTE
MAX_PIXELS = 50_000_000
"""Of an image: more than any camera in an office makes, and little enough to unpack in memory."""
KEPT_DAYS = 30
"""So long can a removed file be brought back."""
NAME_LENGTH = 120
_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of file that is taken: its media type, the endings that a name of it may have."""

    media_type: str
    endings: tuple[str, ...]
    image: bool = False


PNG = FileType("image/png", ("png",), image=True)
JPEG = FileType("image/jpeg", ("jpg", "jpeg"), image=True)
WEBP = FileType("image/webp", ("webp",), image=True)
GIF = FileType("image/gif", ("gif",), image=True)
PDF = FileType("application/pdf", ("pdf",))
OLE = FileType("application/x-ole-storage", ("doc", "xls", "ppt", "wps", "et", "dps"))
DOCX = FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))
PPTX = FileType("application/vnd.openxmlformats-officedocument.presentationml.presentation", ("pptx",))
OFD = FileType("application/ofd", ("ofd",))
TEXT = FileType("text/plain", ("txt", "csv"))

_MAGIC = ((b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG), (b"GIF8", GIF), (b"%PDF-", PDF), (_OLE, OLE))
# The one part that each kind of package must have.
_PACKAGES = (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX), ("OFD.xml", OFD))
_ENDINGS = {ending for each in (PNG, JPEG, WEBP, GIF, PDF, OLE, DOCX, XLSX, PPTX, OFD, TEXT) for ending in each.endings}
ACCEPT = ",".join(f".{ending}" for ending in sorted(_ENDINGS))


def clean_name(name: str) -> str:
    """The last part of a name without what no file system or header likes; never empty, its ending kept."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char for char in last if char.isprintable() and char not in '<>:"|?*').strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        return kept[:NAME_LENGTH] or "file"
    return f"{stem[: NAME_LENGTH - len(ending) - 1] or 'file'}.{ending}"


def file_type(path: Path, name: str) -> FileType:
    """The type of a file by its content.

    Raises RuleError upload-empty, upload-too-big, upload-type, upload-name-lies (the ending says otherwise),
    file-encrypted, or what check_archive says of a package.
    """
    size = path.stat().st_size
    if size == 0:
        raise RuleError("upload-empty", name=name)
    if size > MAX_BYTES:
        raise RuleError("upload-too-big", name=name, most=MAX_BYTES // MEGABYTE)
    ending = PurePosixPath(name).suffix.lstrip(".").lower()
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None) or _other(path, head)
    if found is None:
        raise RuleError("upload-type", name=name)
    if ending not in found.endings:
        if found is OLE and ending in {"docx", "xlsx", "pptx"}:  # how Office keeps a file with a password
            raise RuleError("file-encrypted")
        raise RuleError("upload-name-lies" if ending in _ENDINGS else "upload-type", name=name)
    return found


def _other(path: Path, head: bytes) -> FileType | None:
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"PK\x03\x04"):
        check_archive(path)
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
        return next((kind for part, kind in _PACKAGES if part in names), None)
    return TEXT if _is_text(path) else None


def _is_text(path: Path) -> bool:
    """Readable in one of the two encodings of an office, and not a page or a picture that a browser would run."""
    data = path.read_bytes()
    if b"\x00" in data or data.lstrip()[:1] == b"<":
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return all(char.isprintable() or char in "\r\n\t\ufeff\u3000" for char in text)
    return False
