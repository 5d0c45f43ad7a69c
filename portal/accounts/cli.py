"""Accounts on the command line, for whoever can reach the server itself: the first day, and a locked-out office."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from portal import database
from portal.accounts import ROLE_LABELS, bp
from portal.accounts import people_services as services
from portal.accounts.models import User
from portal.accounts.passwords import make_first
from portal.accounts.rules import NUMBER
from portal.accounts.setup import Slip, set_up
from portal.accounts.sign_in import config, name_digest
from portal.config import write_site_words
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.viewer import system_viewer
from portal.extensions import db, writing
from portal.web.errors import explain


def _person(text: str) -> tuple[str, str]:
    """ "工号 姓名" as (number, name). Raises UsageError."""
    number, _, name = text.replace("\u3000", " ").strip().partition(" ")
    if not NUMBER.match(number) or not 0 < len(name.strip()) <= 50:  # noqa: PLR2004  the column's width
        raise click.UsageError(f'“{text}”应写成“工号 姓名”。 Write "NUMBER NAME".')
    return number, name.strip()


@click.command("init")
@click.option("--district", prompt="区县名称 district", help="Name of the district, the top of the tree.")
@click.option("--bureau", prompt="信访局全称 bureau", help="Full name of the bureau.")
@click.option(
    "--sections", prompt="科室，用逗号分隔，可不填 sections", default="", show_default=False,
    help="Names of its sections, separated by commas.",
)  # fmt: skip
@click.option("--system", prompt="系统管理员（工号 姓名）system administrator", help='"NUMBER NAME"')
@click.option("--security", prompt="安全管理员（工号 姓名）security administrator", help='"NUMBER NAME"')
@click.option("--audit", prompt="审计管理员（工号 姓名）audit administrator", help='"NUMBER NAME"')
@click.option(
    "--phone", prompt="帮助电话，可不填 help desk", default="", show_default=False, help="Telephone for help."
)
@click.option("--slips", type=click.Path(dir_okay=False, path_type=Path), help="Also write the slips to this file.")
@with_appcontext
def init(
    *,
    district: str,
    bureau: str,
    sections: str,
    system: str,
    security: str,
    audit: str,
    phone: str,
    slips: Path | None,
) -> None:
    """Set up a real site: bureau, sections, and three administrators with first passwords on slips."""
    if config().demo:
        raise click.ClickException(
            "当前是演示数据。正式使用请执行 python3 manage.py flask init。\n"
            "This is the demo. For a real site: python3 manage.py flask init"
        )
    for line in database.prepare(current_app._get_current_object()):  # type: ignore[attr-defined]  # noqa: SLF001
        click.echo(line)
    people = [_person(text) for text in (system, security, audit)]
    names = [name.strip() for name in re.split(r"[,，、]", sections) if name.strip()]
    with writing() as session:
        try:
            made = set_up(
                session, actor=system_viewer(), now=clock.now(), today=clock.today(), district=district.strip(),
                bureau=bureau.strip(), sections=names, administrators=people,
            )  # fmt: skip
        except RuleError as error:
            session.rollback()
            raise click.ClickException(explain(error)) from error
        text = slips_text(made)
        if slips is not None:
            _write_private(slips, text)  # before the commit: without slips nobody could ever sign in
        write_site_words(config().instance, bureau=bureau.strip(), phone=phone.strip())
        session.commit()
    click.echo(text)
    click.echo("请裁开交给本人，首次登录须改密码；本屏幕不再显示。 Cut apart and hand over; not shown again.")
    click.echo("启动 start: python3 manage.py run --no-demo")


def slips_text(slips: Sequence[Slip]) -> str:
    """The slips as text, with a line to cut along between them."""
    lines = []
    for slip in slips:
        lines += [
            "- " * 30,
            f"{slip.name}    {ROLE_LABELS[slip.role]}",
            f"工号 number        {slip.number}",
            f"首次密码 password  {slip.password}",
        ]
    return "\n".join([*lines, "- " * 30])


def _write_private(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(
            f"密码条写不到 {path}（{error.strerror}），没有建立任何账号。 Cannot write the slips; nothing was set up."
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")


@bp.cli.command("reset")
@click.argument("number")
def reset(number: str) -> None:
    """Give a person a new first password and let them sign in again, when no administrator can."""
    first = make_first()  # before the lock is taken: the portal may be at work
    with writing() as session:
        user = session.scalars(select(User).where(User.number == number)).one_or_none()
        if user is None:
            session.rollback()
            raise click.ClickException(f"没有工号为 {number} 的人员。 There is nobody with the number {number}.")
        services.reset_from_server(
            session, actor=system_viewer(), now=clock.now(), user=user, name_digest=name_digest(number),
            password_hash=first.hashed,
        )  # fmt: skip
        name = user.name
        session.commit()
        db.session.remove()
    click.echo(f"{name}（{number}）\n首次密码 password: {first.text}")
    click.echo("其他登录已结束，首次登录须改密码。 All sessions ended; to be changed at the first sign-in.")
