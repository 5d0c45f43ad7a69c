"""The two jobs of an import: reading the file, and writing what was accepted. Both may run twice with one result."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.core import clock
from portal.core.errors import RuleError, is_disk_full
from portal.core.viewer import Viewer
from portal.extensions import db, set_writing, writing
from portal.imports import queries, registry, services, staging
from portal.imports.models import BatchState, ImportBatch
from portal.jobs.progress import Progress
from portal.jobs.queue import task

log = logging.getLogger("portal.imports")

READ, ACCEPT = "imports.read", "imports.accept"
# Parsing is most of the work; the bar shows it as nine tenths.
_PARSED, _JUDGED = 90, 95
_WHOLE = 100


def instance() -> Path:
    """The data folder of this site."""
    folder: Path = current_app.config["PORTAL"].instance
    return folder


@task(READ, _l("读取导入文件"))
def read(arguments: dict[str, Any], progress: Progress) -> str:
    """Parse and judge a file; the rows go to the staging file. No transaction is open while that takes its time."""
    batch = _reading(arguments["batch"], BatchState.READING) or _again(arguments["batch"])
    if batch is None:
        return ""
    try:
        summary = _judge(batch, progress)
    except Exception as error:
        known = _told(error)
        with writing() as session:
            if again := queries.by_id(session, batch.id, lock=True):
                services.note_unreadable(session, batch=again, error=known, now=clock.now())
            session.commit()
        raise known from error
    with writing() as session:
        again = queries.by_id(session, batch.id, lock=True)
        if again is not None and again.state is BatchState.READING:
            services.note_read(session, batch=again, summary=summary)
        services.clear_old(session, now=clock.now(), instance=instance())
        session.commit()
    return str(_("读取完成，请核对后确认导入。"))


def _again(batch_id: str) -> ImportBatch | None:
    """A batch that could not be read, when its owner has the job done once more."""
    failed = _reading(batch_id, BatchState.FAILED)
    if failed is None or failed.removed_at is not None:
        return None
    with writing() as session:
        if again := queries.by_id(session, batch_id, lock=True):
            services.note_reading(session, batch=again)
        session.commit()
    return _reading(batch_id, BatchState.READING)


def _told(error: Exception) -> RuleError:
    """What the owner reads of an error; the log has the rest."""
    if isinstance(error, RuleError):
        return error
    log.error("reading an import failed", exc_info=error)
    return RuleError("import-disk-full" if is_disk_full(error) else "import-fault")


def _judge(batch: ImportBatch, progress: Progress) -> dict[str, Any]:
    importer = registry.get(batch.kind)
    place = staging.folder(instance(), batch.id)
    parsed = services.parse(
        importer, batch, place, lambda done, total: progress(done * _PARSED // max(total, 1), _WHOLE)
    )
    known = importer.known(db.session(), batch.options)
    db.session.rollback()
    progress(_PARSED, _WHOLE)
    judgement = importer.judge(parsed, known, batch.options)
    progress(_JUDGED, _WHOLE)
    staging.store(place, judgement.rows)
    return services.summary_of(judgement)


@task(ACCEPT, _l("写入导入的记录"))
def accept(arguments: dict[str, Any], progress: Progress) -> str:
    """Write all good rows in one short transaction: everything that takes time is done before it begins."""
    batch = _reading(arguments["batch"], BatchState.ACCEPTING)
    if batch is None:
        return ""
    importer, now = registry.get(batch.kind), clock.now()
    actor = Viewer(**arguments["actor"], permissions=frozenset())
    prepared = importer.prepare(staging.accepted(staging.folder(instance(), batch.id)), batch.options, actor, now)
    progress(1, 2)
    try:
        with writing() as session:
            again = queries.by_id(session, batch.id, lock=True)
            if again is None or again.state is not BatchState.ACCEPTING:
                session.rollback()
                return ""
            written = importer.write(session, prepared, batch.options, actor, now)
            services.finish(session, actor=actor, now=now, batch=again, written=written)
            session.commit()
    except RuleError as error:
        _note_refused(batch.id, error)
        raise
    return str(_("已导入 %(count)s 条。", count=f"{written.accepted:,}"))


def _note_refused(batch_id: str, error: RuleError) -> None:
    """A rule that forbids the rows now forbids them on the next try as well: the file must be uploaded anew."""
    db.session.rollback()
    with writing() as session:
        if again := queries.by_id(session, batch_id, lock=True):
            services.note_unreadable(session, batch=again, error=error, now=clock.now())
        session.commit()


def _reading(batch_id: str, state: BatchState) -> ImportBatch | None:
    """The batch, detached, if it is in the state; the transaction that read it is over."""
    set_writing(False)
    session = db.session()
    batch = queries.by_id(session, batch_id)
    if batch is not None:
        session.expunge(batch)
    session.rollback()
    return batch if batch is not None and batch.state is state else None
