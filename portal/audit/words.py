"""Audit entries in words: features say here what their actions and fields are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app

_ACTIONS = "audit-actions"
_FIELDS = "audit-fields"


def register(app: Flask, actions: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Add a feature's action names ("user.create" -> 新建用户) and field names ("table.column" or "column")."""
    app.extensions.setdefault(_ACTIONS, {}).update(actions)
    app.extensions.setdefault(_FIELDS, {}).update(fields)


def actions(app: Flask) -> Mapping[str, Any]:
    """All action names by code."""
    known: Mapping[str, Any] = app.extensions.get(_ACTIONS, {})
    return known


def action_label(code: str) -> str:
    """The name of an action; the code itself where a feature has none."""
    return str(actions(current_app).get(code, code))


def field_label(table: str, column: str) -> str:
    """The name of a column."""
    known = current_app.extensions.get(_FIELDS, {})
    return str(known.get(f"{table}.{column}", known.get(column, column)))
