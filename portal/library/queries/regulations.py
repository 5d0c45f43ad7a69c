"""SELECTs of regulations, their versions and provisions, and what a status is in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import User
from portal.library.models import ArticleNote, Provision, ProvisionKind, Regulation, RegulationVersion
from portal.library.rules.compare import Article
from portal.library.rules.dates import VersionStatus, resolve
from portal.library.rules.numbers import ArticleNumber
from portal.library.rules.titles import title_key

_LATER = aliased(RegulationVersion)
_EARLIEST = date(1, 1, 1)


def has_topic(topic: str) -> ColumnElement[bool]:
    """The condition that a regulation has a topic; the list is kept as JSON text, each topic in quotes."""
    return cast(Regulation.topics, Text).contains(json.dumps(topic), autoescape=True)


def _superseded(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Whether a later version of the same sort has come into force by the day; as `rules.dates.in_order` sorts."""
    return exists().where(
        _LATER.regulation_id == RegulationVersion.regulation_id,
        _LATER.is_digest == RegulationVersion.is_digest,
        _LATER.in_force_from <= day,
        or_(
            _LATER.in_force_from > RegulationVersion.in_force_from,
            and_(_LATER.in_force_from == RegulationVersion.in_force_from, _LATER.id > RegulationVersion.id),
        ),
    )


def status_on(day: date | ColumnElement[date]) -> ColumnElement[str]:
    """`rules.dates.status_of` in SQL."""
    return case(
        (RegulationVersion.repealed_on <= day, VersionStatus.REPEALED.value),
        (RegulationVersion.in_force_from.is_(None), VersionStatus.UNDATED.value),
        (RegulationVersion.in_force_from > day, VersionStatus.PENDING.value),
        (_superseded(day), VersionStatus.AMENDED.value),
        else_=VersionStatus.IN_FORCE.value,
    )


def holds_on(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Whether a version is in force."""
    return status_on(day) == VersionStatus.IN_FORCE.value


def _current_id(day: date) -> Any:
    """The id of the version that a list shows: the one in force, or else the last that came in."""
    each = aliased(RegulationVersion)
    begun = case((each.in_force_from <= day, 1), else_=0)
    return (
        select(each.id)
        .where(each.regulation_id == Regulation.id)
        .order_by(each.is_digest, begun.desc(), func.coalesce(each.in_force_from, _EARLIEST).desc(), each.id.desc())
        .limit(1)
        .correlate(Regulation)
        .scalar_subquery()
    )


def listed(day: date) -> Select[Any]:
    """The list of regulations, each with the version that one would read on the day."""
    versions = (
        select(func.count())
        .where(_LATER.regulation_id == Regulation.id, _LATER.shelved.is_(False))
        .correlate(Regulation)
        .scalar_subquery()
    )
    return (
        select(
            Regulation.id,
            Regulation.title,
            Regulation.kind,
            Regulation.issuing_bodies,
            Regulation.topics,
            RegulationVersion.as_of,
            RegulationVersion.in_force_from,
            RegulationVersion.confirmed_at,
            RegulationVersion.article_count,
            RegulationVersion.is_digest,
            status_on(day).label("status"),
            versions.label("versions"),
        )
        .select_from(Regulation)
        .join(RegulationVersion, RegulationVersion.id == _current_id(day))
    )


def topics(session: Session) -> list[str]:
    """All topics in use."""
    rows = session.scalars(select(Regulation.topics).where(cast(Regulation.topics, Text) != "[]"))
    return sorted({str(topic) for row in rows for topic in row})


def regulation(session: Session, regulation_id: int) -> Regulation | None:
    """A regulation by id."""
    return session.get(Regulation, regulation_id)


def by_title(session: Session, title: str) -> Regulation | None:
    """A regulation by its title in any of its ways of being written, or by an alias."""
    key = title_key(title)
    if (found := session.scalar(select(Regulation).where(Regulation.title_key == key))) is not None:
        return found
    quoted = json.dumps(key)
    return session.scalar(
        select(Regulation)
        .where(cast(Regulation.aliases, Text).contains(quoted, autoescape=True))
        .order_by(Regulation.id)
        .limit(1)
    )


def titled(session: Session, titles: Iterable[str]) -> dict[str, int]:
    """{title as it was asked for: regulation id} of those that the library has under their title or an alias.

    One statement, and a second one where something is not found by its title.
    """
    keys = {title: title_key(title) for title in titles}
    rows = session.execute(
        select(Regulation.title_key, Regulation.id).where(Regulation.title_key.in_(sorted(set(keys.values()))))
    )
    known = {row[0]: row[1] for row in rows}
    if wanted := set(keys.values()) - known.keys():
        known |= _by_alias(session, wanted)
    return {title: known[key] for title, key in keys.items() if key in known}


def _by_alias(session: Session, wanted: set[str]) -> dict[str, int]:
    """{key: regulation id} of the keys that are an alias; the older regulation where two have it."""
    rows = session.execute(
        select(Regulation.id, Regulation.aliases)
        .where(cast(Regulation.aliases, Text) != "[]")
        .order_by(Regulation.id.desc())
    )
    return {key: row.id for row in rows for key in map(title_key, row.aliases) if key in wanted}


def titles_like(session: Session, runs: Sequence[str], limit: int = 8) -> list[Row[Any]]:
    """(id, title, kind) of regulations whose title or alias holds the query, the shortest title first."""
    if not runs:
        return []
    found = select(Regulation.id, Regulation.title, Regulation.kind).where(
        *(Regulation.folded.contains(run, autoescape=True) for run in runs)
    )
    return list(session.execute(found.order_by(func.length(Regulation.title), Regulation.id).limit(limit)))


def versions(session: Session, regulation_id: int) -> list[RegulationVersion]:
    """All versions of a regulation, the latest first."""
    return list(
        session.scalars(
            select(RegulationVersion)
            .where(RegulationVersion.regulation_id == regulation_id)
            .order_by(func.coalesce(RegulationVersion.in_force_from, _EARLIEST).desc(), RegulationVersion.id.desc())
        )
    )


def versions_of(session: Session, regulation_ids: Iterable[int]) -> dict[int, list[RegulationVersion]]:
    """{regulation: its versions} of several at once."""
    found: dict[int, list[RegulationVersion]] = {}
    for each in session.scalars(
        select(RegulationVersion).where(RegulationVersion.regulation_id.in_(sorted(set(regulation_ids))))
    ):
        found.setdefault(each.regulation_id, []).append(each)
    return found


def addresses(session: Session, version_ids: Iterable[int]) -> dict[int, set[str]]:
    """{version: the addresses of its articles} of several at once."""
    found: dict[int, set[str]] = {}
    for row in session.execute(
        select(Provision.version_id, Provision.address).where(
            Provision.version_id.in_(sorted(set(version_ids))), Provision.kind == ProvisionKind.ARTICLE
        )
    ):
        found.setdefault(row.version_id, set()).add(row.address)
    return found


def version(session: Session, version_id: int) -> RegulationVersion | None:
    """A version by id."""
    return session.get(RegulationVersion, version_id)


def version_on(session: Session, regulation_id: int, day: date) -> RegulationVersion | None:
    """The version that holds on a day."""
    return resolve(versions(session, regulation_id), day)


def provisions(session: Session, version_id: int) -> list[Provision]:
    """The whole text of a version, in order."""
    return list(
        session.scalars(select(Provision).where(Provision.version_id == version_id).order_by(Provision.position))
    )


def articles(session: Session, version_id: int) -> list[Article]:
    """The articles of a version, and whatever else has text, for a comparison."""
    rows = session.execute(
        select(Provision.address, Provision.label, Provision.heading, Provision.text)
        .where(Provision.version_id == version_id, Provision.text != "")
        .order_by(Provision.position)
    )
    return [Article(row.address, row.label or row.heading, row.text) for row in rows]


def article(session: Session, version_id: int, number: ArticleNumber) -> Provision | None:
    """An article of a version."""
    return session.scalar(
        select(Provision).where(
            Provision.version_id == version_id,
            Provision.kind == ProvisionKind.ARTICLE,
            Provision.address == number.address,
        )
    )


def provision_of(session: Session, regulation_id: int, provision_id: int) -> Provision | None:
    """A provision of one of a regulation's versions."""
    return session.scalar(
        select(Provision)
        .join(RegulationVersion, RegulationVersion.id == Provision.version_id)
        .where(Provision.id == provision_id, RegulationVersion.regulation_id == regulation_id)
    )


def known_hashes(session: Session, key: str) -> set[str]:
    """The content hashes of the versions of the regulation with a title key."""
    return set(
        session.scalars(
            select(RegulationVersion.content_hash)
            .join(Regulation, Regulation.id == RegulationVersion.regulation_id)
            .where(Regulation.title_key == key)
        )
    )


def notes(session: Session, user_id: int, regulation_id: int) -> list[tuple[ArticleNote, str]]:
    """A person's notes on a regulation, and those that others share, by address and age."""
    rows = session.execute(
        select(ArticleNote, User.name)
        .join(User, User.id == ArticleNote.user_id)
        .where(
            ArticleNote.regulation_id == regulation_id,
            or_(ArticleNote.user_id == user_id, ArticleNote.shared.is_(True)),
        )
        .order_by(ArticleNote.id)
    )
    return [(row[0], row[1]) for row in rows]


def own_note(session: Session, user_id: int, note_id: int) -> ArticleNote | None:
    """One of a person's own notes."""
    return session.scalar(select(ArticleNote).where(ArticleNote.id == note_id, ArticleNote.user_id == user_id))
