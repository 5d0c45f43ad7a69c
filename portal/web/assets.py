"""Static files: a content hash in every address, a year in every cache."""

from __future__ import annotations

import functools
import hashlib

from flask import Flask, current_app, request
from whitenoise import WhiteNoise

from portal.config import ROOT
from portal.web.security import add_static_headers

STATIC = ROOT / "static"
YEAR = 365 * 24 * 3600


@functools.cache
def _digest(name: str, _stamp: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@functools.cache
def _stamp(name: str) -> int:
    return (STATIC / name).stat().st_mtime_ns


def asset(name: str) -> str:
    """The address of a file under static/, with its content hash. Raises FileNotFoundError.

    A page asks for dozens of these, so nothing is looked up twice, unless somebody is at work on the files (debug).
    """
    stamp = (STATIC / name).stat().st_mtime_ns if current_app.debug else _stamp(name)
    return f"{request.script_root}{current_app.static_url_path}/{name}?v={_digest(name, stamp)}"


def init_app(app: Flask) -> None:
    """Serve static/ ahead of Flask, with the same headers as every page."""
    whitenoise = WhiteNoise(
        app.wsgi_app,
        root=str(STATIC),
        prefix="static/",
        max_age=YEAR,
        autorefresh=False,
        add_headers_function=add_static_headers,
    )
    app.wsgi_app = whitenoise  # type: ignore[method-assign]
    app.jinja_env.globals["asset"] = asset
