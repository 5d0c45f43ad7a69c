"""Search across the portal: each feature says how it is searched, under the reader's own rights and within a bound."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer

# A query longer than this is a pasted text, not a question.
QUERY_MOST = 60
PER_KIND = 5
_BEFORE, _AFTER = 24, 60


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: its name, the address of its page, and the text in which the words stand."""

    title: str
    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Searcher:
    """`find(session, viewer, query, limit)` gives at most `limit` hits with one statement.

    It is asked only where the viewer holds one of the permissions, and narrows down to the rows that the viewer sees.
    `more(query)` is the address of the list with all hits, "" where there is none.
    """

    kind: str
    label: Any
    icon: str
    permissions: frozenset[Permission]
    find: Callable[[Session, Viewer, str, int], Sequence[Hit]]
    more: Callable[[str], str] = lambda _query: ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind. `cut` says that there are more; `more_url` leads to them where a list has them all."""

    label: str
    icon: str
    hits: Sequence[Hit]
    more_url: str
    cut: bool


_searchers: dict[str, Searcher] = {}


def register(searcher: Searcher) -> None:
    """Make a kind searchable, when its feature is loaded."""
    _searchers[searcher.kind] = searcher


def clean(query: str) -> str:
    """What is searched for: no blanks around or doubled, no longer than QUERY_MOST."""
    return " ".join(query.replace("\x00", "").split())[:QUERY_MOST].strip()


def search(session: Session, viewer: Viewer, query: str) -> list[Group]:
    """What the viewer may see and the query names, by kind; nothing is asked of the database for an empty one."""
    wanted = clean(query)
    if not wanted:
        return []
    groups = []
    for each in sorted(_searchers.values(), key=lambda searcher: searcher.order):
        if each.permissions & viewer.permissions:
            hits = each.find(session, viewer, wanted, PER_KIND + 1)
            cut = len(hits) > PER_KIND
            groups.append(Group(str(each.label), each.icon, hits[:PER_KIND], each.more(wanted) if cut else "", cut))
    return [group for group in groups if group.hits]


def marked(text: str, query: str) -> Markup:
    """The text, escaped, with the words of the query marked; a long one is cut around the first place."""
    wanted = clean(query)
    if not wanted:
        return escape(text)
    pattern = re.compile(re.escape(wanted), re.IGNORECASE)
    first = pattern.search(text)
    shown, place = text, first.start() if first else 0
    if len(text) > _BEFORE + _AFTER:
        start = max(place - _BEFORE, 0)
        end = start + _BEFORE + _AFTER
        shown = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    parts, last = [], 0
    for hit in pattern.finditer(shown):
        parts += [escape(shown[last : hit.start()]), Markup("<mark>{}</mark>").format(hit.group())]
        last = hit.end()
    return Markup("").join([*parts, escape(shown[last:])])
