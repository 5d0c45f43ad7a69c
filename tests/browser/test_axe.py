"""Every page, in three display modes and at two sizes: nothing for axe-core to find, no fault, nothing sideways.

The pages are found by tests/support/pages.py; a new one that it does not find fails the first test here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.pages import Look, Walk, walk
from tests.support.server import Server, site_folder

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN = """async options => {
  const found = await axe.run(document, options);
  const said = node => `${node.target}${(node.failureSummary || "").split("\\n")[1] || ""}`;
  return found.violations.map(one => `${one.id}: ${one.nodes.slice(0, 3).map(said).join(" | ")}`);
}"""
OPTIONS = {"runOnly": TAGS, "resultTypes": ["violations"]}
# Nearly all of axe's time goes into contrast. Every page has its colours looked at in normal and in high contrast at
# one size; elder mode has the colours of the normal one. In every mode at both sizes they are on the style guide, which
# has all components, and on the first page of each role, which has all that stands around a page.
PLAIN = {**OPTIONS, "rules": {"color-contrast": {"enabled": False}}}
COLOURS_AT = {("normal", "normal", 1366), ("normal", "high", 1366)}
SIZES = ({"width": 1366, "height": 768}, {"width": 390, "height": 844})
MODES = (("normal", "normal"), ("elder", "normal"), ("normal", "high"))
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
PARTS = 4  # so that two workers share the walk


@pytest.fixture(scope="module")
def site(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Walk]]:
    """A running site with something on every page, and the way through it."""
    server = Server(site_folder(base_folder, tmp_path_factory.mktemp("axe") / "site"))
    found = walk(server.folder)
    server.start()
    yield server, found
    server.stop()


def test_every_page_is_walked(site: tuple[Server, Walk]) -> None:
    assert site[1].missed == [], "let a link lead there, or write it into BY_HAND or NOT_PAGES of support/pages.py"


def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    body = "<h1>甲</h1><img src=x><p style=width:600px>乙</p><p style=color:#ddd>看不清的字</p>"
    page.set_content(f"<html lang=zh-CN><title>甲</title><main>{body}</main>")
    found = looked_at(page, 390, axe=True, colours=True)
    page.close()
    assert [each for each in found if "image-alt: img" in each and "normal high 390" in each]
    assert [each for each in found if "color-contrast" in each and "normal normal 390" in each]
    assert [each for each in found if "wider than the window" in each]


@pytest.mark.parametrize("part", range(PARTS))
def test_pages_are_sound(browser: Browser, site: tuple[Server, Walk], part: int) -> None:
    server, found = site
    contexts: dict[str | None, BrowserContext] = {}
    faults: list[str] = []
    for look in found.looks[part::PARTS]:
        first = look.role not in contexts
        if first:
            contexts[look.role] = browser.new_context(reduced_motion="reduce")
            if look.role:
                cookie = {"name": found.cookie_name, "value": found.cookies[look.role], "url": server.url}
                contexts[look.role].add_cookies([cookie])  # type: ignore[list-item]
        faults += check(contexts[look.role], server, look, colours=first or look.endpoint == "home.styleguide")
    for context in contexts.values():
        context.close()
    assert faults == [], "\n".join(faults)


def check(context: BrowserContext, server: Server, look: Look, *, colours: bool) -> list[str]:
    """What is wrong with a page; with `colours`, those are looked at in every mode at both sizes."""
    page, where = context.new_page(), f"{look.endpoint} ({look.role}, {look.path})"
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{where}: {error}"))
    page.on("console", lambda line: faults.append(f"{where}: {line.text}") if is_fault(line, look) else None)
    for language in ("en", "zh"):
        ui = {"name": "ui", "value": f"{language}.normal.m.normal", "url": server.url}
        context.add_cookies([ui])  # type: ignore[list-item]
        page.goto(server.url + look.path)
        for size in SIZES:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            faults += [
                f"{where} {language} {each}"
                for each in looked_at(page, size["width"], axe=language == "zh", colours=colours)
            ]
    page.close()
    return faults


def is_fault(line: Any, look: Look) -> bool:
    """An error in the console; that an error page was answered with its own status is none."""
    return line.type == "error" and not (look.endpoint.isdecimal() and f"status of {look.endpoint}" in line.text)


def looked_at(page: Page, width: int, *, axe: bool, colours: bool = False) -> list[str]:
    """The modes of a loaded page at one size."""
    faults = []
    if axe and not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    for mode, contrast in MODES:
        page.evaluate(
            "([mode, contrast]) => Object.assign(document.documentElement.dataset, {mode, contrast})", [mode, contrast]
        )
        if page.evaluate(TOO_WIDE):
            faults.append(f"{mode} {contrast} {width}: wider than the window")
        if axe:
            options = OPTIONS if colours or (mode, contrast, width) in COLOURS_AT else PLAIN
            faults += [f"{mode} {contrast} {width}: {each}" for each in page.evaluate(RUN, options)]
    return faults
