"""Headers of every answer: pages, errors and static files alike."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask import Flask, Response, request

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


def add_headers(response: Response, *, tls: bool) -> Response:
    """Set what every answer carries; a page that has said otherwise about caching keeps its word."""
    said = {name.lower(): value for name, value in response.headers}  # asked once, not header by header
    for name, value in HEADERS.items():
        if name.lower() not in said:
            response.headers.add(name, value)
    if tls and "strict-transport-security" not in said:
        response.headers["Strict-Transport-Security"] = HSTS
    if "cache-control" not in said:
        response.headers["Cache-Control"] = "no-store, private"
    if "Cookie" not in said.get("vary", ""):
        response.vary.add("Cookie")
    return response


def add_static_headers(headers: MutableMapping[str, str], _path: str, _url: str) -> None:
    """The same headers on static files, which never reach Flask."""
    for name, value in HEADERS.items():
        headers[name] = value


def init_app(app: Flask) -> None:
    """Attach the headers to every answer, and refuse writes that another site's page sends."""
    tls = bool(app.config["SESSION_COOKIE_SECURE"])

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
        return add_headers(response, tls=tls)
