"""Looking around: files of the data folder, the disk, the database, the certificate."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import tomllib
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from portal import database, logs, serving, tls
from portal.audit import chain
from portal.backup import last_backup
from portal.chores import BEAT
from portal.config import ROOT, Config, ConfigError, secrets_file
from portal.core import clock
from portal.jobs.store import store
from portal.system import queries
from portal.system.rules import Facts

FAULTS_SHOWN = 10


def collect(app: Flask, session: Session) -> Facts:
    """All of it, now. Reads only."""
    config: Config = app.config["PORTAL"]
    now, backup, jobs = clock.now(), last_backup(config.instance), queries.queue(store(app).engine)
    anchors = chain.read_anchors(config.instance / chain.ANCHORS)[-1:]
    schema, wanted = database.revisions(session.connection())
    pragmas = database.durability(session.connection())
    how, days, fault = _network(config, now)
    return Facts(
        now=now,
        demo=config.demo,
        beat_at=_beat(config.instance),
        waiting=jobs.waiting,
        running=jobs.running,
        oldest_waiting_at=jobs.oldest_waiting_at,
        disk_free=shutil.disk_usage(config.instance).free,
        database_bytes=_database_bytes(config),
        backup_at=backup.at if backup else None,
        backup_file=backup.file if backup else "",
        serving=how,
        certificate_days=days,
        certificate_fault=fault,
        secrets_mode=_secrets_mode(config.instance),
        newest_row_at=queries.newest_row_at(session),
        zone=clock.LOCAL_ZONE.key,
        schema=schema,
        schema_wanted=wanted,
        durable=database.is_durable(pragmas),
        durability=", ".join(f"{name}={value}" for name, value in pragmas.items()) or queries.sqlite_version(session),
        anchor_at=datetime.fromisoformat(anchors[0].at) if anchors else None,
        anchored=anchors[0].seq if anchors else 0,
        entries=chain.length(session),
        faults=tuple(at for at, _message in faults(config)),
        versions=f"{program_version()}, Python {platform.python_version()}, {queries.sqlite_version(session)}",
    )


def faults(config: Config) -> list[tuple[datetime, str]]:
    """The last faults that the log has, newest first."""
    return logs.last_faults(config.logs, FAULTS_SHOWN)


def program_version() -> str:
    """The version of this program."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return f"portal {told['project']['version']}"


def _beat(instance: Path) -> datetime | None:
    try:
        return datetime.fromisoformat((instance / BEAT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _database_bytes(config: Config) -> int:
    path = Path(config.database_url.removeprefix("sqlite:///"))
    return path.stat().st_size if path.exists() else 0


def _secrets_mode(instance: Path) -> int | None:
    path = secrets_file(instance)
    if not path.exists():
        return None
    return stat.S_IMODE(path.stat().st_mode) if os.name == "posix" else 0o600


def _network(config: Config, now: datetime) -> tuple[str, int | None, str]:
    """(how it is reached, days of the certificate, what is wrong with the certificate)."""
    found = serving.read(config.instance)
    if found is None:
        return "unknown", None, ""
    if found.tls_cert:
        try:
            return "tls", tls.check(Path(found.tls_cert), Path(found.tls_key)).days_left(now), ""
        except ConfigError as error:
            return "tls", None, str(error).splitlines()[0]
    if config.secure_cookies:
        return "proxy", None, ""
    return ("loopback" if serving.is_loopback(found.host) else "insecure"), None, ""
