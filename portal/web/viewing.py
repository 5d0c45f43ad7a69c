"""Saved views as lists see them: which there are for the list at hand, and what an address with one of them asks.

The rows are kept by a feature above; it says here, when the application is built, how they are found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, current_app, request
from werkzeug.datastructures import MultiDict

VIEW = "view"
# Instead of a view's number: the whole list, whatever one's default is.
ALL = "all"
_KEY = "saved-views"


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: the arguments of the address that it stands for, and what the reader may do with it."""

    id: int
    name: str
    arguments: Mapping[str, str]
    shared: bool = False
    mine: bool = True
    may_change: bool = True
    is_default: bool = False


Keeper = Callable[[str], Sequence[View]]


def init_app(app: Flask, keeper: Keeper) -> None:
    """Find views by `keeper(endpoint of the list)`: those of the person who asks and those shared with everybody."""
    app.extensions[_KEY] = keeper


def views_here() -> Sequence[View]:
    """The views of the list at hand, in one statement."""
    keeper: Keeper | None = current_app.extensions.get(_KEY)
    return keeper(request.endpoint or "") if keeper else ()


def settle(args: MultiDict[str, str], views: Sequence[View]) -> MultiDict[str, str]:
    """What an address asks for: a bare one means the reader's own default view, if there is one.

    Where there is a default, every address of the list names a view or ALL, so that clearing the filters does not bring
    the default back.
    """
    default = next((view for view in views if view.is_default), None)
    if default is None or args.get(VIEW):
        return args
    settled = MultiDict(args)
    if any(name != "open" for name in args):
        settled[VIEW] = ALL
    else:
        settled.update(default.arguments)
        settled[VIEW] = str(default.id)
    return settled


def current(args: Mapping[str, str], views: Sequence[View]) -> View | None:
    """The view that an address names."""
    return next((view for view in views if str(view.id) == args.get(VIEW)), None)
