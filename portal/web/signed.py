"""Reading the session cookie and the token in front of Flask, with the same keys (portal/exams/lane.py)."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_wtf.csrf import same_origin
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.web.identity import CSRF_FIELD, CSRF_SALT, SESSION_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

KNOWN = 4096
"""So many tokens are remembered as genuine: what was signed once stays signed, and a page sends the same one each time.
Whether it belongs to the session, and whether that is alive, is looked at each time."""


class Signed:
    """What a request proves by signatures."""

    def __init__(self, app: Flask) -> None:
        self._app, self._name = app, str(app.config["SESSION_COOKIE_NAME"])
        tokens = URLSafeTimedSerializer(str(app.secret_key), salt=CSRF_SALT)
        self._token = functools.lru_cache(KNOWN)(tokens.loads)

    def session(self, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        """What the session cookie holds, if it is ours."""
        interface: Any = self._app.session_interface
        opened: dict[str, Any] = interface.held(self._app, cookies.get(self._name, ""))
        return opened if SESSION_ID in opened and CSRF_FIELD in opened else None

    def from_our_page(self, environ: WSGIEnvironment, opened: Mapping[str, Any]) -> bool:
        """Whether the token in the header belongs to the session, and the page that sent it is of this site."""
        if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" or not _same_site(environ):
            return False
        try:
            raw = self._token(environ.get("HTTP_X_CSRFTOKEN", ""))
        except BadData:
            return False
        return hmac.compare_digest(opened[CSRF_FIELD], str(raw))


def _same_site(environ: WSGIEnvironment) -> bool:
    """Over TLS the page must be of this host, as for every other form."""
    if environ.get("wsgi.url_scheme") != "https":
        return True
    return bool(same_origin(environ.get("HTTP_REFERER", ""), f"https://{environ.get('HTTP_HOST', '')}/"))
