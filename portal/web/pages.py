"""Answering with pages that are kept: see portal/web/kept.py for what that means."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from operator import attrgetter
from typing import Any

from flask import Response, current_app, g, render_template, request, session
from jinja2_fragments.flask import render_block
from markupsafe import escape
from sqlalchemy import Row

from portal.core import clock
from portal.core.permissions import Permission
from portal.core.plain import PlainRow
from portal.core.viewer import Viewer
from portal.web.access import viewer
from portal.web.htmx import page, wants_fragment
from portal.web.i18n import display
from portal.web.identity import CSRF_FIELD, csrf_token
from portal.web.kept import KeptPage, KeptPages, hole, takes_gzip
from portal.web.tables import Listing, Seen

HTML = "text/html; charset=utf-8"
VARIES = "HX-Request, HX-Request-Type, Accept-Encoding, Cookie"
FLASHES = "_flashes"
PRINTED = "%Y-%m-%d %H:%M"
_KEY = "kept-pages"
log = logging.getLogger("portal")

Context = Callable[[], Mapping[str, Any]]


class AsksMore(Exception):  # noqa: N818  it is no error
    """A page asks more about its reader than what may differ between those who are shown the same."""


class Reader:
    """Whoever looks at a page while it is drawn to be kept.

    The same for everybody with the same permissions: names are holes. Whatever else a template, or what it calls, asks
    of the signed-in person makes the page one that is not kept.
    """

    is_authenticated = True
    is_active = True
    is_anonymous = False
    must_change_password = False
    confined_to = ""
    name, number, unit_name = hole("name"), hole("number"), hole("unit_name")

    def __init__(self, permissions: frozenset[Permission]) -> None:
        self.permissions = permissions

    def can(self, permission: str) -> bool:
        """Whether the person holds the permission for any unit."""
        return permission in self.permissions

    def __getattr__(self, name: str) -> Any:
        raise AsksMore(name)


def kept_page(template: str, block: str | None, shows: Mapping[str, Any], more: Context = dict) -> Response:
    """The page as page() gives it, drawn anew only when what it shows is not what it showed.

    `shows` is all that the page is made of besides its address, the reader's permissions and their choices of display:
    rows as they were read just now, what depends on the time as it is now. `more` gives what else the template needs,
    made of the same (forms, words, functions); it is called when the page must be drawn.
    """
    part = block if block is not None and wants_fragment() else None
    known = (viewer().permissions, frozen(shows))
    key = (template, part, request.script_root, request.endpoint, request.full_path, display(), *known)
    listing = shows.get("listing")
    asks = listing.table.arguments if isinstance(listing, Listing | Seen) else frozenset()
    return answer_kept(key, template, part, lambda: {**shows, **more()}, asks)


def answer_kept(
    key: Hashable,
    template: str,
    part: str | None,
    context: Context,
    asks: frozenset[str] = frozenset(),
    **passing: str,
) -> Response:
    """The page kept under a key, or drawn now. `passing` are values that differ at each answer, so that they are holes.

    A page whose address has arguments beyond what it `asks` is not kept: made-up ones would drive the others out.
    A page with a message is not kept, nor one whose forms were made before it was drawn: they hold the reader's token;
    nor one for a session that is confined to one thing, since its frame lacks the ways elsewhere.
    """
    pages = kept_pages(current_app)
    kept = pages.get(key)
    own = FLASHES in session or bool(viewer().confined_to) or not asks.issuperset(request.args)
    if kept is None or own:
        if own or CSRF_FIELD in g or current_app.jinja_env.auto_reload:
            return page(template, part, **{**context(), **passing})
        try:
            kept = KeptPage.of(_drawn(template, part, context, passing))
        except AsksMore as more:
            log.info("%s asks for %s of its reader, so it is not kept", template, more)
            return page(template, part, **{**context(), **passing})
        pages.put(key, kept)
    values = values_of(viewer(), csrf_token(), **passing)
    body, headers = filled(kept, values, request.headers.get("Accept-Encoding", ""))
    return Response(body, headers=[("Vary", VARIES), *headers], content_type=HTML)


def _drawn(template: str, part: str | None, context: Context, passing: Mapping[str, str]) -> str:
    before = viewer()
    g.pop("display_form", None)
    g.csrf_token, g.printed_at = hole(CSRF_FIELD), hole("printed_at")  # where forms and templates take them from
    g._login_user = Reader(before.permissions)  # noqa: SLF001  Flask-Login has no public way
    try:
        # The clock is out of reach: what depends on the time belongs to what the page shows.
        given = {**context(), **{name: hole(name) for name in passing}, "now": None}
        return str(render_template(template, **given) if part is None else render_block(template, part, **given))
    finally:
        g._login_user = before  # noqa: SLF001
        for name in ("csrf_token", "printed_at", "display_form"):  # the last is drawn with the first
            g.pop(name, None)


_PLAIN = (str, int, float, type(None), date, timedelta, Enum, Fraction)


def frozen(value: Any) -> Hashable:
    """What a page shows, as something to look it up by. Raises TypeError for what nobody can tell changes of."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value  # type: ignore[no-any-return]
    how = _FREEZERS.get(kind)
    if how is None:
        if issubclass(kind, _PLAIN):
            _AS_THEY_ARE.add(kind)
            return value  # type: ignore[no-any-return]
        how = _FREEZERS[kind] = _freezer(kind)
    return how(value)


# How values of a kind are frozen, found out once: to look at each of them would take longer than the rest.
_FREEZERS: dict[type, Callable[[Any], Hashable]] = {}
_AS_THEY_ARE: set[type] = set()


def _all_frozen(values: Iterable[Any]) -> Hashable:
    return tuple([each if type(each) in _AS_THEY_ARE else frozen(each) for each in values])


def _freezer(kind: type) -> Callable[[Any], Hashable]:
    if issubclass(kind, Row | PlainRow):
        return tuple
    if issubclass(kind, Mapping):
        return lambda value: (tuple(value), _all_frozen(value.values()))
    if issubclass(kind, list | tuple):
        return _all_frozen
    if hasattr(kind, "as_shown"):  # what holds more than it shows
        return lambda value: frozen(value.as_shown())
    if is_dataclass(kind):
        return _of_fields(tuple(each.name for each in fields(kind)))
    raise TypeError(kind.__name__)


def _of_fields(names: tuple[str, ...]) -> Callable[[Any], Hashable]:
    if len(names) < 2:  # noqa: PLR2004  attrgetter gives a tuple from two names on
        return lambda value: _all_frozen([getattr(value, name) for name in names])
    values = attrgetter(*names)
    return lambda value: _all_frozen(values(value))


def kept_pages(app: Any) -> KeptPages:
    """The pages of this process."""
    found: KeptPages = app.extensions.setdefault(_KEY, KeptPages())
    return found


def values_of(person: Viewer, token: str, **passing: str) -> dict[str, str]:
    """What fills the holes of a page for a reader, as HTML."""
    printed = clock.to_local(clock.now()).strftime(PRINTED)
    own = {"name": person.name, "number": person.number, "unit_name": person.unit_name}
    return {name: str(escape(value)) for name, value in {**own, **passing}.items()} | {
        CSRF_FIELD: token,
        "printed_at": printed,
    }


def filled(page_: KeptPage, values: Mapping[str, str], accepted: str) -> tuple[bytes, list[tuple[str, str]]]:
    """Body of a page for a reader who accepts these encodings, and the headers that say which it is."""
    if takes_gzip(accepted):
        return page_.gzipped(values), [("Content-Encoding", "gzip")]
    return page_.plain(values), []
