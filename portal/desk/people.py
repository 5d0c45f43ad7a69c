"""What the desk must know of people: features above say it, for this one knows no accounts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class People:
    """`acting(session, user id)` is the person with the rights of this moment; LookupError for whoever has none left.

    `named(session, user id)` is the person whatever has become of them, to say in the log who had begun something.
    `within_reach(session, viewer, permission, user ids)` are those of the people whose unit the viewer looks after.
    """

    acting: Callable[[Session, int], Viewer]
    named: Callable[[Session, int], Viewer]
    within_reach: Callable[[Session, Viewer, Permission, Collection[int]], set[int]]


_known: list[People] = []


def register(people: People) -> None:
    """Say once, when the accounts are loaded, how people are found."""
    _known[:] = [people]


def known() -> People:
    """How people are found."""
    return _known[0]
