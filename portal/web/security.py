"""Headers of every answer: pages, errors and static files alike."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: over HTTPS the CSRF check needs to see where a form came from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=31536000"
# Pages only: the browser's storage holds answers that the server has not acknowledged, and a sign-out keeps them.
CLEAR_SITE_DATA = '"cache"'
_LOGOUT = "accounts.logout"


def say_caching(response: Response) -> Response:
    """Keep an answer out of caches, unless it has said otherwise, and tell that it differs by the session."""
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store, private"
    if "Cookie" not in response.headers.get("Vary", ""):
        response.vary.add("Cookie")
    return response


class SafeHeaders:
    """WSGI middleware: what every answer of Flask carries, errors too; one that has said otherwise keeps its word."""

    def __init__(self, inner: WSGIApplication, *, tls: bool) -> None:
        self._inner = inner
        said = {**HEADERS, "Strict-Transport-Security": HSTS} if tls else HEADERS
        self._said = [(name.lower(), (name, value)) for name, value in said.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, and complete the head of its answer."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, self.completed(headers), *more)

        return self._inner(environ, start)

    def completed(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Headers with those that are missing."""
        there = {name.lower() for name, _ in headers}
        return [*headers, *(pair for name, pair in self._said if name not in there)]


def add_static_headers(headers: MutableMapping[str, str], _path: str, _url: str) -> None:
    """The same headers on static files, which never reach Flask."""
    for name, value in HEADERS.items():
        headers[name] = value


def over_tls(app: Flask) -> bool:
    """Whether browsers reach this site over an encrypted connection alone."""
    return bool(app.config["SESSION_COOKIE_SECURE"])


def init_app(app: Flask) -> None:
    """Attach the headers to every answer, and refuse writes that another site's page sends."""
    tls = over_tls(app)
    app.wsgi_app = SafeHeaders(app.wsgi_app, tls=tls)  # type: ignore[method-assign]

    @app.before_request
    def same_site_only() -> Any:
        foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
        if foreign and request.method not in {"GET", "HEAD", "OPTIONS"}:
            return "cross-site request refused", 403
        return None

    @app.after_request
    def every_answer(response: Response) -> Response:
        if tls and request.endpoint == _LOGOUT:
            response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
        return say_caching(response)
