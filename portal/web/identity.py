"""The browser's session: a signed cookie that names a server-side row, and nothing that must be kept secret.

The cookie holds a random session id, a CSRF token, messages for the next page and, between password and second factor,
who has given the password. Whether the id is signed in, and as
whom, is looked up in the database at each request, so ending a session takes effect at once.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import AnonymousUserMixin, LoginManager
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.core import clock
from portal.core.viewer import Viewer

Loader = Callable[[str, str], Viewer | None]
PersonLoader = Callable[[int], Viewer | None]

SESSION_ID = "sid"
CSRF_FIELD = "csrf_token"
CSRF_SALT = "wtf-csrf-token"
_PERSON = "person-loader"


class Nobody(AnonymousUserMixin):
    """Whoever is not signed in."""

    permissions: frozenset[str] = frozenset()
    must_change_password = False
    must_set_up_factor = False
    confined_to = ""
    name = ""
    unit_name = ""
    number = ""

    def can(self, _permission: str) -> bool:
        """Nothing, ever."""
        return False


class SignIns(LoginManager):  # type: ignore[misc, unused-ignore]
    """Flask-Login without the ways to sign in that we do not have: no cookie of its own, no header, and no hash of the
    browser's name at each request."""

    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self.anonymous_user = Nobody
        self._loader = loader

    def _load_user(self) -> None:
        sid = session.get(SESSION_ID)
        person = self._loader(fingerprint(sid), request.remote_addr or "") if sid else None
        self._update_request_context_with_user(person)


class PortalSessionInterface(SecureCookieSessionInterface):
    """Flask's signed cookie, whose CSRF token is derived from the session id, so that no GET has to write one."""

    salt = "portal-session"
    digest_method = staticmethod(hashlib.sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Open the cookie, or begin a new anonymous one."""
        held = self.held(app, request.cookies.get(app.config["SESSION_COOKIE_NAME"], ""))
        opened = self.session_class(held)
        if SESSION_ID not in opened:
            begin(opened)
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where it changed or is to live on; that every page differs by it is said by security.py."""
        if session.modified or session.permanent:
            super().save_session(app, session, response)

    def held(self, app: Flask, cookie: str) -> dict[str, Any]:
        """What a cookie of ours holds; nothing for any other, or one that is too old."""
        try:
            opened, text, signed_at = self._genuine(app, cookie)
        except BadData:
            return {}
        if clock.now() - signed_at > app.permanent_session_lifetime:
            return {}
        if text is None:
            return opened.copy()
        found: dict[str, Any] = self.serializer.loads(text)  # lists in it are to be changed, each time in a copy
        return found

    @functools.lru_cache(4096)  # noqa: B019  one application a process, and the same cookie comes with every request
    def _genuine(self, app: Flask, cookie: str) -> tuple[dict[str, Any], str | None, datetime]:
        """What a cookie holds that bears our signature, its text where there is more in it than texts and numbers, and
        when it was signed. Raises BadData."""
        signing: Any = self.get_signing_serializer(app)
        opened, signed_at = signing.loads(cookie, return_timestamp=True)
        flat = all(isinstance(value, str | int) for value in opened.values())
        return opened, None if flat else self.serializer.dumps(opened), signed_at


def begin(target: SecureCookieSession) -> str:
    """Give the session a new random id and the CSRF token that goes with it; returns the id."""
    sid = secrets.token_urlsafe(32)
    target[SESSION_ID] = sid
    target[CSRF_FIELD] = hashlib.sha256(f"csrf:{sid}".encode()).hexdigest()
    return sid


def csrf_token() -> str:
    """The token for the forms of a page, signed once a session: it holds as long as the session does."""
    if CSRF_FIELD not in g:  # where Flask-WTF looks for it too
        raw = session.get(CSRF_FIELD)
        g.csrf_token = signed_token(str(current_app.secret_key), raw) if raw else generate_csrf()
    token: str = g.csrf_token
    return token


@functools.lru_cache(4096)
def signed_token(secret_key: str, raw: str) -> str:
    """The token of a session as forms and scripts send it."""
    return str(URLSafeTimedSerializer(secret_key, salt=CSRF_SALT).dumps(raw))


def renew(*, remember: timedelta | None = None) -> str:
    """Start over with a new id, at sign-in and sign-out, keeping only messages for the next page."""
    messages = session.get("_flashes")
    session.clear()
    sid = begin(session)  # type: ignore[arg-type]
    if messages:
        session["_flashes"] = messages
    session.permanent = remember is not None
    return sid


def fingerprint(sid: str) -> str:
    """What the database keeps of a session id: a thief of the table gets no session."""
    return hashlib.sha256(sid.encode()).hexdigest()


def person(app: Flask, user_id: int | None) -> Viewer | None:
    """The person as of now, for a job that works in their name; None for one who may no longer sign in."""
    load: PersonLoader = app.extensions[_PERSON]
    return load(user_id) if user_id is not None else None


def init_app(app: Flask, loader: Loader, by_id: PersonLoader) -> None:
    """Sign people in by `loader(session fingerprint, address)`; the accounts feature provides it, and `by_id` too."""
    app.extensions[_PERSON] = by_id
    app.session_interface = PortalSessionInterface()
    SignIns(loader).init_app(app)
