"""QTI content packages: a zip archive with imsmanifest.xml and a file for each item.

The archive check has looked at names, sizes and document types before anything here is called.
"""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from portal.core.errors import RuleError
from portal.exams.importers.markup import local, xml_root
from portal.exams.importers.model import Note, ParsedRow
from portal.exams.importers.qti import broken, camel, is_item, named, read_item
from portal.files.sniffing import MANIFEST

_OLD = ("imsqti_xmlv1", "imsqti_assessment_xmlv1", "imsqti_item_xmlv1")
_MAX_ITEM = 20 * 1024 * 1024


def read_package(path: Path) -> tuple[list[ParsedRow], list[Note]]:
    """A row for each item of a package. Raises RuleError for an archive without items."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        listed, notes, old = _listed(archive, names)
        rows: list[ParsedRow] = []
        for name, tags in listed.items():
            rows.append(_row(archive, names, name, tags, len(rows) + 1))
        for name in sorted(names - set(listed)):
            root = _unlisted(archive, name)
            if root is not None:
                rows.append(read_item(root, len(rows) + 1))
    if not rows:
        raise RuleError("file-qti-old" if old else "file-zip-kind")
    return rows, notes


def _row(archive: zipfile.ZipFile, names: set[str], name: str, tags: tuple[str, ...], position: int) -> ParsedRow:
    if name not in names:
        return broken(position, name, "item-missing")
    try:
        root = xml_root(_bytes(archive, name))
    except RuleError:
        return broken(position, name, "item-damaged")
    if not is_item(root):
        return broken(position, name, "item-damaged")
    return read_item(root, position, tags)


def _bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        data = part.read(_MAX_ITEM + 1)
    if len(data) > _MAX_ITEM:
        raise RuleError("file-xml-damaged")
    return data


def _unlisted(archive: zipfile.ZipFile, name: str) -> Any:
    """An item that the manifest does not name; None for anything else."""
    if not name.lower().endswith(".xml") or posixpath.basename(name) == MANIFEST or name.startswith("__MACOSX/"):
        return None
    try:
        root = xml_root(_bytes(archive, name))
    except RuleError:
        return None
    return root if is_item(root) else None


def _listed(archive: zipfile.ZipFile, names: set[str]) -> tuple[dict[str, tuple[str, ...]], list[Note], bool]:
    """({path of an item: its tags}, warnings, whether there are items of version 1), in the manifest's order."""
    manifests = sorted((name for name in names if posixpath.basename(name) == MANIFEST), key=len)
    if not manifests:
        return {}, [], False
    try:
        root = xml_root(_bytes(archive, manifests[0]))
    except RuleError:
        return {}, [Note.of("manifest-damaged")], False
    listed: dict[str, tuple[str, ...]] = {}
    notes: list[Note] = []
    old = False
    for resource in named(root, "resource"):
        kind = (resource.get("type") or "").lower()
        old = old or kind.startswith(_OLD)
        if kind.startswith("imsqti_item") and not kind.startswith(_OLD):
            listed[_path(root, resource, manifests[0])] = _keywords(resource)
        elif kind.startswith(("imsqti_test", "imsqti_section", "imsqti_outcomes")):
            notes.append(Note.of("part-unread", kind=resource.get("href") or kind))
    return listed, notes, old


def _path(root: Any, resource: Any, manifest: str) -> str:
    """Where a resource lies in the archive. A path that leaves it names nothing there and is reported as missing."""
    base = "".join(each.get("{http://www.w3.org/XML/1998/namespace}base") or "" for each in (root, resource))
    href = resource.get("href") or ""
    if not href:
        found = next((each for each in resource if camel(local(each)) == "file"), None)
        href = "" if found is None else found.get("href") or ""
    folder = posixpath.dirname(manifest)
    return posixpath.normpath(posixpath.join(folder, base, unquote(href.split("#")[0].split("?")[0])))


def _keywords(resource: Any) -> tuple[str, ...]:
    """The keywords of its metadata (LOM general.keyword)."""
    words = [
        " ".join("".join(text.itertext()).split())
        for keyword in named(resource, "keyword")
        for text in keyword
        if camel(local(text)) in {"langstring", "string"}
    ]
    return tuple(dict.fromkeys(word for word in words if word))
