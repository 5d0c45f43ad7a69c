"""Commands that belong to the site and not to one feature."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal import database
from portal.demo import cli as demo
from portal.web import catalogues, vendor

site = AppGroup("site", help="Prepare and inspect this site.")


@site.command("prepare")
def prepare() -> None:
    """Bring the database to this version's schema, keeping a copy of what was there."""
    for line in database.prepare(current_app._get_current_object()):  # type: ignore[attr-defined]  # noqa: SLF001
        click.echo(line)


def init_app(app: Flask) -> None:
    """Attach the command groups, and prepare a missing database before any command that needs one."""
    for group in (site, demo.group, vendor.group, catalogues.group):
        app.cli.add_command(group)
