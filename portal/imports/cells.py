"""Cells of a sheet as text, the way people see them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any


def cell_text(value: Any) -> str:
    """Read a cell as text: 2.0 is 2, a date is 2024-05-01, TRUE is TRUE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(value, ".12g")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return re.sub(r"_x000[dD]_", "", str(value)).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").strip()
