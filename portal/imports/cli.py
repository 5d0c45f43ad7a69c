"""Housekeeping of uploads."""

from __future__ import annotations

import click

from portal.core import clock
from portal.extensions import writing
from portal.imports import bp, services
from portal.imports.tasks import instance


@bp.cli.command("clear")
def clear() -> None:
    """Delete uploaded files that are past their time."""
    with writing() as session:
        count = services.clear_old(session, now=clock.now(), instance=instance())
        session.commit()
    click.echo(f"{count} removed")
