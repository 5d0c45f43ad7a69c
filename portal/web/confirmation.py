"""The password once more before an act that matters, so that a browser left open does no harm.

A view marked `@recently_confirmed` runs only when the person gave the password within CONFIRM_FOR. Otherwise the page
asks for it, keeps what was posted, and sends it on to the same view together with the password.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.web.arguments import passed_on
from portal.web.errors import explain
from portal.web.htmx import go, page, wants_fragment

View = TypeVar("View", bound=Callable[..., Any])
# Checks a person's password and notes it; raises RuleError.
Confirm = Callable[[Viewer, str], None]

CONFIRM_FOR = timedelta(minutes=10)
FIELD = "confirm_password"
_ATTRIBUTE = "__recently_confirmed__"
_KEY = "confirm"
_NOT_KEPT = frozenset({FIELD, "csrf_token"})


def recently_confirmed(when: Callable[[], bool], back: Callable[[], str] | None = None) -> Callable[[View], View]:
    """Mark a view that asks for the password again, on a condition; `always` for each time.

    `back` tells the page to come back to from the one that asks; without it, the list that a download is of.
    """

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, (when, back or _here))
        return view

    return mark


def always() -> bool:
    """The condition of a view that matters whatever is asked of it."""
    return True


def posting() -> bool:
    """The condition of a view whose page may be looked at and whose form matters."""
    return request.method == "POST"


def asks(app: Flask, endpoint: str) -> bool:
    """Whether the view behind an endpoint ever asks for the password again."""
    return hasattr(app.view_functions[endpoint], _ATTRIBUTE)


def init_app(app: Flask, confirm: Confirm) -> None:
    """Check passwords by `confirm(person, password)`, which the accounts feature provides."""
    app.extensions[_KEY] = confirm


def check_confirmed(endpoint: str) -> ResponseReturnValue | None:
    """Before a marked view: None when the password was given lately or just now, else the page that asks for it."""
    marked = getattr(current_app.view_functions[endpoint], _ATTRIBUTE, None)
    if marked is None or not marked[0]():
        return None
    person: Viewer = current_user._get_current_object()  # noqa: SLF001  the proxy is not the Viewer
    if person.confirmed_at is not None and clock.now() - person.confirmed_at < CONFIRM_FOR:
        return None
    if request.method != "POST" or wants_fragment():
        return go(url_for("accounts.confirm", next=marked[1]()))
    return ask(person, url=request.full_path.rstrip("?"), kept=_kept())


def ask(person: Viewer, *, url: str, kept: list[tuple[str, str]]) -> ResponseReturnValue | None:
    """None when the password was posted and fits; else the page that asks for it."""
    problem = ""
    if FIELD in request.form:
        try:
            current_app.extensions[_KEY](person, request.form[FIELD])
        except RuleError as error:
            problem = explain(error)
        else:
            return None
    status = 422 if problem else 200
    return page("confirm_password.html", None, status, problem=problem, url=url, kept=kept, field=FIELD)


def _kept() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_KEPT]


def _here() -> str:
    """The page to come back to: for a download the list that it is of, since the page that asks would stay in view."""
    if request.method != "GET":
        return "/"
    return url_for(request.endpoint or "", **(request.view_args or {}), **passed_on("export"))
