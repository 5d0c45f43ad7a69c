"""What a feature says about a kind of file that it can take in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer

MEGABYTE = 1024 * 1024


class Mode(StrEnum):
    """`partial`: good rows come in, the others go into a file. `whole`: all rows or none."""

    PARTIAL = "partial"
    WHOLE = "whole"


class Verdict(StrEnum):
    """What will happen to a row."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class RowNote:
    """A code that `Importer.sentence` puts into words, with what the sentence needs."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StagedRow:
    """One record of the file, judged.

    `where` is its place as a person finds it (sheet and row, number); `kind` a short label; `title` what it says.
    `notes` tell why it is left out, or what to look at; `flagged` asks for a look. `payload` is JSON: what the writer
    needs for an accepted row, and what goes into the file of failed rows for another.
    """

    verdict: Verdict
    where: str
    title: str
    kind: str = ""
    flagged: bool = False
    notes: Sequence[RowNote] = ()
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All rows of a file, and what there is to say about the file itself. `extra` is JSON, kept in the summary."""

    rows: Sequence[StagedRow]
    warnings: Sequence[RowNote] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows will go: the options that name it (JSON), its name, and the address of its page."""

    options: dict[str, Any]
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Written:
    """What the write did with the rows it was given."""

    accepted: int
    duplicates: int = 0
    rejected: int = 0


def as_they_are(payloads: Iterable[Any], _options: Mapping[str, Any], _actor: Viewer, _now: datetime) -> list[Any]:
    """The usual `Importer.prepare`: there is nothing to make ready before the write."""
    return list(payloads)


def reasons(row: Any, sentence: Callable[[str, Mapping[str, str]], str]) -> str:
    """All notes of a staged row in words, as a cell of the sheet of those left out."""
    return "；".join(sentence(each["code"], each["params"]) for each in row.notes)


@dataclass(frozen=True, slots=True)
class Importer:
    """A kind of import.

    `check(path, filename)` looks at an upload at once and raises RuleError for what cannot be read at all.
    `parse` is "module:function", run in a guarded process with (path, filename, second path or None, its name or None).
    `known(session, options)` reads what is there already; `judge(parsed, known, options)` touches no database.
    `prepare(payloads, options, actor, now)` makes everything ready without a database, so that
    `write(session, prepared, options, actor, now)` is one short transaction. `target` raises LookupError for a target
    that the viewer may not change. `failed(staged rows)` gives headings and cells of the sheet of those left out.
    `verdicts` are names of verdicts other than the usual ones; `template` is the endpoint of an empty sheet to fill in;
    `next_step` is the (name, endpoint) of what is to be done when the rows are in.
    `formats` has words for the formats that a file may be read in (the judgement's extra "format" names the one taken),
    `format_choices` names those that a person may choose; `parse` is then given the chosen one, or "", as a fifth
    argument.
    """

    kind: str
    label: Any
    permission: Permission
    mode: Mode
    suffixes: Sequence[str]
    parse: str
    check: Callable[[Path, str], Any]
    target: Callable[[Session, Viewer, Mapping[str, Any]], Target]
    known: Callable[[Session, Mapping[str, Any]], Any]
    judge: Callable[[Any, Any, Mapping[str, Any]], Judgement]
    prepare: Callable[[Iterable[Any], Mapping[str, Any], Viewer, datetime], Any]
    write: Callable[[Session, Any, Mapping[str, Any], Viewer, datetime], Written]
    sentence: Callable[[str, Mapping[str, str]], str]
    failed: Callable[[Sequence[Any]], tuple[Sequence[str], Iterable[Sequence[Any]]]]
    help: Any = ""
    second_label: Any = ""
    kinds: Mapping[str, Any] = field(default_factory=dict)
    verdicts: Mapping[Verdict, Any] = field(default_factory=dict)
    template: str = ""
    next_step: tuple[Any, str] | None = None
    formats: Mapping[str, Any] = field(default_factory=dict)
    format_choices: Sequence[str] = ()
    max_bytes: int = 30 * MEGABYTE
    seconds: int = 120
    memory_mb: int = 1024
    # The label of a field to paste text into, where text will do as well as a file.
    pasted: Any = ""


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    """Make a kind of import known, when its feature is loaded."""
    _importers[importer.kind] = importer


def get(kind: str) -> Importer:
    """The importer of a kind. Raises LookupError."""
    if kind not in _importers:
        raise LookupError(kind)
    return _importers[kind]
