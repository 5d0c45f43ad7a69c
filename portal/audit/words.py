"""Audit entries in words: features say here what their actions, fields and values are called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

_ACTIONS = "audit-actions"
_FIELDS = "audit-fields"
_VALUES = "audit-values"

# What a column's values are called: {value: label}, or a function that finds {id: name} of many in one statement.
Resolver = Callable[[Session, Collection[int]], Mapping[int, str]]
Values = Mapping[str, Any] | Resolver


def register(
    app: Flask,
    actions: Mapping[str, Any],
    fields: Mapping[str, Any],
    values: Mapping[str, Values] | None = None,
) -> None:
    """Add a feature's names.

    `actions` are names of acts ("user.create" -> 新建用户), `fields` names of columns, `values` names of what stands in
    columns; a column is "table.column", or "column" for every table.
    """
    app.extensions.setdefault(_ACTIONS, {}).update(actions)
    app.extensions.setdefault(_FIELDS, {}).update(fields)
    app.extensions.setdefault(_VALUES, {}).update(values or {})


def actions(app: Flask) -> Mapping[str, Any]:
    """All action names by code."""
    known: Mapping[str, Any] = app.extensions.get(_ACTIONS, {})
    return known


def action_label(code: str) -> str:
    """The name of an action; the code itself where a feature has none."""
    return str(actions(current_app).get(code, code))


def field_label(table: str, column: str) -> str:
    """The name of a column."""
    return str(_of(_FIELDS, table, column) or column)


def values_of(table: str, column: str) -> Values | None:
    """What the values of a column are called, None where they speak for themselves."""
    found: Values | None = _of(_VALUES, table, column)
    return found


def _of(key: str, table: str, column: str) -> Any:
    known = current_app.extensions.get(key, {})
    return known.get(f"{table}.{column}", known.get(column))
