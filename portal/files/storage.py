"""Where the bytes of files lie: a folder now; anything else that keeps to the four verbs of Storage can follow."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import current_app


class Storage(Protocol):
    """Keeps bytes under keys that it makes up itself."""

    def put(self, source: BinaryIO) -> str:
        """Keep everything that can be read; give the key. Raises OSError, and then keeps nothing."""

    def open(self, key: str) -> BinaryIO:
        """Read from the start. Raises FileNotFoundError."""

    def delete(self, key: str) -> None:
        """Keep it no longer; one that is not there is no error."""

    def exists(self, key: str) -> bool:
        """Whether it is kept."""


class FolderStorage:
    """A folder of this machine, in sub-folders of 256, each file whole or not there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, source: BinaryIO) -> str:
        """Write beside, flush to the disk, then give it its name, which is flushed too: a row will promise it."""
        key = secrets.token_hex(16)
        target = self._path(key)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                while block := source.read(1 << 20):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            _sync_folder(target.parent)
            _sync_folder(self._root)
        except BaseException:
            part.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
            raise
        return key

    def open(self, key: str) -> BinaryIO:
        """Read from the start."""
        return self._path(key).open("rb")

    def delete(self, key: str) -> None:
        """Remove the file."""
        self._path(key).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        return self._path(key).exists()

    def _path(self, key: str) -> Path:
        if not (len(key) == 32 and key.isalnum()):  # noqa: PLR2004  as put() makes them
            raise FileNotFoundError(key)
        return self._root / key[:2] / key


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut, where the system lets one ask for it (Windows does not)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage() -> Storage:
    """The storage of this site."""
    return FolderStorage(current_app.config["PORTAL"].instance / "files")
