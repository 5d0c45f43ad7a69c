"""What can be done with an uploaded file: take it in, read it, accept it, cancel it, clear it away."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.files.guard import run_guarded
from portal.imports import queries, staging
from portal.imports.models import BatchState, ImportBatch
from portal.imports.registry import MEGABYTE, Importer, Judgement, Mode, Target, Verdict, Written

KEEP = timedelta(days=7)
_NAME_LENGTH = 200
_BLOCK = 1024 * 1024

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives: its name, and what writes it to a path."""

    name: str
    save: Callable[[Path], Any]

    @property
    def plain_name(self) -> str:
        """The name without folders that some browsers send, from the end where it is too long."""
        return self.name.replace("\\", "/").rsplit("/", 1)[-1].strip()[-_NAME_LENGTH:] or "file"


def receive(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    instance: Path,
    importer: Importer,
    target: Target,
    first: Upload,
    second: Upload | None = None,
    format_: str = "",
) -> ImportBatch:
    """Keep an upload in a private folder and note it.

    Raises the RuleError of the importer's check, or import-too-big; nothing is kept then.
    """
    batch_id = str(uuid.uuid4())
    place = staging.make(instance, batch_id)
    try:
        _keep(importer, first, place / staging.SOURCE)
        if second is not None:
            _keep(importer, second, place / staging.SECOND)
    except BaseException:
        staging.remove(instance, batch_id)
        raise
    source = place / staging.SOURCE
    batch = ImportBatch(
        id=batch_id,
        kind=importer.kind,
        owner_id=actor.id or 0,
        filename=first.plain_name,
        second_name=second.plain_name if second else "",
        size=source.stat().st_size,
        sha256=_sha256(source),
        options={**target.options, "format": format_} if format_ else target.options,
        summary={},
        created_at=now,
    )
    session.add(batch)
    record(session, actor=actor, at=now, action="import.upload", row=batch, label=batch.filename)
    return batch


def _keep(importer: Importer, upload: Upload, path: Path) -> None:
    upload.save(path)
    if path.stat().st_size > importer.max_bytes:
        raise RuleError("import-too-big", limit=importer.max_bytes // MEGABYTE)
    importer.check(path, upload.plain_name)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def parse(importer: Importer, batch: ImportBatch, place: Path, progress: Progress | None) -> Any:
    """Read the file in a guarded process. Raises RuleError; needs no database."""
    second = place / staging.SECOND
    answers = [str(second), batch.second_name] if batch.second_name else [None, None]
    arguments = [str(place / staging.SOURCE), batch.filename, *answers]
    if importer.format_choices:
        arguments.append(batch.options.get("format", ""))
    return run_guarded(
        importer.parse, arguments, seconds=importer.seconds, memory_mb=importer.memory_mb, on_progress=progress
    )


def remember_job(session: Session, *, batch: ImportBatch, job_id: str) -> None:
    """Note which job is at work on the batch."""
    batch.job_id = job_id
    session.flush()


def summary_of(judgement: Judgement) -> dict[str, Any]:
    """The counts of a judged file; found = accepted + duplicates + rejected."""
    verdicts = [row.verdict for row in judgement.rows]
    return {
        "found": len(verdicts),
        "accepted": verdicts.count(Verdict.ACCEPTED),
        "duplicates": verdicts.count(Verdict.DUPLICATE),
        "rejected": verdicts.count(Verdict.REJECTED),
        "flagged": sum(row.flagged for row in judgement.rows),
        "warnings": [{"code": note.code, "params": dict(note.params)} for note in judgement.warnings],
        **judgement.extra,
    }


def note_reading(session: Session, *, batch: ImportBatch) -> None:
    """A file that could not be read is being read again."""
    batch.state = BatchState.READING
    batch.summary = {}
    batch.decided_at = None
    session.flush()


def note_read(session: Session, *, batch: ImportBatch, summary: Mapping[str, Any]) -> None:
    """The rows are judged and wait for a decision."""
    batch.state = BatchState.READY
    batch.summary = dict(summary)
    session.flush()


def note_unreadable(session: Session, *, batch: ImportBatch, error: RuleError, now: datetime) -> None:
    """The file could not be read."""
    batch.state = BatchState.FAILED
    batch.summary = {"error": {"code": error.code, "params": {key: str(value) for key, value in error.params.items()}}}
    batch.decided_at = now
    session.flush()


def accept(session: Session, *, importer: Importer, batch: ImportBatch, now: datetime) -> None:
    """Decide to take the good rows in. Asked twice, it changes nothing.

    Raises RuleError import-nothing-good, import-not-whole, import-expired or import-not-ready.
    """
    if batch.state in {BatchState.ACCEPTING, BatchState.ACCEPTED}:
        return
    if batch.removed_at is not None:
        raise RuleError("import-expired")
    if batch.state is not BatchState.READY:
        raise RuleError("import-not-ready")
    if not batch.summary["accepted"]:
        raise RuleError("import-nothing-good")
    if importer.mode is Mode.WHOLE and batch.summary["rejected"]:
        raise RuleError("import-not-whole", count=batch.summary["rejected"])
    batch.state = BatchState.ACCEPTING
    batch.decided_at = now
    session.flush()


def finish(session: Session, *, actor: Viewer, now: datetime, batch: ImportBatch, written: Written) -> None:
    """The rows are in, in the same transaction; what others added since the preview counts as duplicate or rejected."""
    seen = batch.summary
    result = {
        "accepted": written.accepted,
        "duplicates": seen["duplicates"] + written.duplicates,
        "rejected": seen["rejected"] + written.rejected,
    }
    batch.state = BatchState.ACCEPTED
    batch.summary = {**seen, "result": result}
    record(
        session,
        actor=actor,
        at=now,
        action="import.accept",
        row=batch,
        label=batch.filename,
        found=seen["found"],
        **result,
    )


def cancel(session: Session, *, actor: Viewer, now: datetime, instance: Path, batch: ImportBatch) -> None:
    """Take nothing in and delete the file. Raises RuleError("import-not-ready") once it is being taken in."""
    if batch.state is BatchState.CANCELLED:
        return
    if batch.state not in {BatchState.READING, BatchState.READY, BatchState.FAILED}:
        raise RuleError("import-not-ready")
    batch.state = BatchState.CANCELLED
    batch.decided_at = batch.removed_at = now
    record(session, actor=actor, at=now, action="import.cancel", row=batch, label=batch.filename)
    staging.remove(instance, batch.id)


def clear_old(session: Session, *, now: datetime, instance: Path) -> int:
    """Delete what has been left alone on the disk for longer than KEEP; gives the number of batches."""
    old = queries.expired(session, now - KEEP)
    for batch in old:
        staging.remove(instance, batch.id)
        batch.removed_at = now
        if batch.state in {BatchState.READY, BatchState.READING, BatchState.ACCEPTING}:
            batch.state = BatchState.CANCELLED
            batch.decided_at = now
    session.flush()
    return len(old)
