"""Regulations on the command line: import, search, show."""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import system_viewer
from portal.extensions import db
from portal.jobs import queue
from portal.jobs.store import JobState, JobStore, store
from portal.jobs.telling import in_words
from portal.library import tasks
from portal.library.importers import SUFFIXES
from portal.library.models import Provision, Regulation, RegulationVersion
from portal.library.queries import regulations as queries
from portal.library.queries import search as searching
from portal.library.rules.dates import status_of
from portal.library.rules.numbers import read_article
from portal.library.words import STATUS_LABELS, warning_text
from portal.web.commands import clear_errors

regulations = AppGroup("regulations", help="The regulation library: import, search, show.")

# Old Word files and PDFs are reported as such; pictures and the like beside the texts are passed over.
_TAKEN = {*SUFFIXES, ".doc", ".pdf", ".docm"}
_SHOWN = 30
_LOOK = 0.5


@regulations.command("import")
@click.argument("paths", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@clear_errors
def import_(paths: tuple[str, ...], *, dry_run: bool, as_json: bool) -> None:
    """Bring files, and all files in folders, into the library: .md, .txt, .docx.

    Counts are of what is new: a second run adds nothing.
    """
    report = import_paths(paths, dry_run=dry_run)
    report.pop("items")
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for line in _lines(report, dry_run=dry_run):
        click.echo(line)


def import_paths(paths: tuple[str, ...], *, dry_run: bool) -> dict[str, Any]:
    """Run a bulk import as a job in this process and give its report. Raises RuleError where the job broke off."""
    folder = str(uuid.uuid4())
    place = tasks.make_folder(folder)
    found = list(_files(paths))
    files = [(str(path.resolve()), name) for path, name in found if path.suffix.lower() in _TAKEN or not path.is_file()]
    taken = {name for _path, name in files}
    passed = [{"file": name, "kind": "skipped", "detail": ""} for _path, name in found if name not in taken]
    tasks.write_manifest(place, files, passed)
    jobs, name = store(), system_viewer().name
    asked = {"folder": folder, "dry_run": dry_run, "actor": {"id": None, "name": name}}
    job = jobs.add(tasks.BULK, asked, owner_id=None, owner_name=name, back_url="")
    over = threading.Event()
    watcher = threading.Thread(target=_show_progress, args=(jobs, job.id, over))
    watcher.start()
    try:
        queue.run(job.id)
        # A worker that started this very moment may have taken it.
        while not jobs.get(job.id).finished:
            time.sleep(_LOOK)
    finally:
        over.set()
        watcher.join()
    ended = jobs.get(job.id)
    if ended.state is not JobState.DONE:
        raise click.ClickException(in_words(ended.message))
    return tasks.read_report(folder) or {}


def _files(paths: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """(path, name to show) of every file named, folders gone through in the order of names."""
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = (each for each in sorted(path.rglob("*")) if each.is_file())
            for each in inside:
                if not any(part.startswith(".") for part in each.relative_to(path).parts):
                    yield each, each.relative_to(path).as_posix()
        else:
            yield path, path.name


def _show_progress(jobs: JobStore, job_id: str, over: threading.Event) -> None:
    shown = ""
    while True:
        finished = over.wait(_LOOK)
        job = jobs.get(job_id)
        line = f"{job.done} / {job.total}"
        if job.total and line != shown:
            end = "\n" if finished else "\r"
            sys.stderr.write(f"{line} ({job.percent}%){end}" if sys.stderr.isatty() else f"{line}\n")
            sys.stderr.flush()
            shown = line
        if finished:
            return


def _lines(report: dict[str, Any], *, dry_run: bool) -> Iterator[str]:
    yield (
        f"文件 {report['files']}，读出 {report['documents']}，新法规 {report['regulations']}，"
        f"新文本 {report['versions']}，条文 {report['articles']}，没有导入 {len(report['failed'])}"
    )
    yield (
        f"files {report['files']}, documents {report['documents']}, new regulations {report['regulations']}, "
        f"new versions {report['versions']}, articles {report['articles']}, failed {len(report['failed'])}"
    )
    for each in report["failed"]:
        yield f"  × {each['file']}：{each['detail']}"
    for each in report["warnings"][:_SHOWN]:
        yield f"  ! {each['file']}：{warning_text(each['kind'], each['detail'])}"
    if len(report["warnings"]) > _SHOWN:
        yield f"  …… {len(report['warnings']) - _SHOWN}"
    if dry_run:
        yield "试运行，没有写入。 Dry run: nothing was written."


@regulations.command("search")
@click.argument("query")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0, 1_000_000))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@clear_errors
def search(query: str, limit: int, *, as_json: bool) -> None:
    """Find the articles that hold QUERY; punctuation and blanks in it separate words that must all be there."""
    found = searching.search(db.session(), query, clock.today(), limit=limit, exact=True)
    hits = [
        {
            "regulation": hit.regulation,
            "version": hit.as_of.isoformat() if hit.as_of else "",
            "article": hit.label,
            "excerpt": hit.plain,
        }
        for hit in found.hits
    ]
    if as_json:
        click.echo(json.dumps({"total": found.total, "hits": hits}, ensure_ascii=False))
        return
    click.echo(f"{found.total} 条 articles")
    for each in hits:
        click.echo(f"《{each['regulation']}》（{each['version'] or '—'}）{each['article']}　{each['excerpt']}")


@regulations.command("show")
@click.argument("title")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The text in force on this day; today if not given."
)
@click.option("--article", help="One article alone: 35, 120-1 or 第三十五条.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@clear_errors
def show(title: str, day: Any, article: str | None, *, as_json: bool) -> None:
    """Print the regulation TITLE, or one article of it, as it holds on a day."""
    on = day.date() if day else clock.today()
    regulation, version, pieces = _wanted(title, on, article)
    status = status_of(version, queries.versions(db.session(), regulation.id), on)
    if as_json:
        click.echo(json.dumps(_as_json(regulation, version, pieces, status.value), ensure_ascii=False))
        return
    digest = "（要点，非原文 digest）" if version.is_digest else ""
    click.echo(f"《{regulation.title}》{digest} {version.as_of or ''} {STATUS_LABELS[status.value]}")
    for piece in pieces:
        words = " ".join(filter(None, [piece.label, piece.heading, piece.text]))
        click.echo(words)


def _wanted(title: str, on: date, article: str | None) -> tuple[Regulation, RegulationVersion, list[Provision]]:
    """Raises RuleError regulation-missing, version-missing, article-unreadable or article-missing."""
    session = db.session()
    regulation = queries.by_title(session, title)
    if regulation is None:
        raise RuleError("regulation-missing", title=title)
    version = queries.version_on(session, regulation.id, on)
    if version is None:
        raise RuleError("version-missing", title=regulation.title, day=on)
    if article is None:
        return regulation, version, queries.provisions(session, version.id)
    try:
        number = read_article(article)
    except ValueError as error:
        raise RuleError("article-unreadable", article=article) from error
    piece = queries.article(session, version.id, number)
    if piece is None:
        raise RuleError("article-missing", title=regulation.title, article=number.label)
    return regulation, version, [piece]


def _as_json(
    regulation: Regulation, version: RegulationVersion, pieces: list[Provision], status: str
) -> dict[str, Any]:
    def iso(day: date | None) -> str:
        return day.isoformat() if day else ""

    return {
        "regulation": regulation.title,
        "version": iso(version.as_of),
        "in_force_from": iso(version.in_force_from),
        "confirmed": version.confirmed_at is not None,
        "status": status,
        "digest": version.is_digest,
        "provisions": [
            {"address": each.address, "label": each.label, "heading": each.heading, "text": each.text}
            for each in pieces
        ],
    }
