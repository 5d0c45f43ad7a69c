"""What is fine, what somebody should see to soon, and what must not wait.

The limits are ours: a backup a week is what an office without anybody on duty keeps up (GB/T 22239-2019 8.1.4.9 asks
for local backups and leaves the rhythm to the site); a certificate takes days to get signed; a copy of the database
must fit on the disk, since an upgrade makes one first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MEGABYTE = 1024 * 1024
WORKER_SILENT = timedelta(minutes=1)
QUEUE_WAITS = timedelta(minutes=10)
BACKUP_DUE, BACKUP_OVERDUE = timedelta(days=7), timedelta(days=30)
CERTIFICATE_DUE = 30
ANCHOR_DUE = timedelta(days=2)
CLOCK_TOLERANCE = timedelta(minutes=2)
DISK_LOW, DISK_OUT = 2048 * MEGABYTE, 256 * MEGABYTE
FAULTS_RECENT = timedelta(days=1)


class State(StrEnum):
    """Worst last. INFO is only to know."""

    INFO = "info"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found. None: there is none, or nobody knows. `certificate_days` counts only where there is one."""

    now: datetime
    demo: bool
    beat_at: datetime | None
    waiting: int
    running: int
    oldest_waiting_at: datetime | None
    disk_free: int
    database_bytes: int
    backup_at: datetime | None
    backup_file: str
    serving: str
    """"tls", "proxy" (behind HTTPS), "loopback", "insecure" or "unknown"."""
    certificate_days: int | None
    certificate_fault: str
    secrets_mode: int | None
    newest_row_at: datetime | None
    zone: str
    schema: str | None
    schema_wanted: str | None
    durable: bool
    durability: str
    anchor_at: datetime | None
    anchored: int
    entries: int
    faults: tuple[datetime, ...]
    versions: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page: what it is about, how it stands, and which sentence says so (see words)."""

    key: str
    state: State
    code: str
    params: dict[str, Any] = field(default_factory=dict)


def judge(facts: Facts) -> list[Finding]:
    """Every line, in the order of the page."""
    parts = (_worker, _queue, _disk, _backup, _network, _secrets, _clock, _schema, _durability, _anchor, _faults, _kind)
    return [finding for part in parts for finding in part(facts)]


def worst(findings: list[Finding]) -> State:
    """The worst state among them."""
    order = list(State)
    return max((finding.state for finding in findings), key=order.index, default=State.GREEN)


def _worker(facts: Facts) -> Iterator[Finding]:
    if facts.beat_at is None:
        yield Finding("worker", State.RED, "worker-never")
    elif facts.now - facts.beat_at > WORKER_SILENT:
        yield Finding("worker", State.RED, "worker-silent", {"at": facts.beat_at})
    else:
        yield Finding("worker", State.GREEN, "worker-alive", {"at": facts.beat_at})


def _queue(facts: Facts) -> Iterator[Finding]:
    counted = {"waiting": facts.waiting, "running": facts.running}
    waits = facts.oldest_waiting_at is not None and facts.now - facts.oldest_waiting_at > QUEUE_WAITS
    yield Finding("queue", State.AMBER if waits else State.GREEN, "queue-waits" if waits else "queue", counted)


def _disk(facts: Facts) -> Iterator[Finding]:
    sizes = {"free": facts.disk_free // MEGABYTE, "database": facts.database_bytes // MEGABYTE}
    if facts.disk_free < max(DISK_OUT, 2 * facts.database_bytes):
        yield Finding("disk", State.RED, "disk-out", sizes)
    elif facts.disk_free < max(DISK_LOW, 5 * facts.database_bytes):
        yield Finding("disk", State.AMBER, "disk-low", sizes)
    else:
        yield Finding("disk", State.GREEN, "disk", sizes)


def _backup(facts: Facts) -> Iterator[Finding]:
    told = {"at": facts.backup_at, "file": facts.backup_file}
    if facts.backup_at is not None:
        age = facts.now - facts.backup_at
        state = State.RED if age > BACKUP_OVERDUE else State.AMBER if age > BACKUP_DUE else State.GREEN
        yield Finding("backup", state, "backup" if state == State.GREEN else "backup-old", {**told, "days": age.days})
    elif facts.demo:
        yield Finding("backup", State.GREEN, "backup-demo")
    else:
        yield Finding("backup", State.AMBER, "backup-never")


def _network(facts: Facts) -> Iterator[Finding]:
    days = {"days": facts.certificate_days}
    if facts.serving != "tls":
        state = {"insecure": State.AMBER, "unknown": State.INFO}.get(facts.serving, State.GREEN)
        yield Finding("network", state, f"network-{facts.serving}")
    elif facts.certificate_days is None:
        yield Finding("network", State.RED, "certificate-fault", {"fault": facts.certificate_fault})
    elif facts.certificate_days < CERTIFICATE_DUE:
        yield Finding("network", State.AMBER, "certificate-due", days)
    else:
        yield Finding("network", State.GREEN, "network-tls", days)


def _secrets(facts: Facts) -> Iterator[Finding]:
    if facts.secrets_mode is None:
        yield Finding("secrets", State.INFO, "secrets-elsewhere")
    elif facts.secrets_mode & 0o077:
        yield Finding("secrets", State.RED, "secrets-open", {"mode": f"{facts.secrets_mode:o}"})
    else:
        yield Finding("secrets", State.GREEN, "secrets", {"mode": f"{facts.secrets_mode:o}"})


def _clock(facts: Facts) -> Iterator[Finding]:
    told = {"now": facts.now, "newest": facts.newest_row_at, "zone": facts.zone}
    back = facts.newest_row_at is not None and facts.newest_row_at - facts.now > CLOCK_TOLERANCE
    yield Finding("clock", State.RED if back else State.GREEN, "clock-back" if back else "clock", told)


def _schema(facts: Facts) -> Iterator[Finding]:
    fits, told = facts.schema == facts.schema_wanted, {"have": facts.schema or "-", "want": facts.schema_wanted}
    yield Finding("schema", State.GREEN if fits else State.RED, "schema" if fits else "schema-other", told)


def _durability(facts: Facts) -> Iterator[Finding]:
    state = State.GREEN if facts.durable else State.RED
    code = "durability" if facts.durable else "durability-weak"
    yield Finding("durability", state, code, {"told": facts.durability})


def _anchor(facts: Facts) -> Iterator[Finding]:
    told = {"at": facts.anchor_at, "anchored": facts.anchored, "entries": facts.entries}
    if facts.entries <= facts.anchored or (facts.anchor_at and facts.now - facts.anchor_at <= ANCHOR_DUE):
        yield Finding("anchor", State.GREEN, "anchor" if facts.anchor_at else "anchor-empty", told)
    else:
        yield Finding("anchor", State.AMBER, "anchor-old" if facts.anchor_at else "anchor-never", told)


def _faults(facts: Facts) -> Iterator[Finding]:
    recent = sum(1 for at in facts.faults if facts.now - at <= FAULTS_RECENT)
    yield Finding(
        "faults", State.AMBER if recent else State.GREEN, "faults" if recent else "faults-none", {"n": recent}
    )


def _kind(facts: Facts) -> Iterator[Finding]:
    yield Finding("kind", State.INFO, "kind-demo" if facts.demo else "kind-real")
    yield Finding("versions", State.INFO, "versions", {"told": facts.versions})
