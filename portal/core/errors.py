"""The one error that rules raise: a code, put into words at the edge. And how a full disk is told from a fault."""

import errno
import sqlite3
from collections.abc import Iterator
from typing import Any


class RuleError(Exception):
    """A rule said no.

    `code` names the reason in kebab-case ("round-closed"); `params` fill the sentence that web/errors.py keeps for it.
    """

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


# No space, over the quota, over the limit for one file.
_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, or one that led to it, says that nothing more can be written."""
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno in _NO_ROOM:
            return True
        if isinstance(each, sqlite3.OperationalError) and ("full" in str(each) or "disk I/O" in str(each)):
            return True
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
