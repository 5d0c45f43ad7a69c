"""Commands that belong to the site and not to one feature."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from portal import backup, database
from portal.config import Config
from portal.core import clock
from portal.demo import cli as demo
from portal.extensions import db
from portal.lifeline import running
from portal.web import catalogues, vendor

site = AppGroup("site", help="Prepare and inspect this site.")


@site.command("prepare")
def prepare() -> None:
    """Bring the database to this version's schema, keeping a copy of what was there."""
    for line in database.prepare(current_app._get_current_object()):  # type: ignore[attr-defined]  # noqa: SLF001
        click.echo(line)


@click.command("backup")
@click.argument("out", type=click.Path(path_type=Path))
@with_appcontext
def back_up(out: Path) -> None:
    """Write the database and all files into one archive OUT, while the site runs. A folder gets a dated name."""
    now = clock.now()
    target = out / f"portal-{clock.to_local(now):%Y%m%d-%H%M%S}.tar.gz" if out.is_dir() else out
    try:
        made = backup.back_up(_config(), target.absolute(), now)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"没有备份：{error.strerror}（{error.filename or target}）。没有留下半个文件。\n"
            "No backup was made; no half file was left."
        ) from error
    rows = sum(made.rows.values())
    click.echo(f"已备份并核对 backed up and checked: {target}")
    click.echo(f"  {rows} 行 rows, {len(made.files) - 1} 个文件 files, {target.stat().st_size} 字节 bytes")
    click.echo("  不含 secrets.toml，请另行妥善保管。 secrets.toml is not in it: keep that apart.")


@click.command("restore")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def restore(archive: Path, *, yes: bool) -> None:
    """Put the site back as ARCHIVE has it. What is there now is kept in a dated folder beside it."""
    config, app = _config(), current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if pid := running(config.instance) or running(config.instance.parent):
        raise click.ClickException(
            f"站点正在运行（进程 {pid}），请先停止。 The site is running (process {pid}): stop it first."
        )
    if not yes:
        click.confirm(f"用 {archive} 恢复 {config.instance}？ Restore the site from this archive?", abort=True)
    db.session.remove()
    db.engine.dispose()
    try:
        made, aside = backup.restore(config, archive.absolute(), clock.now())
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"没有恢复，原数据未动：{error.strerror}。 Nothing was changed.") from error
    for line in database.prepare(app):
        click.echo(line)
    click.echo(f"已恢复到 restored to {made.made_at}: {sum(made.rows.values())} 行 rows")
    click.echo(f"原来的数据在 what was there is in: {aside}")


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def init_app(app: Flask) -> None:
    """Attach the command groups, and prepare a missing database before any command that needs one."""
    for command in (site, demo.group, vendor.group, catalogues.group, back_up, restore):
        app.cli.add_command(command)
