"""Who may call a route: every view declares it, and what declares nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.web.confirmation import check_confirmed
from portal.web.htmx import go

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "__access__"
PUBLIC = "public"
# Where somebody with a first password may still go.
_BEFORE_PASSWORD_CHANGE = frozenset({"accounts.change_password", "accounts.logout", "home.prefs", "static"})
# Where somebody may still go whom the site asks for a second factor.
_BEFORE_SECOND_FACTOR = _BEFORE_PASSWORD_CHANGE | {
    "accounts.confirm",
    "accounts.second_factor",
    "accounts.second_factor_begin",
    "accounts.second_factor_confirm",
}


# Which request a session that is good for one thing alone may make: None if this one, else where it is sent.
Warden = Callable[[str, str, Mapping[str, Any]], str | None]
_wardens: dict[str, Warden] = {}


def confine(kind: str, warden: Warden) -> None:
    """Have `warden(what is left after "kind:", endpoint, arguments of the address)` watch over sessions of a kind."""
    _wardens[kind] = warden


def public(view: View) -> View:
    """Mark a view that anybody may call, signed in or not."""
    setattr(view, _ATTRIBUTE, PUBLIC)
    return view


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Mark a view that needs at least one of the permissions, for any unit; queries narrow down to rows."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, frozenset(permissions))
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> str | frozenset[Permission] | None:
    """What the view behind an endpoint declared, or None."""
    return getattr(app.view_functions[endpoint], _ATTRIBUTE, None)


def viewer() -> Viewer:
    """The signed-in person. Only for views that declared a permission."""
    person: Viewer | None = g.get("_login_user")  # where Flask-Login keeps whom it has looked up
    return person or current_user._get_current_object()  # noqa: SLF001  the proxy is not what services take


def check_access() -> ResponseReturnValue | None:
    """Before every request: refuse by default."""
    if request.endpoint is None:
        return None  # no such page: the 404 or 405 is raised by routing
    rule = access_of(current_app, request.endpoint)
    if rule == PUBLIC or request.endpoint == "static":
        return None
    person = viewer()
    if not person.is_authenticated:
        return ask_to_sign_in()
    return _check_confined(rule) if person.confined_to else _check_signed_in(person, rule, request.endpoint)


def _check_signed_in(person: Viewer, rule: object, endpoint: str) -> ResponseReturnValue | None:
    if not isinstance(rule, frozenset) or not (rule & person.permissions):
        abort(403)
    if person.must_change_password and endpoint not in _BEFORE_PASSWORD_CHANGE:
        return go(url_for("accounts.change_password"))
    if person.must_set_up_factor and endpoint not in _BEFORE_SECOND_FACTOR:
        return go(url_for("accounts.second_factor"))
    return check_confirmed(endpoint)


def _check_confined(rule: object) -> ResponseReturnValue | None:
    """Refuse whatever the session was not opened for, also a page that its person could open after signing in."""
    kind, _, rest = current_user.confined_to.partition(":")
    if not isinstance(rule, frozenset) or not (rule & current_user.permissions) or kind not in _wardens:
        abort(403)
    elsewhere = _wardens[kind](rest, request.endpoint or "", request.view_args or {})
    return None if elsewhere is None else go(elsewhere)


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a browser to the login page and back; tell a script 401, with the same way for htmx."""
    wants_back = request.full_path.rstrip("?") if request.method == "GET" else None
    where = url_for("accounts.login", next=wants_back if wants_back != "/" else None)
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": where}
    if request.is_json:
        return {"message": "signed-out", "login": where}, 401
    return redirect(where, 303)
