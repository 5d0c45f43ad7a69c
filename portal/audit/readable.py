"""The detail of audit entries for people: ids become names, codes become words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit import words
from portal.core import clock

NOTHING = "—"
_BATCH = 500
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*[+-]\d\d:\d\d")


class Reader:
    """Puts entries into words. `learn` the rows of a page first: each kind of id then costs one statement."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.known: dict[words.Resolver, dict[int, str]] = {}

    def learn(self, rows: Iterable[Any]) -> None:
        """Look up the names of all ids in the rows."""
        wanted: dict[words.Resolver, set[int]] = {}
        for row in rows:
            for column, values in _columns(row):
                resolver = words.values_of(row.subject_type, column)
                if callable(resolver):
                    ids = {value for value in values if isinstance(value, int)}
                    wanted.setdefault(resolver, set()).update(ids - self.known.get(resolver, {}).keys())
        for resolver, ids in wanted.items():
            if ids:
                self.known.setdefault(resolver, {}).update(resolver(self.session, sorted(ids)))

    def learning(self, rows: Iterable[Any]) -> Iterator[Any]:
        """The rows again, learnt a batch at a time, for exports of any length."""
        source = iter(rows)
        while batch := list(islice(source, _BATCH)):
            self.learn(batch)
            yield from batch

    def changes(self, row: Any) -> list[tuple[str, str, str]]:
        """The changes of an entry as (field, before, after); `before` is "" where there was nothing."""
        table = row.subject_type
        shown = [
            (words.field_label(table, column), self._shown(table, column, before), self._shown(table, column, after))
            for column, (before, after) in (row.detail.get("changes") or {}).items()
        ]
        return [
            (name, "" if before == NOTHING else before, after)
            for name, before, after in shown
            if (before, after) != (NOTHING, NOTHING)
        ]

    def notes(self, row: Any) -> list[tuple[str, str]]:
        """What else an entry says, as (field, value)."""
        table = row.subject_type
        return [
            (words.field_label(table, key), self._shown(table, key, value))
            for key, value in row.detail.items()
            if key != "changes"
        ]

    def sentence(self, row: Any) -> str:
        """Changes and notes in one cell of a sheet."""
        return "；".join(
            [
                f"{name}：{before} → {after}" if before else f"{name}：{after}"
                for name, before, after in self.changes(row)
            ]
            + [f"{name}：{value}" for name, value in self.notes(row)]
        )

    def _shown(self, table: str, column: str, value: Any) -> str:
        if value is None or value == "":
            return NOTHING
        if isinstance(value, bool):
            return str(_("是") if value else _("否"))
        names = words.values_of(table, column)
        if callable(names):
            return self.known.get(names, {}).get(value, str(value))
        if names is not None:
            return str(names.get(str(value), value))
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return clock.to_local(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M")
        return str(value)


def _columns(row: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    changes: Mapping[str, Any] = row.detail.get("changes") or {}
    yield from changes.items()
    for key, value in row.detail.items():
        if key != "changes":
            yield key, (value,)
