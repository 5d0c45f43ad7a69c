"""What a person does in a real browser, test after test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.support.people import PASSWORD, number_of
from tests.support.server import Server


@contextmanager
def window(browser: Browser, viewport: Mapping[str, int]) -> Iterator[Page]:
    """A window of a size; a fault in its console fails the test."""
    size: Any = dict(viewport)
    context = browser.new_context(viewport=size)
    opened, faults = context.new_page(), []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield opened
    context.close()
    assert faults == []


def sign_in(page: Page, site: Server, role: str) -> None:
    """Sign in as the test office's person of a role, up to the home page."""
    page.goto(f"{site.url}/accounts/login")
    page.fill("#number", number_of(role))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    page.wait_for_url(f"{site.url}/")
