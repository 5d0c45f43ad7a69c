"""Pages drawn once for what they show.

Most of the work of a page is drawing it, and people look at the same rows again and again. The rows are read anew at
each request; how they look is kept in memory, per process, for what was shown last. A kept page has holes where readers
differ (their name, the token of their session, the time), which are filled at each answer.

It is kept compressed. Each stretch between two holes is a piece of deflate by itself that ends in a full flush; what
fills a hole goes in between as it is. So an answer costs little more than copying, and no secret is ever compressed
together with anything else, which would let its length give it away (BREACH).
"""

from __future__ import annotations

import re
import secrets
import struct
import sys
import threading
import zlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

BYTES = 48 * 1024 * 1024
"""So much is kept at most, per process, keys and all: some thousands of pages."""
_LEVEL = 4
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # gzip, deflate, no name, no time
_END = b"\x01\x00\x00\xff\xff"  # an empty last block
# Nobody can guess it, so nobody can write a hole into a text and have it filled with the reader's token.
_MARK = secrets.token_hex(8)
_HOLE = re.compile(_MARK + r"(\w+);")


def hole(name: str) -> str:
    """What stands for a value that differs between readers while a page is drawn to be kept."""
    return f"{_MARK}{name};"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What stands between two holes: deflated, with what the checksum of the whole needs to know of it."""

    packed: bytes
    size: int
    shift: int

    @classmethod
    def of(cls, text: str) -> Stretch:
        """Compress."""
        plain = text.encode()
        squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = squeezer.compress(plain) + squeezer.flush(zlib.Z_FULL_FLUSH)
        return cls(packed, len(plain), zlib.crc32(plain) ^ zlib.crc32(bytes(len(plain))))

    def plain(self) -> bytes:
        """As it was."""
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.packed)


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page with holes: the stretches, and the names of the holes between them."""

    stretches: tuple[Stretch, ...]
    holes: tuple[str, ...]

    @classmethod
    def of(cls, html: str) -> KeptPage:
        """Cut a drawn page at its holes."""
        parts = _HOLE.split(html)
        return cls(tuple(Stretch.of(part) for part in parts[::2]), tuple(parts[1::2]))

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return sum(len(each.packed) + 150 for each in self.stretches)

    def plain(self, values: Mapping[str, str]) -> bytes:
        """The page of a reader, for the few who take no gzip."""
        filled = [*(values[name].encode() for name in self.holes), b""]
        return b"".join(
            part for each, value in zip(self.stretches, filled, strict=True) for part in (each.plain(), value)
        )

    def gzipped(self, values: Mapping[str, str]) -> bytes:
        """The page of a reader as gzip.

        The checksum of a stretch after what came before is crc(zeros, before) ^ crc(zeros) ^ crc(stretch), with as many
        zeros as the stretch has bytes: that is what CRC's being linear means, and it saves keeping the plain text.
        """
        encoded = {name: value.encode() for name, value in values.items()}
        out, check, size = [_HEAD], 0, 0
        for index, stretch in enumerate(self.stretches):
            out.append(stretch.packed)
            check = zlib.crc32(_zeros(stretch.size), check) ^ stretch.shift
            size += stretch.size
            if index < len(self.holes):
                value = encoded[self.holes[index]]
                out += (struct.pack("<BHH", 0, len(value), len(value) ^ 0xFFFF), value)
                check = zlib.crc32(value, check)
                size += len(value)
        out += (_END, struct.pack("<II", check, size & 0xFFFFFFFF))
        return b"".join(out)


_ZEROS = memoryview(bytes(1024 * 1024))


def _zeros(size: int) -> memoryview | bytes:
    return _ZEROS[:size] if size <= len(_ZEROS) else bytes(size)


class KeptPages:
    """The pages shown last, by all that they depend on."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, KeptPage] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    def get(self, key: Hashable) -> KeptPage | None:
        """A page, if it is kept."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def put(self, key: Hashable, page: KeptPage) -> None:
        """Keep a page; those that nobody asked for longest make room."""
        with self._lock:
            if (before := self._pages.pop(key, None)) is not None:
                self._bytes -= before.size + weight(key)
            self._pages[key] = page
            self._bytes += page.size + weight(key)
            while self._bytes > BYTES:
                oldest, gone = self._pages.popitem(last=False)
                self._bytes -= gone.size + weight(oldest)


def weight(key: Hashable) -> int:
    """Bytes of a key in memory at most: what keys share is counted in each."""
    inside = sum(map(weight, key)) if isinstance(key, (tuple, frozenset)) else 0
    return sys.getsizeof(key) + inside


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header names gzip; one that forbids it with q=0 is as rare as it is odd."""
    return "gzip" in accepted and "gzip;q=0" not in accepted.replace(" ", "")
