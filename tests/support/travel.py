"""Time passes on a site without anybody waiting: what the database remembers moves into the past."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

# Every moment against which the server's clock is held while somebody sits an exam.
MOMENTS = {
    "attempts": ("started_at", "due_at"),
    "exam_rounds": ("opens_at", "closes_at"),
    "login_sessions": ("created_at", "last_seen_at", "ends_at", "hold_until"),
}


def pass_time(folder: Path, much: timedelta) -> None:
    """For the server on that data folder it is later by so much."""
    moved = f"-{int(much.total_seconds())} seconds"
    with closing(sqlite3.connect(folder / "portal.db", timeout=10)) as connection, connection:
        for table, columns in MOMENTS.items():
            # Sealed attempts refuse changes, and their time is over anyway.
            where = "WHERE state = 'in_progress'" if table == "attempts" else ""
            later = ", ".join(f"{name} = strftime('%Y-%m-%d %H:%M:%f', {name}, ?) || '000'" for name in columns)
            connection.execute(f"UPDATE {table} SET {later} {where}", [moved] * len(columns))
