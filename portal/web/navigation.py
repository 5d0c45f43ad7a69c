"""The side menu: what each feature offers, shown by permission."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_login import current_user

from portal.core.permissions import Permission
from portal.web.i18n import display

_KEY, _DRAWN = "navigation", "navigation-drawn"


@dataclass(frozen=True, slots=True)
class NavItem:
    """One line of the menu. `section` is the blueprint (or endpoint prefix) whose pages light it up.

    Whoever holds `unless` gets to the page another way, and the line is left out.
    """

    endpoint: str
    label: Any
    icon: str
    needs: Permission
    section: str
    group: str = "main"
    order: int = 50
    unless: Permission | None = None


@dataclass(frozen=True, slots=True)
class NavLink:
    """A line as the template draws it."""

    label: str
    icon: str
    url: str
    current: bool
    group: str
    badge: int | None = None


def register(app: Flask, items: Iterable[NavItem]) -> None:
    """Add a feature's lines, kept in their order."""
    known: list[NavItem] = app.extensions.setdefault(_KEY, [])
    known.extend(items)
    known.sort(key=lambda item: (item.group != "main", item.order))


def items(app: Flask) -> list[NavItem]:
    """All lines, whoever asks."""
    registered: list[NavItem] = app.extensions.get(_KEY, [])
    return registered


def navigation() -> tuple[NavLink, ...]:
    """The lines that the signed-in person may use; made once for each set of permissions, page and language."""
    person = current_user._get_current_object()  # noqa: SLF001  asked many times below
    if not person.is_authenticated:
        return ()
    made: dict[Any, tuple[NavLink, ...]] = current_app.extensions.setdefault(_DRAWN, {})
    key = (person.permissions, request.endpoint, request.script_root, display().lang)
    if key not in made:
        made[key] = _links(person, request.endpoint or "")
    return made[key]


def _links(person: Any, endpoint: str) -> tuple[NavLink, ...]:
    allowed = [
        item
        for item in items(current_app)
        if person.can(item.needs) and not (item.unless is not None and person.can(item.unless))
    ]
    here = _section(endpoint, allowed)
    return tuple(
        NavLink(
            label=str(item.label),
            icon=item.icon,
            url=url_for(item.endpoint),
            current=item.section == here,
            group=item.group,
        )
        for item in allowed
    )


def _section(endpoint: str, shown: Iterable[NavItem]) -> str:
    """The longest section that the page belongs to, so that a part of a feature lights up alone."""
    fitting = [item.section for item in shown if endpoint.startswith(item.section)]
    return max(fitting, key=len, default="")
