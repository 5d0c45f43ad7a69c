"""What would be on a disk after a power cut, from a log of the system calls that wrote to it.

What a file held when its last fsync began is there. Of what was written since then, anything may be there or not, in
pieces of a sector: nothing of it is the worst case, and any choice is possible. The log is that of
`strace -f -y -xx -s 1000000 -o FILE -e trace=` with the calls in CALLS.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

CALLS = "pwrite64,write,writev,sendto,sendmsg,ftruncate,fsync,fdatasync"
SECTOR = 512

_LINE = re.compile(rb"^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)$", re.DOTALL)
_FILE = re.compile(rb"^\d+<((?:\\x[0-9a-f]{2})*)>")
_STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_NUMBERS = re.compile(rb'", (\d+), (\d+)\)? *(?:= |<unf)')
_SIZE = re.compile(rb">, (\d+)\)? *(?:= |<unf)")
_RESULT = re.compile(rb"= (-?\d+)")
_UNFINISHED = b"<unfinished ...>"


@dataclass(frozen=True)
class Write:
    """Bytes at a place of a file."""

    path: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    """A file is cut, or grows, to a size."""

    path: str
    size: int


@dataclass(frozen=True)
class SyncBegins:
    """From here on what was written before is on its way to the disk; `call` is the same in its end."""

    path: str
    call: int


@dataclass(frozen=True)
class SyncEnds:
    """It is there."""

    path: str
    call: int


@dataclass(frozen=True)
class Sent:
    """Bytes that left through something that is no file, such as a connection."""

    data: bytes


Event = Write | Truncate | SyncBegins | SyncEnds | Sent


def events(lines: Iterable[bytes]) -> Iterator[Event]:
    """What happened, in order. A write counts when it returns, what is sent when the call begins."""
    under_way: dict[bytes, tuple[bytes, bytes, int]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        process, name, rest = found.groups()
        if b" resumed>" in line[:80]:
            name, rest_before, call = under_way.pop(process, (b"", b"", 0))
            if name and _succeeded(rest):
                yield from _ended(name, rest_before, call)
            continue
        yield from _begun(name, rest, number)
        if rest.rstrip().endswith(_UNFINISHED):
            under_way[process] = (name, rest, number)
        elif _succeeded(rest):
            yield from _ended(name, rest, number)


def _succeeded(rest: bytes) -> bool:
    results = _RESULT.findall(rest[-200:])
    return bool(results) and int(results[-1]) >= 0


def _begun(name: bytes, rest: bytes, call: int) -> Iterator[Event]:
    path = _path(rest)
    if name in {b"fsync", b"fdatasync"}:
        yield SyncBegins(path, call)
    elif name in {b"write", b"writev", b"sendto", b"sendmsg"} and not path.startswith("/"):
        yield Sent(b"".join(_bytes(text) for text in _STRING.findall(rest)))


def _ended(name: bytes, rest: bytes, call: int) -> Iterator[Event]:
    path = _path(rest)
    if name in {b"fsync", b"fdatasync"}:
        yield SyncEnds(path, call)
    elif name == b"pwrite64" and (numbers := _NUMBERS.search(rest)):
        text = _STRING.search(rest)
        yield Write(path, int(numbers[2]), _bytes(text[1]) if text else b"")
    elif name == b"ftruncate" and (size := _SIZE.search(rest)):
        yield Truncate(path, int(size[1]))


def _path(rest: bytes) -> str:
    found = _FILE.match(rest)
    return _bytes(found[1]).decode(errors="replace") if found else ""


def _bytes(escaped: bytes) -> bytes:
    return bytes.fromhex(escaped.replace(b"\\x", b"").decode())


@dataclass
class Disk:
    """Files with what is surely on the disk, and what is not yet."""

    durable: dict[str, bytearray]
    pending: dict[str, list[Write | Truncate]] = field(default_factory=lambda: defaultdict(list))
    _syncs: dict[tuple[str, int], int] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Go one event on."""
        if isinstance(event, Write | Truncate):
            self.pending[event.path].append(event)
        elif isinstance(event, SyncBegins):
            self._syncs[event.path, event.call] = len(self.pending[event.path])
        elif isinstance(event, SyncEnds):
            waiting = self.pending[event.path]
            reached = self._syncs.pop((event.path, event.call), 0)
            content = self.durable.setdefault(event.path, bytearray())
            for each in waiting[:reached]:
                _put(content, each)
            del waiting[:reached]
            for path, call in self._syncs:  # what another one of this file, under way, has still to bring there
                if path == event.path:
                    self._syncs[path, call] = max(0, self._syncs[path, call] - reached)

    def after_cut(self, path: str, keeps: Callable[[], bool]) -> bytes:
        """The file after a power cut; `keeps` decides for each sector that was not synced."""
        content = bytearray(self.durable.get(path, b""))
        for event in self.pending[path]:
            if isinstance(event, Truncate):
                if keeps():
                    _put(content, event)
                continue
            for start in range(0, len(event.data), SECTOR):
                if keeps():
                    _put(content, Write(path, event.offset + start, event.data[start : start + SECTOR]))
        return bytes(content)


def _put(content: bytearray, event: Write | Truncate) -> None:
    size = event.size if isinstance(event, Truncate) else event.offset + len(event.data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if isinstance(event, Truncate):
        del content[event.size :]
    else:
        content[event.offset : size] = event.data
