"""A real browser in front of the real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.server import Server, site_folder

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, headless."""
    if CHROMIUM is None:
        if os.environ.get("PORTAL_BROWSER_REQUIRED"):
            pytest.fail("chromium is not installed, and PORTAL_BROWSER_REQUIRED is set")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def server(base_folder: Path, tmp_path: Path) -> Iterator[Server]:
    """The server on a copy of the test office; start it when the rows are there."""
    made = Server(site_folder(base_folder, tmp_path / "site"))
    yield made
    made.stop()
