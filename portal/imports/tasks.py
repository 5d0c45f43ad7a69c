"""The two jobs of an import: reading the file, and writing what was accepted. Both may run twice with one result."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import RuleError, is_disk_full
from portal.core.viewer import Viewer
from portal.extensions import db, set_writing, writing
from portal.imports import queries, registry, services, staging
from portal.imports.models import BatchState, ImportBatch
from portal.jobs.progress import JobInterrupted, Progress
from portal.jobs.queue import task
from portal.jobs.store import Standing
from portal.jobs.telling import Told
from portal.jobs.ticks import every
from portal.web import identity

log = logging.getLogger("portal.imports")

READ, ACCEPT = "imports.read", "imports.accept"
# Parsing is most of the work; the bar shows it as nine tenths.
_PARSED, _JUDGED = 90, 95
_WHOLE = 100
_HOUR = 3600


def instance() -> Path:
    """The data folder of this site."""
    folder: Path = current_app.config["PORTAL"].instance
    return folder


@task(READ, _l("读取导入文件"))
def read(arguments: dict[str, Any], progress: Progress) -> Told:
    """Parse and judge a file; the rows go to the staging file. No transaction is open while that takes its time."""
    batch = _found(arguments["batch"])
    if batch.state is BatchState.FAILED and batch.removed_at is None:
        batch = _again(batch.id)
    if batch.state is not BatchState.READING:
        return Told()
    try:
        acting(batch)
        summary = _judge(batch, progress)
    except Exception as error:
        known = _still_wanted(batch.id, error)
        with writing() as session:
            services.note_unreadable(session, batch=_reading(session, batch.id), error=known, now=clock.now())
            session.commit()
        raise known from error
    with writing() as session:
        services.note_read(session, batch=_reading(session, batch.id), summary=summary)
        session.commit()
    return Told("import-read")


def _again(batch_id: str) -> ImportBatch:
    """A batch that could not be read, when its owner has the job done once more."""
    with writing() as session:
        if again := queries.by_id(session, batch_id, lock=True):
            services.note_reading(session, batch=again)
        session.commit()
    return _found(batch_id)


def _reading(session: Session, batch_id: str) -> ImportBatch:
    """The batch, locked. Raises JobInterrupted when its owner cancelled it meanwhile: the job is cancelled with it."""
    batch = queries.by_id(session, batch_id, lock=True)
    if batch is None or batch.state is not BatchState.READING:
        raise JobInterrupted(Standing.CANCEL)
    return batch


def _still_wanted(batch_id: str, error: Exception) -> RuleError:
    """What to say of an error. It is none where the owner cancelled and so deleted the file that was being read."""
    db.session.rollback()
    _reading(db.session(), batch_id)
    db.session.rollback()
    return _told(error)


def acting(batch: ImportBatch) -> Viewer:
    """The owner with the rights of this moment.

    Raises RuleError import-refused for one who may no longer sign in, import this kind or change what it goes to.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    person, importer = identity.person(app, batch.owner_id), registry.get(batch.kind)
    if person is None or not person.can(importer.permission):
        raise RuleError("import-refused")
    try:
        with app.test_request_context():  # a target has an address
            importer.target(db.session(), person, batch.options)
    except LookupError as error:
        raise RuleError("import-refused") from error
    return person


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
def accept(arguments: dict[str, Any], progress: Progress) -> Told:
    """Write all good rows in one short transaction: everything that takes time is done before it begins."""
    batch = _found(arguments["batch"])
    if batch.state is BatchState.ACCEPTED:
        return Told()
    if batch.state is not BatchState.ACCEPTING:
        raise RuleError("import-missing")
    importer, now = registry.get(batch.kind), clock.now()
    try:
        actor = replace(acting(batch), address=arguments["actor"]["address"])
        db.session.rollback()
        prepared = importer.prepare(_rows(batch), batch.options, actor, now)
        progress(1, 2)
        with writing() as session:
            again = queries.by_id(session, batch.id, lock=True)
            if again is None or again.state is not BatchState.ACCEPTING:
                session.rollback()
                return Told()
            acting(again)  # asked again: the preparing took its time
            written = importer.write(session, prepared, batch.options, actor, now)
            services.finish(session, actor=actor, now=now, batch=again, written=written)
            session.commit()
    except RuleError as error:
        _note_refused(batch.id, error)
        raise
    return Told("import-written", {"count": f"{written.accepted:,}"})


def _rows(batch: ImportBatch) -> list[Any]:
    try:
        return staging.accepted(staging.folder(instance(), batch.id))
    except FileNotFoundError as error:
        raise RuleError("import-expired") from error


def _note_refused(batch_id: str, error: RuleError) -> None:
    """A rule that forbids the rows now forbids them on the next try as well: the file must be uploaded anew."""
    db.session.rollback()
    with writing() as session:
        if again := queries.by_id(session, batch_id, lock=True):
            services.note_unreadable(session, batch=again, error=error, now=clock.now())
        session.commit()


def _found(batch_id: str) -> ImportBatch:
    """The batch, detached; the transaction that read it is over. Raises RuleError import-missing, so one can retry."""
    set_writing(False)
    session = db.session()
    batch = queries.by_id(session, batch_id)
    if batch is None:
        raise RuleError("import-missing")
    session.expunge(batch)
    session.rollback()
    return batch


@every(_HOUR)
def clear_old() -> None:
    """Delete the files and rows of imports that are past their time."""
    services.clear_old(db.session(), now=clock.now(), instance=instance())
    db.session.commit()
