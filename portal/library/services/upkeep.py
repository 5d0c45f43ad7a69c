"""Correcting what the library says about a regulation and its versions; the text itself never changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.library import index
from portal.library.models import Regulation, RegulationVersion
from portal.library.queries import regulations as queries
from portal.library.rules.dates import dates_in_order
from portal.library.rules.search import fold
from portal.library.rules.titles import RegulationKind, clean_title, title_key


def update_regulation(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    regulation: Regulation,
    title: str,
    aliases: Sequence[str],
    kind: RegulationKind,
    issuing_bodies: str,
    number: str,
    topics: Sequence[str],
) -> None:
    """Change what is said about a work. Raises RuleError title-empty or title-taken."""
    plain = clean_title(title)
    if not title_key(plain):
        raise RuleError("title-empty")
    other = queries.by_title(session, plain)
    if other is not None and other.id != regulation.id:
        raise RuleError("title-taken", title=plain)
    before = regulation.folded
    regulation.title, regulation.title_key = plain, title_key(plain)
    regulation.aliases = _kept(aliases)
    regulation.folded = fold("\n".join([plain, *regulation.aliases]))
    regulation.kind, regulation.issuing_bodies, regulation.number = kind, issuing_bodies, number
    regulation.topics = _kept(topics)
    regulation.updated_at = now
    if regulation.folded != before:
        index.remove(session, index.OTHERS, [index.entry(-regulation.id, before)])
        index.add(session, index.OTHERS, [index.entry(-regulation.id, regulation.folded)])
    record(session, actor=actor, at=now, action="regulation.update", row=regulation, label=plain)


def _kept(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word.strip()[:100] for word in words if word.strip()))[:20]


def settle_version(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    version: RegulationVersion,
    adopted_on: date | None,
    published_on: date | None,
    in_force_from: date | None,
    repealed_on: date | None,
    source: str,
    source_date: date | None,
) -> None:
    """Confirm the dates of a version, changed or as they were proposed. Raises RuleError repealed-before-force."""
    if not dates_in_order(adopted=adopted_on, in_force_from=in_force_from, repealed_on=repealed_on):
        raise RuleError("repealed-before-force")
    version.adopted_on, version.published_on = adopted_on, published_on
    version.as_of = max(filter(None, (adopted_on, published_on)), default=None)
    version.in_force_from, version.repealed_on = in_force_from, repealed_on
    version.source, version.source_date = source, source_date
    version.confirmed_by, version.confirmed_at = actor.id, now
    regulation = queries.regulation(session, version.regulation_id)
    label = f"{regulation.title} {version.as_of or ''}".strip() if regulation else ""
    record(session, actor=actor, at=now, action="regulation-version.update", row=version, label=label)
