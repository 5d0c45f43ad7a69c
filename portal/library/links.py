"""What other features know about articles: each says it here, and the reading page shows it.

A provider gets (session, viewer, title keys of the regulation) and gives links by address; an empty address is about
the regulation as a whole. So questions and study meet the library without any of them knowing the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Link:
    """A line beside an article."""

    address: str
    text: str
    url: str


Provider = Callable[[Session, Viewer, frozenset[str]], Iterable[Link]]

_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Let a feature say what it has for the articles of a regulation."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def links_for(session: Session, viewer: Viewer, keys: frozenset[str]) -> dict[str, list[Link]]:
    """{address: links} of all that the features have for a regulation."""
    found: dict[str, list[Link]] = defaultdict(list)
    for provider in _providers:
        for link in provider(session, viewer, keys):
            found[link.address].append(link)
    return dict(found)
