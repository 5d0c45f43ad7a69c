"""The main job, as a cadre does it: sign in, sit forty questions through a network loss, hand in, read the result."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.exams import build_bank, build_round
from tests.support.people import PASSWORD, Office, number_of
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

QUESTIONS = 40
DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
Clicks = dict[int, list[str]]


@pytest.fixture
def site(server: Server) -> Server:
    """A site with an open round of forty questions that lists the cadre."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        office = Office.load(session)
        bank = build_bank(session, office, each=10)
        build_round(session, office, title="2026年度学法考试", bank=bank, per_type=10, show_answers="at_once")
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


@pytest.fixture
def errors() -> list[str]:
    """What the browser complains about."""
    return []


@pytest.fixture
def pages(browser: Browser, site: Server, errors: list[str]) -> Iterator[dict[str, Page]]:
    """A signed-in page at each size, and one without script."""
    contexts: list[BrowserContext] = []
    made: dict[str, Page] = {}
    for name, size, script in (("desktop", DESKTOP, True), ("phone", PHONE, True), ("plain", DESKTOP, False)):
        context = browser.new_context(viewport=size, java_script_enabled=script)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        contexts.append(context)
        made[name] = context.new_page()
        made[name].on("pageerror", lambda error: errors.append(str(error)))
        made[name].on("console", lambda line: errors.append(line.text) if "Security Policy" in line.text else None)
    yield made
    for context in contexts:
        context.close()


def sign_in(page: Page, site: Server) -> None:
    page.goto(site.url)
    page.fill("#number", number_of("cadre"))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    expect(page.get_by_role("heading", name="2026年度学法考试")).to_be_visible()


def begin(page: Page, site: Server) -> None:
    sign_in(page, site)
    shot(page, "home")
    page.get_by_role("link", name="开始考试").click()
    shot(page, "notice")
    page.get_by_role("button", name="信息无误，开始考试").click()
    page.wait_for_selector("#exam")


def shot(page: Page, name: str) -> None:
    """Keep a picture where PORTAL_SHOTS says so."""
    if folder := os.environ.get("PORTAL_SHOTS"):
        width = (page.viewport_size or DESKTOP)["width"]
        page.screenshot(path=Path(folder) / f"exam-{name}-{width}.png")


def answer(page: Page, place: int, clicks: Clicks, *, turn: int = 0) -> None:
    """Answer the question at a place, by its kind, and write down what was clicked."""
    section = page.locator(f"#q{place}")
    kind = section.get_attribute("data-type")
    if kind == "fill":
        value = [f"答案{place}-{turn}"]
        section.locator("input").first.fill(value[0])
        section.locator("input").first.dispatch_event("change")
    elif kind == "multiple":
        value = sorted({str((place + turn) % 4), str((place + turn + 1) % 4)})
        for box in section.locator("input").all():
            if box.is_checked() is not ((box.get_attribute("value") or "") in value):
                box.evaluate("box => box.click()")  # on a phone the bar at the bottom may lie over it until one scrolls
    else:
        value = [str((place + turn) % section.locator("input").count())]
        section.locator(f"input[value='{value[0]}']").evaluate("radio => radio.click()")
    clicks[place] = value


def turn_to(page: Page, place: int) -> None:
    """Go to a question by the answer card; on a phone it is folded away."""
    card = page.locator("#card" if (page.viewport_size or DESKTOP)["width"] > 768 else "details.mnav")
    if card.get_attribute("class") != "card dnav" and card.get_attribute("open") is None:
        card.locator("summary").click()
    card.locator(f"a[data-pos='{place}']").click()


def stored(site: Server) -> Clicks:
    """What the database holds."""
    with closing(sqlite3.connect(site.folder / "portal.db")) as connection:
        rows = connection.execute("SELECT position, value FROM answers").fetchall()
    import json

    return {position: json.loads(value) for position, value in rows}


def everything_stored(page: Page, site: Server, clicks: Clicks) -> None:
    """What was kept in the browser has reached the database, whether before or after the reload."""
    for _ in range(100):
        if stored(site) == clicks:
            break
        page.wait_for_timeout(200)
    assert stored(site) == clicks
    expect(page.locator(".qsave[data-state=unsaved]")).to_have_count(0)


def all_saved(page: Page) -> None:
    expect(page.locator("#save")).to_have_attribute("data-state", "saved", timeout=30_000)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_forty_questions_through_a_network_loss(
    pages: dict[str, Page], site: Server, errors: list[str], size: str
) -> None:
    page, clicks = pages[size], Clicks()
    begin(page, site)
    for place in range(1, 16):
        answer(page, place, clicks)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator(f"#q{place} [data-go=next]").click()
    all_saved(page)
    shot(page, "sitting")
    page.context.set_offline(True)
    for place in [*range(16, 26), 3, 7]:  # ten new answers and two changed ones while the network is gone
        turn_to(page, place)
        answer(page, place, clicks, turn=1)
    expect(page.locator("#offline")).to_be_visible(timeout=20_000)
    expect(page.locator("#save")).to_contain_text("12 题")
    shot(page, "offline")
    assert len(stored(site)) == 15
    page.context.set_offline(False)
    page.reload()
    everything_stored(page, site, clicks)
    for place in range(26, QUESTIONS + 1):
        turn_to(page, place)
        answer(page, place, clicks)
    all_saved(page)
    hand_in(page)
    assert stored(site) == clicks
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('exam:')).length") == 0
    assert errors == []


def hand_in(page: Page) -> None:
    page.get_by_role("banner").get_by_role("button", name="交卷").click()
    expect(page.get_by_role("heading", name="交卷确认")).to_be_visible()
    shot(page, "review")
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    shot(page, "result")


def test_without_script(pages: dict[str, Page], site: Server) -> None:
    page, clicks = pages["plain"], Clicks()
    begin(page, site)
    for place in range(1, QUESTIONS):
        section = page.locator(f"#q{place}")
        kind = section.get_attribute("data-type")
        if kind == "fill":
            section.locator("input").first.fill("甲")
            clicks[place] = ["甲"]
        else:
            section.locator("input").first.check(force=True)
            clicks[place] = ["0"]
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert stored(site) == clicks
    page.locator("main").get_by_role("button", name="去交卷").click()
    expect(page.get_by_text("还有 1 题未答")).to_be_visible()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    assert stored(site) == clicks


def test_two_tabs_and_another_browser(pages: dict[str, Page], site: Server) -> None:
    first, clicks = pages["desktop"], Clicks()
    begin(first, site)
    answer(first, 1, clicks)
    all_saved(first)
    second = first.context.new_page()
    second.goto(first.url)
    expect(first.locator("#notice")).to_contain_text("另一个标签页")
    second.locator("#card a[data-pos='2']").click()
    answer(second, 2, clicks)
    all_saved(second)
    elsewhere = pages["phone"]
    sign_in(elsewhere, site)
    elsewhere.get_by_role("link", name="继续考试").click()
    elsewhere.get_by_role("button", name="在这里继续").click()
    elsewhere.wait_for_selector("#exam")
    second.locator("#card a[data-pos='2']").click()
    answer(second, 2, Clicks(), turn=1)
    expect(second.locator("#notice")).to_contain_text("另一台设备")
    assert stored(site) == clicks
