"""What can be done to many rows of a list at once: features say it here, and the desk asks, works and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.web.tables import Table


@dataclass(frozen=True, slots=True)
class BulkAct:
    """One thing to do to each row.

    `apply(session, actor, now, row id)` looks the row up under the actor's own rights, checks its state, changes it and
    writes its audit entry, as for a single row; it raises RuleError for a row that has to be left out. It must give the
    same result when a job is run twice. `question` says on the page that asks what will happen. `asks` is set where the
    act asks for the password again, as it does for a single row.
    """

    code: str
    label: Any
    question: Any
    permission: Permission
    apply: Callable[[Session, Viewer, datetime, int], object]
    icon: str = "check"
    asks: bool = False


@dataclass(frozen=True, slots=True)
class BulkList:
    """A list whose rows can be chosen. `name` is its endpoint.

    `rows(session, viewer, path)` gives its table and the statement of what the viewer sees of it, as its page does;
    `path` holds the arguments of its address as text. Raises LookupError where the viewer sees nothing. `label` is how
    a person would call a row.
    """

    name: str
    title: Any
    rows: Callable[[Session, Viewer, Mapping[str, str]], tuple[Table, Select[Any]]]
    label: Callable[[Any], str]
    acts: Sequence[BulkAct]

    def act(self, code: str) -> BulkAct:
        """The act of a code. Raises LookupError."""
        for act in self.acts:
            if act.code == code:
                return act
        raise LookupError(code)


_lists: dict[str, BulkList] = {}


def register(bulk_list: BulkList) -> None:
    """Make a list known, when its feature is loaded."""
    _lists[bulk_list.name] = bulk_list


def get(name: str) -> BulkList:
    """The list of an endpoint. Raises LookupError."""
    if name not in _lists:
        raise LookupError(name)
    return _lists[name]


def acts_for(viewer: Viewer, name: str) -> list[BulkAct]:
    """What the viewer may do to rows of a list; nothing where there is no such list."""
    return [act for act in _lists[name].acts if viewer.can(act.permission)] if name in _lists else []
