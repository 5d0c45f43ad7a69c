"""Law-work portal of a district petition bureau."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import jinja2
from flask import Flask

from portal import config as configuration
from portal.extensions import csrf, db, has_own_transaction, set_writing
from portal.web.application import Portal

# Order matters only for reading: from the ground up.
FEATURES = (
    "audit",
    "jobs",
    "files",
    "desk",
    "imports",
    "system",
    "org",
    "accounts",
    "library",
    "meetings",
    "study",
    "exams",
    "home",
)


def create_app(config: configuration.Config | None = None, **overrides: Any) -> Flask:
    """Build the application: config, extensions, the web ground, then every feature."""
    settings = config or configuration.load()
    app = Portal(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_mapping(settings.flask_settings())
    app.config.update(overrides)
    app.jinja_env.undefined = jinja2.StrictUndefined
    db.init_app(app)
    csrf.init_app(app)

    from portal import chores, commands, database, templating  # noqa: F401  the chores register themselves
    from portal.accounts.sign_in import confirm, load_person, load_viewer
    from portal.web import access, assets, citations, confirmation, converters, errors, i18n, identity, security

    for part in (converters, i18n, security, errors, templating, assets, citations):
        part.init_app(app)
    identity.init_app(app, load_viewer, load_person)
    confirmation.init_app(app, confirm)
    app.before_request(_choose_transaction)
    app.before_request(access.check_access)
    for name in FEATURES:
        register_feature(app, name)
    commands.init_app(app)
    if "flask_migrate" in sys.modules:  # the command line has loaded it; a start does without
        database.init_migrations(app)
    return app


def register_feature(app: Flask, name: str) -> None:
    """Register what a feature package offers: bp, and where it has them NAV, MESSAGES and words for the log."""
    from portal.audit import words
    from portal.web import errors, navigation

    feature = importlib.import_module(f"portal.{name}")
    app.register_blueprint(feature.bp)
    navigation.register(app, getattr(feature, "NAV", ()))
    errors.register_messages(app, getattr(feature, "MESSAGES", {}))
    spoken = (getattr(feature, name, {}) for name in ("ACTIONS", "FIELDS", "VALUES"))
    words.register(app, *spoken)


def _choose_transaction() -> None:
    from flask import current_app, request

    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    set_writing(not reads and not has_own_transaction(current_app.view_functions.get(request.endpoint or "")))
