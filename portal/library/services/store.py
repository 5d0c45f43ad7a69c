"""Bringing a document that was read into the library: one regulation, its versions, never the same text twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core.viewer import Viewer
from portal.library import index
from portal.library.importers.model import Document, Warning_
from portal.library.models import Provision, ProvisionKind, Regulation, RegulationVersion
from portal.library.queries import regulations as queries
from portal.library.rules.dates import Basis
from portal.library.rules.search import fold, searchable, tokens_of
from portal.library.rules.titles import guess_kind, title_key

# Any number will do, as long as nothing else takes it: writers of the library wait for each other on PostgreSQL.
_LOCK = 4_201_035
_TITLE = 200


class Outcome(StrEnum):
    """What became of a document."""

    REGULATION = "regulation"
    VERSION = "version"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with everything computed that takes time: its rows and their tokens."""

    document: Document
    key: str
    content_hash: str
    rows: Sequence[Mapping[str, Any]]
    texts: Sequence[str]
    tokens: Sequence[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a write did."""

    outcome: Outcome
    regulation_id: int
    version_id: int
    articles: int
    warnings: tuple[Warning_, ...] = ()


def prepare(document: Document) -> Prepared:
    """Compute rows and tokens, without a database."""
    rows = [
        {
            "position": position,
            "kind": ProvisionKind(piece.kind),
            "address": piece.address,
            "number": piece.number,
            "sub": piece.sub,
            "label": piece.label[:50],
            "heading": piece.heading,
            "path": piece.path,
            "text": piece.text,
            "span": piece.span,
        }
        for position, piece in enumerate(document.pieces, 1)
    ]
    texts = [searchable(str(row["label"]), str(row["heading"]), str(row["text"])) for row in rows]
    key = title_key(document.title)[:_TITLE]
    return Prepared(document, key, document.content_hash, rows, texts, [" ".join(tokens_of(words)) for words in texts])


def store(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    prepared: Prepared,
    is_digest: bool = False,
    audit: bool = True,
) -> Stored:
    """Write a document: as a new regulation, as another version of one, or not at all where its text is there already.

    The last also for the same text under another date; a warning says so.
    """
    if not index.is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = session.scalar(select(Regulation).where(Regulation.title_key == prepared.key))
    versions = queries.versions(session, found.id) if found else []
    same = next((each for each in versions if each.content_hash == prepared.content_hash), None)
    if found and same:
        return Stored(Outcome.KNOWN, found.id, same.id, 0, _told(prepared.document, same))
    regulation = found or _new_regulation(session, now, prepared)
    version = _new_version(session, actor, now, prepared, regulation, is_digest=is_digest)
    _add_provisions(session, version, prepared)
    if not is_digest:
        shelve_digests(session, [each for each in versions if each.is_digest and not each.shelved])
    if audit:
        note(
            session,
            actor=actor,
            at=now,
            action="regulation.import",
            subject=("regulations", str(regulation.id), regulation.title),
            version=version.id,
            articles=version.article_count,
            source=version.source,
        )
    outcome = Outcome.VERSION if found else Outcome.REGULATION
    warnings = _same_date(prepared.document, [each for each in versions if not each.is_digest])
    return Stored(outcome, regulation.id, version.id, version.article_count, warnings)


def _told(document: Document, same: RegulationVersion) -> tuple[Warning_, ...]:
    if document.as_of != same.as_of:
        return (Warning_("same-text-other-date", f"{document.as_of or '-'} / {same.as_of or '-'}"),)
    return (Warning_("known"),)


def _same_date(document: Document, versions: Sequence[RegulationVersion]) -> tuple[Warning_, ...]:
    if document.as_of and any(each.as_of == document.as_of for each in versions):
        return (Warning_("same-date-other-text", document.as_of.isoformat()),)
    return ()


def _new_regulation(session: Session, now: datetime, prepared: Prepared) -> Regulation:
    title = prepared.document.title
    regulation = Regulation(
        title=title,
        title_key=prepared.key,
        aliases=[],
        folded=fold(title),
        kind=guess_kind(title, "\n".join(prepared.document.date_lines)),
        topics=[],
        created_at=now,
        updated_at=now,
    )
    session.add(regulation)
    session.flush()
    index.add(session, index.OTHERS, [index.entry(-regulation.id, title)])
    return regulation


def _new_version(
    session: Session, actor: Viewer, now: datetime, prepared: Prepared, regulation: Regulation, *, is_digest: bool
) -> RegulationVersion:
    document = prepared.document
    version = RegulationVersion(
        regulation_id=regulation.id,
        as_of=document.as_of,
        adopted_on=document.adopted_on,
        published_on=document.published_on,
        in_force_from=document.in_force_from,
        basis=Basis(document.basis),
        is_digest=is_digest,
        date_lines=list(document.date_lines),
        source=document.source[-_TITLE:],
        content_hash=prepared.content_hash,
        article_count=document.article_count,
        imported_by=actor.id,
        created_at=now,
    )
    session.add(version)
    session.flush()
    return version


def _add_provisions(session: Session, version: RegulationVersion, prepared: Prepared) -> None:
    """Insert the provisions under an unbroken row of numbers, and put them into the index."""
    first = (session.scalar(select(func.max(Provision.id))) or 0) + 1
    rows = [{"id": first + at, "version_id": version.id, **row} for at, row in enumerate(prepared.rows)]
    if rows:
        session.execute(insert(Provision), rows)
    version.first_id, version.last_id = first, first + len(rows) - 1
    session.flush()
    for name, articles in ((index.ARTICLES, True), (index.OTHERS, False)):
        entries = [
            index.Entry(row["id"], words, tokens)
            for row, words, tokens in zip(rows, prepared.texts, prepared.tokens, strict=True)
            if (row["kind"] is ProvisionKind.ARTICLE) is articles
        ]
        index.add(session, name, entries)


def shelve_digests(session: Session, digests: Sequence[RegulationVersion]) -> None:
    """Keep digests from searches, now that the text itself is there."""
    for version in digests:
        version.shelved = True
        for piece in queries.provisions(session, version.id):
            name = index.ARTICLES if piece.kind is ProvisionKind.ARTICLE else index.OTHERS
            index.remove(session, name, [index.entry(piece.id, searchable(piece.label, piece.heading, piece.text))])
    session.flush()
