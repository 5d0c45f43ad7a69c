"""Set-up before a start: secrets, schema, demo data, and what to tell the person who watches."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from pathlib import Path

from portal import config as configuration
from portal import create_app, database
from portal.config import ConfigError

LINE = "─" * 60


def main() -> int:
    """Prepare the site in use; prints reasons and returns 1 where it must not start."""
    parser = argparse.ArgumentParser(prog="portal.prepare")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--quiet", action="store_true", help="only the schema, for the command line")
    options = parser.parse_args()
    try:
        _prepare(options.host, quiet=options.quiet)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _prepare(host: str, *, quiet: bool) -> None:
    if os.environ.get("PORTAL_DEMO") == "0":
        base = Path(os.environ.get("PORTAL_INSTANCE") or configuration.ROOT / "instance").resolve()
        configuration.make_private(base)
        configuration.ensure_secrets(base)
    settings = configuration.load()
    if settings.demo and not is_loopback(host):
        raise ConfigError(
            f"演示模式使用公开的密码，只能在本机访问，不能用 --host {host}。正式使用请加 --no-demo。\n"
            "The demo has public passwords and listens on loopback only. For a real site add --no-demo."
        )
    app = create_app(settings)
    for line in database.prepare(app):
        if not quiet:
            print(line, flush=True)
    if quiet:
        return
    with app.app_context():
        if settings.demo:
            from portal.demo import loader

            loader.load_first_time(print)
            _introduce_demo(settings, loader.accounts())
    print(f"数据目录 data folder: {settings.instance}", flush=True)


def _introduce_demo(settings: configuration.Config, accounts: list[tuple[str, str, str]]) -> None:
    print(f"\n{LINE}\n演示账号 demo accounts    密码 password: {settings.demo_password}")
    for number, chinese, english in accounts:
        print(f"  {number:<8}{chinese}  {english}")
    print(LINE, flush=True)


def is_loopback(host: str) -> bool:
    """Whether a server on this host is reachable from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
