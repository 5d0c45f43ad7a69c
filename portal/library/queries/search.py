"""Search: what a search by substring would find, found by the index, and the best of it first."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Row, Select, and_, bindparam, func, select, text, union_all
from sqlalchemy.orm import Session

from portal.library import index
from portal.library.models import HEADINGS, Provision, ProvisionKind, Regulation, RegulationVersion
from portal.library.queries.regulations import has_topic, holds_on, status_on
from portal.library.rules.search import Standing, density, excerpt, fold, query_runs, searchable

COUNT_CAP = 2_001
# So many hits are weighed against each other; titles and headings come first among them, then the order of the library.
DEPTH = 30
_RANGES = 5
_AT_ONCE = 5000
OTHER_KINDS = (ProvisionKind.PREAMBLE, ProvisionKind.ANNEX, ProvisionKind.BLOCK)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a search is narrowed to; "" and None for all. `others` asks for what stands outside of articles."""

    kind: str = ""
    topic: str = ""
    status: str = ""
    year: int | None = None
    others: bool = False

    @property
    def any(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.kind or self.topic or self.status or self.year)


@dataclass(frozen=True, slots=True)
class Hit:
    """A provision that was found, with the piece of text to show."""

    regulation_id: int
    regulation: str
    version_id: int
    as_of: date | None
    in_force: bool
    is_digest: bool
    address: str
    label: str
    path: str
    excerpt: list[tuple[bool, str]]

    @property
    def plain(self) -> str:
        """The excerpt as text."""
        return "".join(part for _, part in self.excerpt)


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, the best first, and how many there are; `capped` where counting stopped at COUNT_CAP."""

    hits: list[Hit]
    total: int
    capped: bool = False
    runs: tuple[str, ...] = ()


def search(
    session: Session,
    query: str,
    day: date,
    narrowed: Narrowed | None = None,
    *,
    limit: int = 20,
    exact: bool = False,
) -> Found:
    """Find provisions that hold every run of the query.

    `exact` counts all hits; otherwise counting stops at COUNT_CAP. The best `limit` of the first DEPTH (or `limit`,
    where that is more) are given.
    """
    narrowed, runs = narrowed or Narrowed(), query_runs(query)
    if not runs:
        return Found([], 0)
    hits, total = _Asked(session, runs, day, narrowed).answer(limit, None if exact else COUNT_CAP)
    return Found(hits, total, not exact and total >= COUNT_CAP, tuple(runs))


@functools.cache
def _shown_rows() -> Select[Any]:
    """The statement that reads what is shown of some provisions, made once: its parameters are `ids` and `day`."""
    columns: tuple[Any, ...] = (
        Provision.id,
        Provision.address,
        Provision.number,
        Provision.label,
        Provision.heading,
        Provision.path,
        Provision.text,
        RegulationVersion.id.label("version_id"),
        RegulationVersion.as_of,
        RegulationVersion.is_digest,
        Regulation.id.label("regulation_id"),
        Regulation.title,
        holds_on(bindparam("day", type_=Date)).label("in_force"),
    )
    return (
        select(*columns)
        .join(RegulationVersion, RegulationVersion.id == Provision.version_id)
        .join(Regulation, Regulation.id == RegulationVersion.regulation_id)
        .where(Provision.id.in_(bindparam("ids", expanding=True)))
    )


class _Asked:
    """One query on one session."""

    def __init__(self, session: Session, runs: list[str], day: date, narrowed: Narrowed) -> None:
        self.session, self.runs, self.day, self.narrowed = session, runs, day, narrowed
        # Rows and no objects are read: the plain connection does it in half the time.
        self.connection = session.connection()
        self.index = index.OTHERS if narrowed.others else index.ARTICLES
        self.where, self.values = index.condition(session, self.index, runs)

    def _ids(self, more: str = "") -> Any:
        """The statement that gives the matching numbers."""
        raw = f"SELECT rowid FROM {self.index} WHERE {self.where}{more}"  # noqa: S608  names of ours, values bound
        return text(raw).bindparams(**self.values).columns(rowid=Integer)

    def _narrow(self, statement: Select[Any]) -> Select[Any]:
        """Apply what the reader narrowed the search to; the statement has provisions and versions joined."""
        wanted = self.narrowed
        if wanted.others:
            statement = statement.where(Provision.kind.in_(OTHER_KINDS))
        if wanted.any:
            statement = statement.join(Regulation, Regulation.id == RegulationVersion.regulation_id)
            statement = statement.where(and_(True, *self._conditions()))
        return statement

    def _conditions(self) -> list[ColumnElement[bool]]:
        wanted, found = self.narrowed, []
        if wanted.kind:
            found.append(Regulation.kind == wanted.kind)
        if wanted.topic:
            found.append(has_topic(wanted.topic))
        if wanted.status:
            found.append(status_on(self.day) == wanted.status)
        if wanted.year:
            found.append(RegulationVersion.as_of.between(date(wanted.year, 1, 1), date(wanted.year, 12, 31)))
        return found

    @property
    def _joined(self) -> bool:
        return self.narrowed.any or self.narrowed.others

    def _matching(self, more: str = "") -> Any:
        if not self._joined:
            return self._ids(more)
        matched = self._ids(more).subquery("matched")
        statement = (
            select(Provision.id.label("rowid"))
            .join(matched, matched.c.rowid == Provision.id)
            .join(RegulationVersion, RegulationVersion.id == Provision.version_id)
        )
        return self._narrow(statement)

    def count(self, cap: int | None) -> int:
        """How many there are, counted up to the cap."""
        limit = f" LIMIT {cap}" if cap and not self._joined else ""
        matched = self._matching(limit)
        if self._joined and cap:
            matched = matched.limit(cap)
        return self.connection.execute(select(func.count()).select_from(matched.subquery("m"))).scalar_one()

    def answer(self, limit: int, cap: int | None) -> tuple[list[Hit], int]:
        """(the best hits among the first of them, how many there are up to the cap)."""
        depth = max(limit, DEPTH)
        ids = self._first(depth + 1)
        # Where all are at hand, nothing is left to count or to look for under titles and headings.
        total = len(ids) if len(ids) <= depth else self.count(cap)
        titled, headed = self._preferred() if ids else ([], [])
        if len(ids) > depth and (titled or headed):
            ids = list(dict.fromkeys(self._within([*titled, *headed], depth) + ids))
        rows = self._rows(ids[:depth])
        standings = [(self._standing(row, titled, headed), row) for row in rows]
        standings.sort(key=lambda pair: pair[0].key)
        return [self._hit(standing, row) for standing, row in standings[:limit]], total

    def _first(self, depth: int) -> list[int]:
        """The first hits in the order of the library."""
        if self._joined:
            return list(self.connection.execute(self._matching().order_by(Provision.id).limit(depth)).scalars())
        return list(self.connection.execute(self._ids(f" ORDER BY rowid LIMIT {depth}")).scalars())

    def _preferred(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Ranges of provisions whose regulation's title, and whose heading, holds the query."""
        where, values = index.condition(self.session, index.OTHERS, self.runs)
        raw = f"SELECT rowid FROM {index.OTHERS} WHERE {where} ORDER BY rowid LIMIT :most"  # noqa: S608
        found = self.connection.execute(text(raw), {**values, "most": 4 * _RANGES}).scalars().all()
        # Numbers of ours and words of ours: written out, they cost half of what bound lists do.
        regulations = ", ".join(str(-number) for number in found if number < 0)
        headings = ", ".join(str(number) for number in found if number > 0)
        titled: list[tuple[int, int]] = []
        headed: list[tuple[int, int]] = []
        if regulations:
            where = f"regulation_id IN ({regulations}) AND NOT shelved ORDER BY first_id LIMIT {_RANGES}"
            titled = self._ranges(f"SELECT first_id, last_id FROM regulation_versions WHERE {where}")  # noqa: S608
        if headings:
            kinds = ", ".join(f"'{kind.value}'" for kind in HEADINGS)
            where = f"id IN ({headings}) AND kind IN ({kinds}) ORDER BY id LIMIT {_RANGES}"
            headed = self._ranges(f"SELECT id, id + span FROM provisions WHERE {where}")  # noqa: S608
        return titled, headed

    def _ranges(self, statement: str) -> list[tuple[int, int]]:
        return [(row[0], row[1]) for row in self.connection.execute(text(statement))]

    def _within(self, ranges: Sequence[tuple[int, int]], depth: int) -> list[int]:
        """The first hits in the ranges, one after the other, in one statement."""
        bounds = [f" AND rowid BETWEEN {int(first)} AND {int(last)}" for first, last in ranges]
        if self._joined:
            parts = [select(self._matching(more).limit(depth).subquery().c.rowid) for more in bounds]
            return list(self.connection.execute(union_all(*parts).limit(depth)).scalars())
        one = f"SELECT rowid FROM {self.index} WHERE {self.where}"  # noqa: S608  names of ours, values bound
        each = (f"SELECT * FROM ({one}{more} ORDER BY rowid LIMIT {depth}) AS r{n}" for n, more in enumerate(bounds))  # noqa: S608
        raw = f"{' UNION ALL '.join(each)} LIMIT {depth}"
        return list(self.connection.execute(text(raw), self.values).scalars())

    def _rows(self, ids: list[int]) -> Sequence[Row[Any]]:
        found: list[Row[Any]] = []
        for start in range(0, len(ids), _AT_ONCE):
            values = {"ids": ids[start : start + _AT_ONCE], "day": self.day}
            found += self.connection.execute(_shown_rows(), values)
        return found

    def _standing(self, row: Row[Any], titled: list[tuple[int, int]], headed: list[tuple[int, int]]) -> Standing:
        def inside(ranges: list[tuple[int, int]]) -> bool:
            return any(first <= row.id <= last for first, last in ranges)

        return Standing(
            in_title=inside(titled),
            in_heading=inside(headed),
            in_force=bool(row.in_force),
            density=density(fold(searchable(row.label, row.heading, row.text)), self.runs),
            number=row.number,
            id=row.id,
        )

    def _hit(self, standing: Standing, row: Row[Any]) -> Hit:
        shown = excerpt(row.text, self.runs)
        if not any(found for found, _ in shown):  # the query is in the label or the heading
            shown = excerpt(searchable(row.label, row.heading, row.text), self.runs)
        return Hit(
            regulation_id=row.regulation_id,
            regulation=row.title,
            version_id=row.version_id,
            as_of=row.as_of,
            in_force=standing.in_force,
            is_digest=row.is_digest,
            address=row.address,
            label=row.label or row.heading[:30],
            path=row.path,
            excerpt=shown,
        )
