"""Reading the session cookie and the token in front of Flask, with the same keys (portal/exams/lane.py)."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import same_origin
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.core import clock
from portal.web.identity import CSRF_FIELD, CSRF_SALT, SESSION_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

KNOWN = 4096
"""So many cookies and tokens are remembered as genuine: what was signed once stays signed, and the same ones come with
every request of a page. Their age, and whether the session is alive, is looked at each time."""


class Signed:
    """What a request proves by signatures."""

    def __init__(self, app: Flask) -> None:
        self._name: str = app.config["SESSION_COOKIE_NAME"]
        self._lifetime = app.permanent_session_lifetime
        signing = SecureCookieSessionInterface.get_signing_serializer
        cookies: Any = signing(app.session_interface, app)  # type: ignore[arg-type]
        tokens = URLSafeTimedSerializer(str(app.secret_key), salt=CSRF_SALT)
        self._cookie = functools.lru_cache(KNOWN)(functools.partial(cookies.loads, return_timestamp=True))
        self._token = functools.lru_cache(KNOWN)(tokens.loads)

    def session(self, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        """What the session cookie holds, if it is ours. Not to be changed."""
        try:
            opened, signed_at = self._cookie(cookies.get(self._name, ""))
        except BadData:
            return None
        young = clock.now() - signed_at <= self._lifetime
        return opened if young and SESSION_ID in opened and CSRF_FIELD in opened else None

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
