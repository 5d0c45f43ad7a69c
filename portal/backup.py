"""The whole site in one file, and back: the database as it stood at one moment, and the files beside it.

Made while people work. The archive holds a list of everything in it, with sizes, hashes and row counts; it is read
back and compared before it gets its name, and again before a restore touches anything. Secrets are not in it: whoever
finds a backup cannot sign cookies with it. Only for SQLite; PostgreSQL has pg_dump.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import logging
import os
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from portal.config import DATABASE_NAME, Config, make_private
from portal.database import known_revisions

log = logging.getLogger("portal")

FORMAT = 1
MANIFEST = "manifest.json"
KEPT = ("files", "site.toml", "anchors.jsonl")
"""What of the data folder goes along with the database."""
LAST = "last-backup.json"
# The database, and beside it what belongs to it and must leave with it.
_ENDINGS = ("", "-wal", "-shm")
_BLOCK = 1 << 20

# Said in a terminal only, where nobody has chosen a language: so both.
NOT_SQLITE = "这个命令只用于 SQLite；PostgreSQL 请用 pg_dump。 For SQLite only; use pg_dump."
EXISTS = "{name} 已存在，没有覆盖。 It exists already and was not overwritten."
BROKEN = "备份文件不完整或被改动过，没有使用。 The archive is damaged or was changed; it was not used."
NEWER = "备份由更新版本的程序制作，请先升级程序。 Made by a newer program: upgrade first."
GONE = "{name} 在备份期间被删除，没有生成备份，请再做一次。 It was deleted meanwhile: back up again."
ELSEWHERE = (
    "{database} 与数据目录不在同一个磁盘上，不能恢复，数据没有改动。请先把数据库设在数据目录里。"
    " The database lies on another disk than the data folder: nothing was restored."
)
SCHEMA = "备份的数据库版本比本程序新，请先升级程序。 Its schema is newer than this program: upgrade first."


class BackupError(Exception):
    """No backup or no restore, and why, for whoever stands at the terminal."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds: rows by table, and for each file its size in bytes and its SHA-256."""

    format: int
    made_at: str
    schema: str
    rows: dict[str, int]
    files: dict[str, tuple[int, str]]

    @classmethod
    def read(cls, data: bytes) -> Manifest:
        """Raises BackupError."""
        try:
            given = json.loads(data)
            if given["format"] != FORMAT:
                raise BackupError(NEWER)
            files = {str(name): (int(size), str(digest)) for name, (size, digest) in given["files"].items()}
            return cls(FORMAT, str(given["made_at"]), str(given["schema"]), dict(given["rows"]), files)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(BROKEN) from error


def back_up(config: Config, target: Path, now: datetime) -> Manifest:
    """Write the archive and read it back; leaves either a whole file under that name or none.

    Raises BackupError, also when what was written reads back otherwise, and OSError where it cannot be written (a full
    disk).
    """
    database = _database(config)
    if target.exists():
        raise BackupError(EXISTS.format(name=target))
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        copy, part = Path(folder) / DATABASE_NAME, Path(folder) / "part"
        _copy_database(database, copy)
        manifest = _describe(copy, config.instance, now)
        _pack(part, manifest, copy, config.instance)
        check(part)
        part.replace(target)
    (config.instance / LAST).write_text(
        json.dumps({"at": manifest.made_at, "bytes": target.stat().st_size, "file": str(target)}), encoding="utf-8"
    )
    return manifest


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When this site was last backed up, into which file, of how many bytes. It was read back and compared then."""

    at: datetime
    file: str
    bytes: int


def last_backup(instance: Path) -> LastBackup | None:
    """The last one that was made here; None for none."""
    try:
        told = json.loads((instance / LAST).read_text(encoding="utf-8"))
        return LastBackup(datetime.fromisoformat(told["at"]), str(told["file"]), int(told["bytes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check(archive: Path) -> Manifest:
    """Read an archive from end to end against its own list. Raises BackupError."""
    with tempfile.TemporaryDirectory(prefix=".check-", dir=archive.parent) as folder:
        return _unpack(archive, Path(folder))


def restore(config: Config, archive: Path, now: datetime) -> tuple[Manifest, Path]:
    """Put the site back as the archive has it; what was there is moved into a dated folder beside: (manifest, folder).

    Everything is unpacked and checked first. The caller has closed the database and made sure that nothing runs, and
    migrates afterwards. Raises BackupError.
    """
    database, instance = _database(config), config.instance
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=instance) as folder:
        unpacked = Path(folder)
        manifest = _unpack(archive, unpacked)
        if manifest.schema not in known_revisions():
            raise BackupError(SCHEMA)
        aside = instance / f"before-restore-{now:%Y%m%dT%H%M%S}"
        make_private(aside)
        places = {f"{DATABASE_NAME}{ending}": database.with_name(f"{database.name}{ending}") for ending in _ENDINGS}
        places |= {name: instance / name for name in KEPT}
        with _refused_across_disks(database), _undone_on_error() as moved:
            for name, place in places.items():
                if place.exists():
                    moved.move(place, aside / name)
            for name, place in places.items():
                if (unpacked / name).exists():
                    moved.move(unpacked / name, place)
    return manifest, aside


@contextlib.contextmanager
def _refused_across_disks(database: Path) -> Iterator[None]:
    """Files change places whole, by name; between two disks that cannot be."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise BackupError(ELSEWHERE.format(database=database)) from error
        raise


class _Moves:
    def __init__(self) -> None:
        self._done: list[tuple[Path, Path]] = []

    def move(self, source: Path, target: Path) -> None:
        source.rename(target)
        self._done.append((source, target))

    def undo(self) -> None:
        for source, target in reversed(self._done):
            target.rename(source)


@contextlib.contextmanager
def _undone_on_error() -> Iterator[_Moves]:
    moves = _Moves()
    try:
        yield moves
    except BaseException:
        moves.undo()
        raise


def _database(config: Config) -> Path:
    if not config.database_url.startswith("sqlite:///"):
        raise BackupError(NOT_SQLITE)
    return Path(config.database_url.removeprefix("sqlite:///"))


def _copy_database(source: Path, target: Path) -> None:
    """A consistent copy while others write."""
    original, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        original.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    finally:
        copy.close()
        original.close()


def _describe(copy: Path, instance: Path, now: datetime) -> Manifest:
    schema, rows = _inside(copy)
    files = {DATABASE_NAME: _measured(copy), **dict(_held(copy, instance))}
    return Manifest(FORMAT, now.isoformat(), schema, rows, files)


def _inside(database: Path) -> tuple[str, dict[str, int]]:
    """(schema revision, rows by table) of a database file. Raises BackupError."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupError(BROKEN)
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        counted = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in named}  # noqa: S608
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]), counted
    except (sqlite3.DatabaseError, TypeError) as error:
        raise BackupError(BROKEN) from error
    finally:
        connection.close()


def _kept_files(instance: Path) -> list[str]:
    """What goes along; not an upload that is still coming in, which gets another name when it is whole."""
    found = [instance / name for name in KEPT if (instance / name).is_file()]
    found += [
        path
        for path in sorted((instance / "files").rglob("*"))
        if path.suffix != ".part" and path.is_file() and not path.is_symlink()
    ]
    return [path.relative_to(instance).as_posix() for path in found]


def _held(copy: Path, instance: Path) -> Iterator[tuple[str, tuple[int, str]]]:
    """Each file as it is now. One deleted since it was listed is left out, unless a row of the copy promises it."""
    for name in _kept_files(instance):
        try:
            yield name, _measured(instance / name)
        except FileNotFoundError as error:
            if _promised(copy, PurePosixPath(name).name):
                raise BackupError(GONE.format(name=name)) from error
            log.warning("%s was deleted meanwhile and is not in the backup; no row names it", name)


def _promised(database: Path, key: str) -> bool:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        asked = "SELECT 1 FROM attachments WHERE purged_at IS NULL AND ? IN (storage_key, thumb_key)"
        return connection.execute(asked, (key,)).fetchone() is not None
    finally:
        connection.close()


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return _hashed(file)


def _hashed(file: Any, copy_to: Any = None) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while block := file.read(_BLOCK):
        size += len(block)
        digest.update(block)
        if copy_to is not None:
            copy_to.write(block)
    return size, digest.hexdigest()


def _pack(part: Path, manifest: Manifest, copy: Path, instance: Path) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as tar:
            told = json.dumps(asdict(manifest), ensure_ascii=False).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size = len(told)
            tar.addfile(info, io.BytesIO(told))
            for name in manifest.files:
                try:
                    tar.add(copy if name == DATABASE_NAME else instance / name, arcname=name, recursive=False)
                except FileNotFoundError as error:  # the list in front promises it
                    raise BackupError(GONE.format(name=name)) from error
        raw.flush()
        os.fsync(raw.fileno())


def _unpack(archive: Path, folder: Path) -> Manifest:
    """Write the files of an archive under a folder, each compared with the list. Raises BackupError."""
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            first = tar.next()
            told = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
            if told is None:
                raise BackupError(BROKEN)
            manifest = Manifest.read(told.read())
            missing = dict(manifest.files)
            for member in tar:
                if member.name != MANIFEST:
                    _unpack_one(tar, member, missing, folder)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's own trouble, not the archive's
        raise BackupError(BROKEN) from error
    if missing or _inside(folder / DATABASE_NAME) != (manifest.schema, manifest.rows):
        raise BackupError(BROKEN)
    return manifest


def _unpack_one(
    tar: tarfile.TarFile, member: tarfile.TarInfo, missing: dict[str, tuple[int, str]], folder: Path
) -> None:
    parts = PurePosixPath(member.name).parts
    wanted = missing.pop(member.name, None)
    source = tar.extractfile(member) if member.isreg() else None
    if wanted is None or source is None or ".." in parts or parts[0] not in (DATABASE_NAME, *KEPT):
        raise BackupError(BROKEN)
    target = folder.joinpath(*parts)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if _hashed(source, file) != wanted:
            raise BackupError(BROKEN)
