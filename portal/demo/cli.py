"""The demo on the command line: fill an empty database with it, or take the demo site away."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.engine import make_url

from portal import database
from portal.config import Config
from portal.core import clock
from portal.core.errors import RuleError
from portal.demo import loader
from portal.extensions import db, writing
from portal.lifeline import running

group = AppGroup("demo", help="Load or remove the demo office.")


@group.command("load")
def load() -> None:
    """Fill the database in use with the demo office, if it has no people yet."""
    for line in database.prepare(current_app._get_current_object()):  # type: ignore[attr-defined]  # noqa: SLF001
        click.echo(line)
    with writing() as session:
        try:
            loader.load(session, clock.now())
        except RuleError as error:
            session.rollback()
            raise click.ClickException(
                "数据库里已有人员，没有写入演示数据。 The database has people already; nothing was written."
            ) from error
        session.commit()
    click.echo(f"已写入演示数据 demo data loaded: {_config().instance}")
    click.echo(f"演示密码 password: {_config().demo_password}")
    for number, chinese, english in loader.accounts():
        click.echo(f"  {number:<8}{chinese}  {english}")


@group.command("remove")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(*, yes: bool) -> None:
    """Delete the demo's data folder. A real site is never touched."""
    folder = removable(_config())
    if not yes:
        click.confirm(f"删除演示数据 {folder}？ Delete the demo data?", abort=True)
    db.session.remove()
    db.engine.dispose()
    shutil.rmtree(folder)
    click.echo("演示数据已删除。 The demo data is gone.")


def removable(config: Config) -> Path:
    """The demo's folder when it may be deleted. Raises ClickException for a real site, or one that is running."""
    if not config.demo:
        raise click.ClickException(
            "当前使用的是正式数据，不是演示，没有删除任何内容。 This site is not a demo; nothing was deleted."
        )
    stored = make_url(config.database_url).database or ""
    if config.instance.name != "demo" or Path(stored).resolve().parent != config.instance:
        raise click.ClickException(
            "演示数据库不在演示目录里，没有删除。 The demo's database is not in the demo's folder; nothing was deleted."
        )
    if pid := running(config.instance.parent):
        raise click.ClickException(
            f"演示正在运行（进程 {pid}），请先停止再删除。 The demo is running (process {pid}): stop it first."
        )
    return config.instance


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config
