"""The portal with other settings of SQLite than it chooses itself, for drills: DRILL_PRAGMAS="synchronous=NORMAL"."""

from __future__ import annotations

import os

from portal import extensions

_given = tuple(os.environ["DRILL_PRAGMAS"].split(","))
_names = {pragma.split("=")[0] for pragma in _given}
extensions.SQLITE_PRAGMAS = (  # type: ignore[assignment]
    *(pragma for pragma in extensions.SQLITE_PRAGMAS if pragma.split("=")[0] not in _names),
    *_given,
)

from wsgi import app  # noqa: E402, F401  connections are opened from here on
