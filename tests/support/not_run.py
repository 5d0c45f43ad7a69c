"""A pytest plugin: what did not run for want of something on the machine is said loudly."""

from __future__ import annotations

import pytest

NOT_RUN = {
    "tests/browser/": "BROWSER TESTS DID NOT RUN: install chromium, or set PORTAL_SHARED for the real Word bank",
    "test_drills.py": "DRILLS DID NOT RUN: install strace and util-linux",
    "test_html_checker.py": "THE HTML CHECKER DID NOT RUN: PORTAL_VNU names its jar, java runs it",
    "test_redis.py": "REDIS TESTS DID NOT RUN: install redis-server",
    "_postgres.py": "POSTGRESQL TESTS DID NOT RUN: install postgresql and psycopg",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what did not run for want of something on the machine."""
    skipped = [report.nodeid for report in terminalreporter.stats.get("skipped", [])]
    for place, text in NOT_RUN.items():
        if count := sum(place in name for name in skipped):
            terminalreporter.write_sep("!", f"{count} {text}", red=True, bold=True)
