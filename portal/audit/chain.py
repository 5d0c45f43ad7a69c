"""What makes the audit log tell on whoever changes it past the application.

Each entry has a seal: a number without gaps, the hash of the seal before it, a hash over both and the entry, and a
keyed MAC of that hash. Who edits an entry breaks its hash; who computes a new hash lacks the key (it lies in the
secrets file, outside the database); who takes entries out leaves a gap. Only the end of a chain can be cut off without
a trace: for that, anchors (number and hash of the last seal) are written to a file every day, and can be written down
elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Row, Table, func, insert, select, text
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry, AuditSeal

ANCHORS = "anchors.jsonl"
START = "0" * 64
"""What stands where the first seal names the one before it."""
_LOCK = 7_350_211
"""PostgreSQL's advisory lock of the chain: an arbitrary number, the same everywhere."""
_ENTRIES, _SEALS = cast("Table", AuditEntry.__table__), cast("Table", AuditSeal.__table__)
_HEAD = select(_SEALS.c.seq, _SEALS.c.hash).order_by(_SEALS.c.seq.desc()).limit(1)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain at a moment: how many entries there were, and the hash of the last."""

    seq: int
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written.

    `kind`: "edited" (an entry or its seal), "gone" (an entry whose seal stands), "gap" (entries with their seals),
    "unsealed" (an entry put in past the application), "cut" (the end is missing, by an anchor) or "anchor" (another
    entry stands where the anchor was taken). `seq` is the number in the chain, 0 for an unsealed one.
    """

    kind: str
    seq: int
    entry_id: int | None
    detail: str = ""


def canonical(seq: int, entry: Any) -> bytes:
    """An entry as the bytes that are hashed. Pinned by a test: a change here would break every chain there is."""
    told = [
        seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.actor_name,
        entry.address,
        entry.action,
        entry.subject_type,
        entry.subject_id,
        entry.subject_label,
        json.loads(json.dumps(entry.detail)),  # as the database will give it back
    ]
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(before: str, seq: int, entry: Any) -> str:
    """The hash of a seal (hex), from the hash of the one before."""
    return hashlib.sha256(before.encode() + b"\n" + canonical(seq, entry)).hexdigest()


def mac_of(key: bytes, linked: str) -> str:
    """What only the holder of the key can write (hex)."""
    return hmac.new(key, linked.encode(), hashlib.sha256).hexdigest()


def key_id(key: bytes) -> str:
    """Which key sealed: eight hex digits that tell nothing of it."""
    return hashlib.sha256(b"key id:" + key).hexdigest()[:8]


def seal(session: Session, entry: AuditEntry, key: bytes) -> None:
    """Seal an entry just written, in its transaction.

    The head is read from the database each time, never remembered: a savepoint that is rolled back takes its seals
    along. Writers go one after the other on SQLite (BEGIN IMMEDIATE); on PostgreSQL a lock of the transaction sees to
    that.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    head = connection.execute(_HEAD).one_or_none()
    connection.execute(insert(_SEALS), _sealed(head, entry.id, entry, key))


def seal_all(connection: Any, key: bytes) -> int:
    """Seal, as found, what was written before there were seals (for the migration); how many."""
    count, head = 0, None
    for entry in connection.execute(select(_ENTRIES).order_by(_ENTRIES.c.id)).all():
        values = _sealed(head, entry.id, entry, key)
        connection.execute(insert(_SEALS), values)
        head = cast("Row[Any]", _Head(values["seq"], values["hash"]))
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class _Head:
    seq: int
    hash: str


def _sealed(head: Any, entry_id: int, entry: Any, key: bytes) -> dict[str, Any]:
    seq, before = (head.seq + 1, head.hash) if head is not None else (1, START)
    linked = link(before, seq, entry)
    return {
        "seq": seq, "entry_id": entry_id, "prev": before, "hash": linked, "mac": mac_of(key, linked),
        "kid": key_id(key),
    }  # fmt: skip


def verify(session: Session, key: bytes, anchors: Iterable[Anchor] = ()) -> Iterator[Finding]:
    """Read the whole chain, in batches, and name whatever is not as it was written."""
    wanted = {anchor.seq: anchor for anchor in anchors}
    seq, before = 0, START
    for row in _chain(session):
        if row.seq > seq + 1:
            yield Finding("gap", seq + 1, None, f"{seq + 1}-{row.seq - 1}")
            before = row.prev  # what was lost is lost; what follows is judged by itself
        seq = row.seq
        yield from _judged(row, before, key)
        if (anchor := wanted.pop(seq, None)) is not None and anchor.hash != row.hash:
            yield Finding("anchor", seq, row.entry_id, anchor.at)
        before = row.hash
    for anchor in sorted(wanted.values(), key=lambda each: each.seq):
        yield Finding("cut", anchor.seq, None, f"{seq + 1}-{anchor.seq}, {anchor.at}")
        break
    sealed = select(_SEALS.c.entry_id)
    for (entry_id,) in session.execute(select(_ENTRIES.c.id).where(_ENTRIES.c.id.not_in(sealed))):
        yield Finding("unsealed", 0, entry_id)


def _judged(row: Any, before: str, key: bytes) -> Iterator[Finding]:
    if row.id is None:
        yield Finding("gone", row.seq, row.entry_id)
    elif row.prev != before or row.hash != link(row.prev, row.seq, row):
        yield Finding("edited", row.seq, row.entry_id)
    elif row.kid != key_id(key):
        yield Finding("edited", row.seq, row.entry_id, "another key")
    elif not hmac.compare_digest(row.mac, mac_of(key, row.hash)):
        yield Finding("edited", row.seq, row.entry_id, "not sealed with the key of this site")


def _chain(session: Session) -> Iterator[Any]:
    """Seals with their entries in the order of the chain; an entry that is gone has None in all its columns."""
    last = 0
    statement = (
        select(*_SEALS.columns, *(column for column in _ENTRIES.columns))
        .outerjoin(_ENTRIES, _ENTRIES.c.id == _SEALS.c.entry_id)
        .order_by(_SEALS.c.seq)
        .limit(_BATCH)
    )
    while rows := session.execute(statement.where(_SEALS.c.seq > last)).all():
        yield from rows
        last = rows[-1].seq


def length(session: Session) -> int:
    """How many entries are sealed."""
    return int(session.execute(select(func.coalesce(func.max(_SEALS.c.seq), 0))).scalar_one())


def write_anchor(session: Session, instance: Path, now: datetime) -> Anchor | None:
    """Add the present end of the chain to the anchors' file; None when nothing came since the last."""
    head = session.execute(_HEAD).one_or_none()
    known = read_anchors(instance / ANCHORS)
    if head is None or (known and known[-1].seq >= head.seq):
        return None
    anchor = Anchor(head.seq, head.hash, now.isoformat(timespec="seconds"))
    path = instance / ANCHORS
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * torn + json.dumps({"seq": anchor.seq, "hash": anchor.hash, "at": anchor.at}) + "\n")
    return anchor


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors of a file, none where there is no file. A line cut short by a power cut is passed over."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            given = json.loads(line)
            found.append(Anchor(int(given["seq"]), str(given["hash"]), str(given["at"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found
