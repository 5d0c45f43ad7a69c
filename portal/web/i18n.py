"""Languages and display choices.

Chinese is the language of the source text; English comes from one catalogue. The catalogue is read from its .po file
when the first page needs it, so that no compiled file has to be kept in step with it.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, request
from flask_babel import Domain, get_locale
from markupsafe import Markup

from portal.extensions import babel

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
COOKIE = "ui"
COOKIE_AGE = 365 * 24 * 3600
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Display:
    """How this person wants the pages: language, elder mode, size of type, contrast, single-key shortcuts or none."""

    lang: str = "zh"
    mode: str = "normal"
    size: str = "m"
    contrast: str = "normal"
    keys: str = "on"

    _CHOICES = {
        "lang": LANGUAGES,
        "mode": ("normal", "elder"),
        "size": ("m", "l", "xl"),
        "contrast": ("normal", "high"),
        "keys": ("on", "off"),
    }

    @classmethod
    @functools.lru_cache(256)
    def parse(cls, text: str) -> Display:
        """Read "zh.elder.l.high.on"; anything unknown falls back to the usual choice."""
        parts = dict(zip(cls._CHOICES, text.split("."), strict=False))
        return cls(**{name: value for name, value in parts.items() if value in cls._CHOICES[name]})

    def changed(self, name: str, value: str) -> Display:
        """The same with one choice changed; an unknown name or value changes nothing."""
        if value not in self._CHOICES.get(name, ()):
            return self
        return Display(**{key: value if key == name else getattr(self, key) for key in self._CHOICES})

    def __str__(self) -> str:
        return ".".join(getattr(self, name) for name in self._CHOICES)

    def remember(self, response: Response, *, secure: bool) -> None:
        """Keep the choice for a year."""
        response.set_cookie(COOKIE, str(self), max_age=COOKIE_AGE, samesite="Lax", httponly=True, secure=secure)


def display() -> Display:
    """The choices of the browser that asks."""
    if "display" not in g:
        g.display = Display.parse(request.cookies.get(COOKIE, ""))
    chosen: Display = g.display
    return chosen


class PoDomain(Domain):
    """Flask-Babel's domain, reading .po files directly."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of the language in use; Chinese needs none."""
        locale = get_locale()
        return catalogue(locale.language if locale else "zh")


@functools.cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language, built once a process."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        parsed = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return Translations(compiled)


@functools.cache
def _translated(language: str, message: str) -> tuple[Markup, Markup]:
    """A text with its places for values, and the same as it reads without any."""
    text = Markup(catalogue(language).gettext(message))  # noqa: S704  from our own catalogue
    return text, text if "%(" in text else text % {}


def template_gettext(message: str, **variables: Any) -> Markup:
    """`_("…", name=value)` in templates: translated, with the values escaped.

    A page asks for hundreds of these; the extension's own looks the language up anew at each of them.
    """
    text, plain = _translated(display().lang if request else "zh", message)
    return text % variables if variables else plain


def init_app(app: Flask) -> None:
    """Let the cookie choose the language, and Chinese be the default outside requests."""
    babel.init_app(app, locale_selector=lambda: display().lang if request else "zh")
    babel.domain_instance = PoDomain()
    app.jinja_env.globals.update(_=template_gettext, gettext=template_gettext)
