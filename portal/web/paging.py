"""Keyset paging: a page is found by the last row's sort key and id, never by OFFSET; the cursor is in the address."""

from __future__ import annotations

import base64
import binascii
import functools
import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.core.plain import Statement

# No row number, id or sorted figure comes near it; a database's own limit is a little further off.
_FAR = 2**62


def capped_count(session: Session, statement: Select[Any], cap: int) -> int:
    """How many rows there are, counted no further than the cap."""
    total: int = _counted(statement, cap).first(session)[0]
    return total


@functools.lru_cache(256)
def _counted(statement: Select[Any], cap: int) -> Statement:
    """Built once for a statement that is itself built once."""
    return Statement(select(func.count()).select_from(statement.order_by(None).limit(cap).subquery()))


def page_of(
    session: Session,
    statement: Select[Any],
    sort: Any,
    identity: Any,
    descending: bool,
    cursor: tuple[Any, Any, int] | None,
    *,
    backward: bool,
    size: int,
) -> Sequence[Any]:
    """The rows beyond a cursor, one more than `size` where there are more; backward ones come in reverse."""
    assert sort is not None  # noqa: S101
    down = descending != backward
    if cursor is not None:
        value, row_id, _ = cursor
        beyond = sort < value if down else sort > value
        level = and_(sort == value, identity < row_id if down else identity > row_id)
        statement = statement.where(or_(beyond, level))
    return _ordered(statement, sort, identity, down, size + 1).all(session)


@functools.lru_cache(256)
def _ordered(statement: Select[Any], sort: Any, identity: Any, down: bool, size: int) -> Statement:
    """Built once for a statement that is itself built once."""
    order = (sort.desc(), identity.desc()) if down else (sort.asc(), identity.asc())
    wanted = statement.add_columns(sort.label("_sort"), identity.label("_id")).order_by(None).order_by(*order)
    return Statement(wanted.limit(size))


def first_number(cursor: tuple[Any, Any, int] | None, count: int, *, backward: bool) -> int:
    """The number of the first row on a page of `count` rows, counted from 1."""
    if cursor is None:
        return 1
    return max(cursor[2] - count, 1) if backward else cursor[2]


def encode(row: Sequence[Any], number: int) -> str:
    """A cursor: the row's sort value and id, its last two columns, and the number of the row that comes next to it."""
    value, row_id = row[-2:]
    kind = ""
    if isinstance(value, datetime):
        kind, value = "t", value.isoformat()
    elif isinstance(value, date):
        kind, value = "d", value.isoformat()
    elif isinstance(value, bool):
        value = int(value)  # SQLAlchemy compares a column with True by = alone
    raw = json.dumps([kind, value, row_id, number], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode(text: str, sort: Any) -> tuple[Any, Any, int] | None:
    """What a cursor says; None for one that nobody here has written, or that was written for another column."""
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kind, value, row_id, number = json.loads(raw)
        if kind == "t":
            value = datetime.fromisoformat(value)
        elif kind == "d":
            value = date.fromisoformat(value)
        fits = _storable(value) and _storable(row_id) and _same_type(sort, value) and 0 < int(number) < _FAR
        return (value, row_id, int(number)) if fits and isinstance(row_id, int | str) else None
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None


def _storable(value: Any) -> bool:
    """Whether a database takes the value: no lone surrogate, no number beyond 64 bits, no moment without a zone."""
    if isinstance(value, str):
        value.encode()
        return "\x00" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if isinstance(value, int | float):
        return not isinstance(value, bool) and math.isfinite(value) and abs(value) < _FAR
    return isinstance(value, date)


def _same_type(sort: Any, value: Any) -> bool:
    """Whether a value may be compared with the column it is said to come from."""
    try:
        wanted = sort.type.python_type
    except NotImplementedError:
        return True
    if wanted is object:  # an expression whose type nobody knows
        return True
    if issubclass(wanted, Enum):
        return value in {member.value for member in wanted}
    if issubclass(wanted, int | float | Decimal):
        return isinstance(value, int | float) and (wanted is not bool or value in {0, 1})
    return isinstance(value, wanted) and isinstance(value, datetime) == issubclass(wanted, datetime)
