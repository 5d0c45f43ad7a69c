"""What arrives with an address or a form, as plain values: nobody promises that a browser sends what a page offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request

# No row's number has more digits, and every database holds them.
_DIGITS = 9
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def number(text: str | None, digits: int = _DIGITS) -> int | None:
    """The number of a row, or another of so many digits at most; None for what cannot be one."""
    fits = text is not None and text.isascii() and text.isdecimal() and len(text) <= digits
    return int(text) if fits and text is not None else None


def numbers(texts: Iterable[str]) -> list[int]:
    """Those of them that can be the numbers of rows."""
    return [found for found in map(number, texts) if found is not None]


def year(text: str | None, default: int) -> int:
    """A year of this century, or `default` for anything else."""
    asked = number(text)
    return asked if asked is not None and _FIRST_YEAR <= asked <= _LAST_YEAR else default


def is_plain(name: str) -> bool:
    """Whether an argument of an address may stand in another: some names are orders to `url_for`."""
    return name != "endpoint" and not name.startswith("_")


def passed_on(*dropped: str) -> dict[str, Any]:
    """The arguments of the address at hand, as an address made of it may carry them, without the dropped ones."""
    given = request.args.to_dict(flat=False)
    path = request.view_args or {}
    return {name: values for name, values in given.items() if is_plain(name) and name not in {*dropped, *path}}
