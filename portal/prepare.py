"""Set-up before a start: secrets, schema, demo data, and what to tell the person who watches."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from portal import config as configuration
from portal import create_app, database, serving, tls
from portal.config import ConfigError
from portal.core import clock
from portal.extensions import db
from portal.lifeline import running
from portal.serving import Serving, is_loopback
from portal.system.queries import newest_row_at
from portal.system.rules import CLOCK_TOLERANCE

LINE = "─" * 60
SOON_DAYS = 30


def main() -> int:
    """Prepare the site in use; prints reasons and returns 1 where it must not start."""
    parser = argparse.ArgumentParser(prog="portal.prepare")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--quiet", action="store_true", help="only the schema, for the command line")
    add_options(parser)
    return 0 if prepare(parser.parse_args(), create_app) else 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the person at the terminal may allow."""
    parser.add_argument("--insecure-lan", action="store_true")
    parser.add_argument("--new-secrets", action="store_true")


def prepare(options: argparse.Namespace, make: Callable[[configuration.Config], Flask]) -> bool:
    """Prepare the site with the application that `make` gives; False when it must not start, and why is printed."""
    try:
        _prepare(options, make)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return False
    return True


def _prepare(options: argparse.Namespace, make: Callable[[configuration.Config], Flask]) -> None:
    if os.environ.get("PORTAL_DEMO") == "0":
        base = Path(os.environ.get("PORTAL_INSTANCE") or configuration.ROOT / "instance").resolve()
        configuration.make_private(base)
        configuration.ensure_secrets(base, lost=options.new_secrets)
    settings = configuration.load()
    if not options.quiet:
        configuration.make_private(settings.logs)
        _check_reach(settings, options.host, insecure_lan=options.insecure_lan)
    app = make(settings)
    if options.quiet:
        refuse_under_an_older_site(app, settings)
    for line in database.prepare(app):
        if not options.quiet:
            print(line, flush=True)
    if options.quiet:
        return
    with app.app_context():
        _check_clock()
        if settings.demo:
            from portal.demo import loader

            loader.load_first_time(print)
            _introduce_demo(settings, loader.accounts())
    cert, key = (str(path or "") for path in (settings.tls_cert, settings.tls_key))
    serving.note(settings.instance, Serving(options.host, cert, key, insecure_lan=options.insecure_lan))
    print(f"数据目录 data folder: {settings.instance}", flush=True)


def refuse_under_an_older_site(app: Flask, settings: configuration.Config) -> None:
    """A command of a newer program does not migrate while the older one serves. Raises ConfigError."""
    pid = running(settings.instance) or running(settings.instance.parent)
    with app.app_context():
        outdated = pid is not None and database.current_revision() not in {None, database.head()}
    if outdated:
        raise ConfigError(
            f"站点正在用升级前的程序运行（进程 {pid}）。请先停止站点，再执行命令或重新启动；数据没有改动。\n"
            f"The site runs with the program from before the upgrade (process {pid}): stop it; nothing was changed."
        )


def _check_reach(settings: configuration.Config, host: str, *, insecure_lan: bool) -> None:
    """Who may come in, and over what. Raises ConfigError."""
    if settings.demo and not is_loopback(host):
        raise ConfigError(
            f"演示模式使用公开的密码，只能在本机访问，不能用 --host {host}。正式使用请加 --no-demo。\n"
            "The demo has public passwords and listens on loopback only. For a real site add --no-demo."
        )
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ConfigError("证书和私钥必须同时给出。 Certificate and key go together: --tls-cert, --tls-key.")
    if settings.tls_cert and settings.tls_key:
        _introduce_certificate(tls.check(settings.tls_cert, settings.tls_key))
    elif not is_loopback(host) and not insecure_lan:
        raise ConfigError(
            f"--host {host} 会让密码和答案在网络上明文传输，没有启动。请任选其一：\n"
            "  1. 加 --tls-cert 证书 --tls-key 私钥（docs/operations.md 说明怎样自建内部 CA）；\n"
            "  2. 确认网络可信、暂不加密时，加 --insecure-lan，系统状态页会一直提醒。\n"
            f"With --host {host} passwords and answers would cross the network unencrypted; not started. Either add\n"
            "--tls-cert and --tls-key (docs/operations.md tells how to make your own), or --insecure-lan."
        )
    elif not is_loopback(host):
        print("注意：未加密，密码和答案明文传输（--insecure-lan）。 Mind: not encrypted.", flush=True)


def _check_clock() -> None:
    """Say that the clock stands before the newest row: deadlines of exams would move."""
    newest = newest_row_at(db.session())
    db.session.rollback()
    if newest is not None and newest - clock.now() > CLOCK_TOLERANCE:
        print(
            f"注意：服务器时间比数据库里最新的记录（{clock.to_local(newest):%Y-%m-%d %H:%M}）还早，请先校准时间。\n"
            "Mind: the clock stands before the newest row of the database. Set it right: deadlines depend on it.",
            flush=True,
        )


def _introduce_certificate(certificate: tls.Certificate) -> None:
    days, names = certificate.days_left(clock.now()), "、".join(certificate.names)
    print(f"HTTPS：证书还有 {days} 天到期。 The certificate ends in {days} days.", flush=True)
    if names:
        print(f"  用于 for {names}", flush=True)
    else:
        print("注意：证书没有 subjectAltName，浏览器会拒绝。 Mind: no subjectAltName, browsers refuse it.", flush=True)
    if days < SOON_DAYS:
        print("注意：证书快到期了，请尽快重新签发。 Mind: it ends soon, make a new one.", flush=True)


def _introduce_demo(settings: configuration.Config, accounts: list[tuple[str, str, str]]) -> None:
    print(f"\n{LINE}\n演示账号 demo accounts    密码 password: {settings.demo_password}")
    for number, chinese, english in accounts:
        print(f"  {number:<8}{chinese}  {english}")
    print(LINE, flush=True)


if __name__ == "__main__":
    sys.exit(main())
