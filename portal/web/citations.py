"""Where a cited article can be read: whoever keeps the texts says so here, and any page may ask."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

Resolver = Callable[[str, str], str]

_resolvers: list[Resolver] = []


def register(resolver: Resolver) -> Resolver:
    """Let a feature answer: (title, article as it is cited) -> address of a page, "" where it does not know."""
    if resolver not in _resolvers:
        _resolvers.append(resolver)
    return resolver


def article_url(title: str, article: str) -> str:
    """The address of the page that shows an article, "" where nobody has the text."""
    return next((url for resolver in _resolvers if (url := resolver(title, article))), "")


def init_app(app: Flask) -> None:
    """Give templates the question."""
    app.jinja_env.globals["article_url"] = article_url
