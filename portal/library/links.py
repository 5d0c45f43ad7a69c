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
    """A line beside an article. A `timed` one takes along for how many minutes the page has been open.

    One with `fields` is a button that posts them to its address.
    """

    address: str
    text: str
    url: str
    timed: bool = False
    fields: tuple[tuple[str, str], ...] = ()


# (viewer, regulation id, address): what can be done from any article, or None.
Action = Callable[[Viewer, int, str], Link | None]
Provider = Callable[[Session, Viewer, frozenset[str]], Iterable[Link]]

_providers: list[Provider] = []
_actions: list[Action] = []


def register(provider: Provider) -> Provider:
    """Let a feature say what it has for the articles of a regulation."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def register_action(action: Action) -> Action:
    """Let a feature say what can be done from every article: note it as read, practise it."""
    if action not in _actions:
        _actions.append(action)
    return action


def actions_for(viewer: Viewer, regulation_id: int, address: str) -> list[Link]:
    """What the viewer can do from an article."""
    return [link for action in _actions if (link := action(viewer, regulation_id, address)) is not None]


def links_for(session: Session, viewer: Viewer, keys: frozenset[str]) -> dict[str, list[Link]]:
    """{address: links} of all that the features have for a regulation."""
    found: dict[str, list[Link]] = defaultdict(list)
    for provider in _providers:
        for link in provider(session, viewer, keys):
            found[link.address].append(link)
    return dict(found)
