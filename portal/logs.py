"""What the processes of a site write down beside the audit log: faults, and one line for each request.

One JSON object a line, so that a name with a line break in it stays one line. Never in it: the query of an address (it
holds what people search for), bodies, cookies, values of a database statement. Both files are of limited size and kept
a limited number of times; several processes write to them at once.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from portal.config import Config, make_private
from portal.core import clock

if os.name == "posix":
    import fcntl

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VARIABLE = "PORTAL_PROCESS"
"""Which process this is ("web", "jobs"), for those that write logs; a command at a terminal does not."""
APPLICATION, ACCESS = "portal.log", "access.log"
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
LOOKS = 16
"""Lines between two looks at the size of a file: a line costs half as much as if each of them looked."""
_MOST = 20_000
"""Characters of a traceback; its end is what counts."""
# What JSON leaves as it is, and a terminal or a viewer may obey: C1 controls, line separators, bidirectional marks.
_OBEYED = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def line(**fields: Any) -> bytes:
    """One line, whatever the values hold."""
    text = _ENCODE(fields)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


class SharedFile:
    """A file of limited size that several processes add lines to.

    A line is one write to a file opened for appending, so lines do not mix. Whoever finds it full moves it on, one
    process at a time; the others notice that the name stands for another file and follow. Windows moves no file that is
    open, so there it is opened for each line.
    """

    def __init__(self, path: Path, *, size: int, kept: int) -> None:
        self.path, self.size, self.kept = path, size, kept
        self._descriptor, self._lines = -1, 0
        self._one = threading.Lock()

    def write(self, text: bytes) -> None:
        """Add a line. A full disk loses it: the log must not be what stops the site."""
        with self._one:
            try:
                os.write(self._opened(), text)
                if os.name == "nt":
                    self._close()
            except OSError:
                return

    def _opened(self) -> int:
        """The file to write to; whether it is full, or another process has moved it on, is looked at now and then."""
        self._lines += 1
        if self._descriptor >= 0 and self._lines % LOOKS == 0 and not self._is_current():
            self._close()
        if self._descriptor < 0:
            self._descriptor = self._open()
        if self._lines % LOOKS == 0 and os.fstat(self._descriptor).st_size >= self.size:
            self._move_on()
            self._descriptor = self._open()
        return self._descriptor

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def _is_current(self) -> bool:
        try:
            named, ours = self.path.stat(), os.fstat(self._descriptor)
        except FileNotFoundError:
            return False
        return (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def _move_on(self) -> None:
        self._close()
        with self._alone():
            if not self.path.exists() or self.path.stat().st_size < self.size:
                return  # somebody else has just done it
            for number in range(self.kept - 1, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    self._numbered(number).replace(self._numbered(number + 1))
            self.path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if os.name != "posix":
            yield
            return
        descriptor = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class LineHandler(logging.Handler):
    """Records of the standard library's logging, as lines of a shared file."""

    def __init__(self, file: SharedFile, process: str) -> None:
        super().__init__(logging.INFO)
        self._file, self._process = file, process
        self._words = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; what it was about, then where it came from."""
        fields = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": f"{self._process}:{os.getpid()}",
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["trace"] = self._words.formatException(record.exc_info)[-_MOST:]
        self._file.write(line(**fields))


class AccessLog:
    """One line for each request: when, from where, what, how it ended and how long it took."""

    def __init__(self, inner: WSGIApplication, file: SharedFile) -> None:
        self._inner, self._file = inner, file

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on and note how it went."""
        began, told = time.perf_counter(), []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told.append(status)
            return start_response(status, headers, *more)

        try:
            return self._inner(environ, start)
        finally:
            self._file.write(
                line(
                    at=clock.now().isoformat(timespec="milliseconds"),
                    address=environ.get("REMOTE_ADDR", ""),
                    method=environ["REQUEST_METHOD"],
                    path=environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")[:300],
                    status=int(told[-1].split(" ", 1)[0]) if told else 500,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                )
            )


def start(app: Flask) -> None:
    """Write logs from here on, where this process is one of the site's own (VARIABLE)."""
    process, config = os.environ.get(VARIABLE), app.config["PORTAL"]
    if not process:
        return
    make_private(config.logs)
    root, shown = logging.getLogger(), logging.StreamHandler(sys.stderr)
    shown.setLevel(logging.WARNING)
    root.addHandler(LineHandler(file_of(config, APPLICATION), process))
    root.addHandler(shown)
    logging.getLogger("portal").setLevel(logging.INFO)
    logging.getLogger("portal").info("%s started", process)
    if process == "web":
        app.wsgi_app = AccessLog(app.wsgi_app, file_of(config, ACCESS))  # type: ignore[method-assign]


def file_of(config: Config, name: str) -> SharedFile:
    """A log file of this site."""
    return SharedFile(config.logs / name, size=config.log_size, kept=config.log_kept)


def last_faults(folder: Path, count: int) -> list[tuple[datetime, str]]:
    """(moment, message) of the newest faults in the application log, newest first; a page showed the number in it."""
    found: list[dict[str, Any]] = []
    for path in (folder / APPLICATION, folder / f"{APPLICATION}.1"):
        if path.exists():
            found += [record for record in reversed(_records(path)) if record.get("level") in {"ERROR", "CRITICAL"}]
    return [(datetime.fromisoformat(each["at"]), str(each["message"])) for each in found[:count]]


def _records(path: Path, most: int = 1 << 20) -> list[dict[str, Any]]:
    """The records in the last part of a file; what is no record, such as a first line cut in two, is passed over."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        lines = file.read().splitlines()
    found = []
    for each in lines:
        with contextlib.suppress(ValueError):
            record = json.loads(each)
            if isinstance(record, dict) and {"at", "level", "message"} <= set(record):
                found.append(record)
    return found
