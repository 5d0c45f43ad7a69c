"""The index that search asks, in each engine's own way: contentless FTS5 on SQLite, tsvector and GIN on PostgreSQL.

Two indexes: articles; and all else (titles of regulations under negative numbers, headings, annexes, texts without
articles). Both hold the tokens of `rules.search`. PostgreSQL drops positions past 16,383 and keeps 256 of a token, so
there tokens come without positions and the folded text beside them decides; on SQLite a phrase is exact by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.library.rules.search import fold, pairs_of, prefix_of, tokens_of

ARTICLES, OTHERS = "library_texts", "library_others"
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A text with its tokens ready, so that nothing is computed while others wait for the database."""

    id: int
    text: str
    tokens: str


def entry(id_: int, words: str) -> Entry:
    """The entry of a text."""
    return Entry(id_, words, " ".join(tokens_of(words)))


def is_sqlite(session: Session) -> bool:
    """Whether the database at hand is SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def add(session: Session, index: str, entries: Iterable[Entry]) -> None:
    """Put texts into an index."""
    if is_sqlite(session):
        rows: list[dict[str, Any]] = [{"id": each.id, "body": each.tokens} for each in entries]
        statement = f"INSERT INTO {index}(rowid, body) VALUES (:id, :body)"  # noqa: S608  a name of ours
    else:
        rows = [
            {"id": each.id, "body": sorted(set(each.tokens.split())), "folded": fold(each.text)} for each in entries
        ]
        statement = f"INSERT INTO {index}(rowid, body, folded) VALUES (:id, array_to_tsvector(:body), :folded)"  # noqa: S608
    if rows:
        session.execute(text(statement), rows)


def remove(session: Session, index: str, entries: Iterable[Entry]) -> None:
    """Take texts out of an index. Contentless FTS5 wants to be told what it holds."""
    if is_sqlite(session):
        statement = f"INSERT INTO {index}({index}, rowid, body) VALUES ('delete', :id, :body)"  # noqa: S608
        rows: list[dict[str, Any]] = [{"id": each.id, "body": each.tokens} for each in entries]
    else:
        statement = f"DELETE FROM {index} WHERE rowid = :id"  # noqa: S608
        rows = [{"id": each.id} for each in entries]
    if rows:
        session.execute(text(statement), rows)


def condition(session: Session, index: str, runs: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """(a condition on the index, its parameters) that exactly the texts with all runs fulfil."""
    if is_sqlite(session):
        return f"{index} MATCH :match", {"match": " AND ".join(_phrase(run) for run in runs)}
    parts = [part for run in runs for part in (pairs_of(run) or [f"{prefix_of(run)}:*"])]
    sql, values = "body @@ CAST(:match AS tsquery)", {"match": " & ".join(dict.fromkeys(parts))}
    for place, run in enumerate(runs):
        if len(run) > _PAIR:
            sql += f" AND strpos(folded, :run{place}) > 0"
            values[f"run{place}"] = run
    return sql, values


def _phrase(run: str) -> str:
    pairs = pairs_of(run)
    return f'"{" ".join(pairs)}"' if pairs else f'"{prefix_of(run)}"*'
