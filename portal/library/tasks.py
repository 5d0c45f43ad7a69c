"""The bulk import: many files, each in a short write of its own, with a report of what became of every one."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

from portal.config import make_private
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.extensions import db, writing
from portal.files.guard import run_guarded
from portal.jobs.progress import Progress
from portal.jobs.queue import task
from portal.jobs.telling import Told
from portal.jobs.ticks import every
from portal.library.importers import MAX_BYTES
from portal.library.importers.model import Document, Warning_
from portal.library.importing import MEMORY_MB, PARSE_MANY, SECONDS
from portal.library.queries import regulations as queries
from portal.library.services.store import Outcome, Prepared, Stored, prepare, store
from portal.web.errors import explain

BULK = "library.bulk"
REPORT, MANIFEST = "report.json", "files.json"
KEEP = timedelta(days=7)
_AT_ONCE = 40
_BYTES_AT_ONCE = 3_000_000
_HOUR = 3600
_LONGEST_PAUSE = 0.2


@dataclass(slots=True)
class Report:
    """What a bulk import did. `failed` and `warnings` name files as the reader knows them."""

    files: int = 0
    documents: int = 0
    regulations: int = 0
    versions: int = 0
    articles: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)

    def fail(self, name: str, error: RuleError) -> None:
        """Note a file that could not be read."""
        self.failed.append({"file": name, "kind": error.code, "detail": explain(error)})
        self.items.append({"file": name, "outcome": "failed", "title": explain(error), "articles": 0, "id": None})

    def take(self, name: str, document: Document, done: Stored) -> None:
        """Note a document that was read."""
        self.documents += 1
        self.regulations += done.outcome is Outcome.REGULATION
        self.versions += done.outcome is not Outcome.KNOWN
        self.articles += done.articles
        told = [*document.warnings, *done.warnings]
        self.warnings += [{"file": name, "kind": each.kind, "detail": each.detail} for each in told]
        self.items.append(
            {
                "file": name,
                "outcome": done.outcome.value,
                "title": document.title,
                "articles": document.article_count,
                "id": done.regulation_id or None,
            }
        )


def folder_of(job: str) -> Path:
    """The private folder of a bulk import."""
    base: Path = current_app.config["PORTAL"].instance / "library-imports"
    return base / job


def make_folder(name: str) -> Path:
    """A new private folder."""
    made = folder_of(name)
    make_private(made.parent)
    make_private(made)
    return made


def write_manifest(place: Path, files: Sequence[tuple[str, str]], warnings: Sequence[Mapping[str, str]] = ()) -> None:
    """Write down the files to import: (path, name as the reader knows it)."""
    text = json.dumps({"files": files, "warnings": list(warnings)}, ensure_ascii=False)
    (place / MANIFEST).write_text(text, encoding="utf-8")


def read_report(name: str) -> dict[str, Any] | None:
    """The report of a bulk import, None where there is none (any more)."""
    path = folder_of(name) / REPORT
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


@task(BULK, _l("导入法规"))
def bulk(arguments: dict[str, Any], progress: Progress) -> Told:
    """Import the files of a folder's manifest. Twice gives the same: what is there already stays as it is."""
    place = folder_of(arguments["folder"])
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    actor = Viewer(**arguments["actor"], permissions=frozenset())
    db.session.rollback()
    report = run(manifest["files"], actor=actor, dry_run=arguments["dry_run"], progress=progress)
    report.warnings = [*manifest["warnings"], *report.warnings]
    (place / REPORT).write_text(json.dumps(asdict(report), ensure_ascii=False), encoding="utf-8")
    return Told("library-imported", {"files": report.files, "versions": report.versions})


def run(files: Sequence[Sequence[str]], *, actor: Viewer, dry_run: bool, progress: Progress) -> Report:
    """Read and write file after file; memory holds one handful at a time."""
    report, seen = Report(files=len(files)), _Seen()
    done = 0
    for some in _handfuls(files):
        for name, found in _parsed(some):
            if isinstance(found, RuleError):
                report.fail(name, found)
            else:
                take = seen.judge if dry_run else _write
                found.source = Path(name).name
                report.take(name, found, take(prepare(found), actor))
            done += 1
            progress(done, len(files))
    return report


def _write(prepared: Prepared, actor: Viewer) -> Stored:
    """One document in one short transaction, and then as long a pause, so that whoever waits to save gets a turn."""
    begun = time.monotonic()
    with writing() as session:
        stored = store(session, actor=actor, now=clock.now(), prepared=prepared)
        session.commit()
        session.expunge_all()
    time.sleep(min(time.monotonic() - begun, _LONGEST_PAUSE))
    return stored


class _Seen:
    """What a dry run would have written so far."""

    def __init__(self) -> None:
        self.hashes: dict[str, set[str]] = {}

    def judge(self, prepared: Prepared, _actor: Viewer) -> Stored:
        """What a write would do."""
        session = db.session()
        if prepared.key not in self.hashes:
            self.hashes[prepared.key] = queries.known_hashes(session, prepared.key)
            session.rollback()
        there = self.hashes[prepared.key]
        if prepared.content_hash in there:
            return Stored(Outcome.KNOWN, 0, 0, 0, (Warning_("known"),))
        outcome = Outcome.VERSION if there else Outcome.REGULATION
        there.add(prepared.content_hash)
        return Stored(outcome, 0, 0, prepared.document.article_count)


Pair = tuple[str, Document | RuleError]


def _handfuls(files: Sequence[Sequence[str]]) -> Iterator[list[tuple[str, str]]]:
    """Files in groups that one guarded process reads at once."""
    some: list[tuple[str, str]] = []
    size = 0
    for path, name in files:
        length = Path(path).stat().st_size if Path(path).is_file() else 0
        if some and (len(some) >= _AT_ONCE or size + length > _BYTES_AT_ONCE):
            yield some
            some, size = [], 0
        some.append((path, name))
        size += min(length, MAX_BYTES)
    if some:
        yield some


def _parsed(some: Sequence[tuple[str, str]]) -> Iterator[Pair]:
    """Each file's document, or why there is none. A file that takes the process down is read again alone."""
    try:
        answers = _guarded([path for path, _name in some])
    except RuleError as error:
        if len(some) == 1:
            yield some[0][1], error
        else:
            for each in some:
                yield from _parsed([each])
        return
    for (_path, name), answer in zip(some, answers, strict=True):
        yield name, _answered(answer)


def _guarded(paths: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_guarded(PARSE_MANY, [paths], seconds=SECONDS, memory_mb=MEMORY_MB)
    return found


def _answered(answer: dict[str, Any]) -> Document | RuleError:
    return RuleError(answer["code"], **answer["params"]) if "code" in answer else Document.from_dict(answer)


Echo = Callable[[str], None]


@every(_HOUR)
def clear_old() -> None:
    """Delete the files and reports of bulk imports that are past their time."""
    base = folder_of("x").parent
    limit = (clock.now() - KEEP).timestamp()
    for place in base.glob("*") if base.exists() else ():
        if place.stat().st_mtime < limit:
            shutil.rmtree(place, ignore_errors=True)
