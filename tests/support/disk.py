"""A disk that is full, without a disk: no file of this process and its children may grow past a size."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator


@contextlib.contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Within the block a write beyond `limit` bytes of a file fails as one on a full disk does.

    Works for anybody: a soft limit may be raised again. What is shorter than the limit can still be written.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
