"""Which rows may have files, and who may read and change them: each feature says so for its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer

Check = Callable[[Session, Viewer, int], bool]


@dataclass(frozen=True, slots=True)
class Owner:
    """A kind of row with files: what it is called, who may read and who may change them.

    `may_view` and `may_edit` get the row's id; `url` gives the page that shows its files.
    """

    label: Any
    may_view: Check
    may_edit: Check
    url: Callable[[int], str]


_owners: dict[str, Owner] = {}


def register(kind: str, owner: Owner) -> None:
    """Let rows of a kind have files."""
    _owners[kind] = owner


def owner_of(kind: str) -> Owner | None:
    """What was registered for a kind."""
    return _owners.get(kind)


class _Labels(Mapping[str, Any]):
    """{kind: what it is called}, of whatever has registered by the time somebody asks."""

    def __getitem__(self, kind: str) -> Any:
        return _owners[kind].label

    def __iter__(self) -> Iterator[str]:
        return iter(_owners)

    def __len__(self) -> int:
        return len(_owners)


labels: Mapping[str, Any] = _Labels()
