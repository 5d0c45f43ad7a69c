"""What stands between an uploaded file and the code that reads it: a look at the archive, and a process of its own."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from portal.core.errors import RuleError

MEGABYTE = 1024 * 1024
MAX_FILES = 2000
MAX_UNPACKED = 200 * MEGABYTE
MAX_RATIO = 100
RATIO_FROM = 10 * MEGABYTE
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE_DOCTYPE = re.compile(rb"<\x00?!\x00?(?:D\x00?O\x00?C\x00?T|E\x00?N\x00?T\x00?I)", re.IGNORECASE)
_XML_NAMES = (".xml", ".rels", ".vml")
_CHUNK = 256 * 1024
_OVERLAP = 64
_CHILD = Path(__file__).with_name("guarded.py")
_KILLED_BY_MEMORY = "MemoryError"


def check_archive(
    path: Path, max_files: int = MAX_FILES, max_unpacked: int = MAX_UNPACKED, max_ratio: int = MAX_RATIO
) -> None:
    """Look at a zip archive before anything unpacks it.

    `max_unpacked` is in bytes. The ratio of unpacked to packed size is looked at above 10 MB only, since small texts
    pack well in all innocence. Sizes are measured while reading: the archive's own table may lie.
    Raises RuleError archive-damaged, archive-too-many-files, archive-too-big, archive-ratio, archive-bad-name or
    archive-doctype.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > max_files:
                raise RuleError("archive-too-many-files", limit=max_files)
            for part in parts:
                _check_name(part.filename)
            _check_sizes(sum(part.file_size for part in parts), path.stat().st_size, max_unpacked, max_ratio)
            total = 0
            for part in parts:
                total += _check_part(archive, part, max_unpacked - total, max_unpacked)
            _check_sizes(total, path.stat().st_size, max_unpacked, max_ratio)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise RuleError("archive-damaged") from error
    except RuntimeError as error:  # zipfile's way of asking for a password
        raise RuleError("file-encrypted") from error


def _check_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\x00" in name:
        raise RuleError("archive-bad-name", name=name[:80])


def _check_sizes(unpacked: int, packed: int, max_unpacked: int, max_ratio: int) -> None:
    if unpacked > max_unpacked:
        raise RuleError("archive-too-big", limit=max_unpacked // MEGABYTE)
    if unpacked > RATIO_FROM and unpacked > max_ratio * max(packed, 1):
        raise RuleError("archive-ratio", limit=max_ratio)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, limit: int) -> int:
    """Read one part through: its true size, and no document type where it is XML."""
    size, tail = 0, b""
    is_xml = part.filename.lower().endswith(_XML_NAMES)
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise RuleError("archive-too-big", limit=limit // MEGABYTE)
            window = tail + chunk
            if is_xml and (_DOCTYPE.search(window) or _WIDE_DOCTYPE.search(window)):
                raise RuleError("archive-doctype", name=part.filename[:80])
            tail = window[-_OVERLAP:]
    return size


def run_guarded(
    target: str,
    args: list[Any],
    *,
    seconds: int,
    memory_mb: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> Any:
    """Run a function in a fresh process with limits on time and memory, and give its result.

    `target` is "package.module:function"; it is called with `args` (JSON-able) and the keyword `progress`, a function
    of (done, total) whose calls reach `on_progress` here. Its result must be JSON-able. Its module must need nothing of
    the features' packages themselves (guarded.py): readers know no web and no database.
    Where the platform has no resource limits (Windows), only the time is limited.
    Raises the RuleError that the function raised, or parse-too-long, parse-too-big, parse-crashed.
    """
    command = [sys.executable, "-I", str(_CHILD), target, str(seconds), str(memory_mb)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module; the target is named in code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        errors: list[bytes] = []
        drain = threading.Thread(target=_drain, args=(child.stderr, errors))
        drain.start()
        try:
            answer = _converse(child, args, on_progress)
        finally:
            timer.cancel()
            child.kill()
            child.wait()
            drain.join()
    if answer is not None:
        return _result(answer)
    if late.is_set():
        raise RuleError("parse-too-long", seconds=seconds)
    raise _failure(child.returncode, b"".join(errors), seconds, memory_mb)


def _drain(stream: IO[bytes] | None, into: list[bytes]) -> None:
    while stream and (chunk := stream.read(_CHUNK)):
        into.append(chunk[-_CHUNK:])
        del into[:-2]


def _converse(
    child: subprocess.Popen[bytes], args: list[Any], on_progress: Callable[[int, int], None] | None
) -> dict[str, Any] | None:
    """Send the arguments, pass progress on, and give the last message; None where the child ended without one."""
    if child.stdin is None or child.stdout is None:
        return None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(json.dumps(args).encode())
        child.stdin.close()
    for line in child.stdout:
        message = json.loads(line)
        if "progress" not in message:
            child.wait()
            return dict(message)
        if on_progress:
            on_progress(*message["progress"])
    child.wait()
    return None


def _result(answer: dict[str, Any]) -> Any:
    if "code" in answer:
        raise RuleError(answer["code"], **answer["params"])
    return answer["result"]


def _failure(returncode: int, errors: bytes, seconds: int, memory_mb: int) -> RuleError:
    """Tell why a child ended without a message."""
    text = errors.decode(errors="replace")
    if _KILLED_BY_MEMORY in text or "memory allocation" in text or "cannot allocate" in text.lower():
        return RuleError("parse-too-big", limit=memory_mb)
    if returncode == -24:  # noqa: PLR2004 - SIGXCPU: the processor time is used up
        return RuleError("parse-too-long", seconds=seconds)
    return RuleError("parse-crashed")
