"""The only module that reads or writes HX-* headers."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request
from jinja2_fragments.flask import render_block
from werkzeug.wrappers import Response as BaseResponse


def wants_fragment() -> bool:
    """True when htmx is going to swap the answer into a part of the page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type", "partial") == "partial"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def in_panel() -> bool:
    """True when the answer is going to stand beside a list."""
    return wants_fragment() and request.headers.get("HX-Target", "").endswith("#panel")


def page(template: str, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """Render the page, or only its named block when htmx asked; both vary by who asked."""
    if block is not None and wants_fragment():
        html = render_block(template, block, **context)
    else:
        html = render_template(template, **context)
    response = make_response(html, status)
    response.vary.update(["HX-Request", "HX-Request-Type", "HX-Target"])
    return response


def go(location: str, message: str | None = None, kind: str = "success") -> BaseResponse:
    """Leave the page: 303 for a browser, HX-Redirect for htmx; the message is shown on the next page."""
    if message:
        flash(message, kind)
    if wants_fragment():
        return Response(status=200, headers={"HX-Redirect": location})
    return redirect(location, 303)


def reload() -> BaseResponse:
    """Make htmx load the whole page anew, for changes that sit on <html>."""
    return Response(status=200, headers={"HX-Refresh": "true"})
