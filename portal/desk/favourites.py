"""Kinds of row that can be a favourite: features register them with the look-up that also checks who may see what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer

# (session, viewer, ids) -> {id: name} of those that the viewer may see; one statement.
Names = Callable[[Session, Viewer, Collection[int]], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class FavouriteKind:
    """`endpoint` and `argument` make the address of a row's page."""

    kind: str
    label: Any
    icon: str
    names: Names
    endpoint: str
    argument: str


_kinds: dict[str, FavouriteKind] = {}


def register(kind: FavouriteKind) -> None:
    """Make a kind known, when its feature is loaded."""
    _kinds[kind.kind] = kind


def kinds() -> Mapping[str, FavouriteKind]:
    """All kinds by their code."""
    return _kinds
