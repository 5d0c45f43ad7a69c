"""What a number in an address may be."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

MOST = 2**31 - 1
"""The largest id that a column holds on every database; a larger one in an address is no page, not a fault."""


class IdConverter(IntegerConverter):
    """Whole numbers from 0 to MOST."""

    def __init__(self, map: Map, **options: Any) -> None:  # noqa: A002  werkzeug's own name
        super().__init__(map, **{"max": MOST, **options})


def init_app(app: Flask) -> None:
    """Take the place of werkzeug's `int`, before any rule is added."""
    app.url_map.converters["int"] = IdConverter
