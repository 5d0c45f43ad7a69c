"""The routes of the application as tests walk over them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

# What a parameter gets where no row is meant: ids that nothing has.
SAMPLES = {
    "IdConverter": 999_999_999,
    "UUIDConverter": uuid.UUID(int=7),
    "UnicodeConverter": "nothing",
    "PathConverter": "nothing/here",
}


def rules(app: Flask, method: str | None = None) -> list[Rule]:
    """All rules, or those that a method reaches, in the order of their endpoints."""
    found = [rule for rule in app.url_map.iter_rules() if method is None or method in (rule.methods or ())]
    return sorted(found, key=lambda rule: (rule.endpoint, rule.rule))


def sample_path(app: Flask, rule: Rule) -> str:
    """An address of the rule, with parameters that fit and name nothing."""
    values = {name: SAMPLES[type(converter).__name__] for name, converter in rule._converters.items()}
    built = app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods or ())))
    return str(built)


def plain_pages(app: Flask) -> Iterator[tuple[str, str]]:
    """(endpoint, path) of every rule that GET reaches without a parameter."""
    for rule in rules(app, "GET"):
        if not rule.arguments:
            yield rule.endpoint, rule.rule
