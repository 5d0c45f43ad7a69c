"""Practice in a real browser: on a phone with a finger, at a desk with the keyboard alone, and in elder mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.browsing import sign_in, window
from tests.support.people import Office
from tests.support.practice import released_bank
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1366, "height": 768}
FITS = "document.documentElement.scrollWidth <= innerWidth"
FINGER = 44  # CSS pixels: WCAG 2.5.5


@pytest.fixture
def site(server: Server) -> Server:
    """A site with a bank released for practice."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        released_bank(session, Office.load(session), each=4)
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window of either size; a fault in the console fails the test."""
    with window(browser, request.param) as opened:
        yield opened


def fill_in(page: Page) -> None:
    """Some answer to whatever is asked, once it is there."""
    page.locator("#practice_question legend").wait_for()
    options, blanks = page.locator("#practice_question label.opt"), page.locator("#practice_question input.inp")
    if options.count():
        options.first.click()
    for place in range(blanks.count()):
        blanks.nth(place).fill("甲")


def test_the_daily_ten_from_home_to_the_end(page: Page, site: Server) -> None:
    sign_in(page, site, "cadre")
    page.get_by_role("button", name="开始练习").click()
    for number in range(1, 11):
        expect(page.locator("#practice_question")).to_contain_text(f"第 {number} 题 / 共 10 题")
        fill_in(page)
        send = page.get_by_role("button", name="提交答案")
        box = send.bounding_box()
        assert box is not None
        assert box["height"] >= FINGER
        assert box["y"] + box["height"] <= page.viewport_size["height"], "within reach without scrolling"  # type: ignore[index]
        send.click()
        expect(page.locator(".presult")).to_be_focused()
        assert page.evaluate(FITS)
        if number == 3:
            page.reload()  # one goes on where one stopped
            expect(page.locator("#practice_question")).to_contain_text("第 4 题 / 共 10 题")
            continue
        page.get_by_role("link", name="看本组结果" if number == 10 else "下一题").click()
        expect(page.locator(".presult")).to_have_count(0)
    expect(page.locator("#practice_question")).to_contain_text("本组已练完")
    page.goto(f"{site.url}/")
    expect(page.locator("main")).to_contain_text("今天的十题已练完")


def test_with_the_keyboard_alone(page: Page, site: Server) -> None:
    sign_in(page, site, "cadre")
    page.goto(f"{site.url}/exams/practice")
    page.get_by_role("button", name="练习：单选题").focus()
    page.keyboard.press("Enter")
    for number in range(1, 4):
        expect(page.locator("#practice_question")).to_contain_text(f"第 {number} 题 / 共 4 题")
        if number == 1:
            page.locator("legend").focus()
        else:
            expect(page.locator("legend")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(".presult")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")


def test_in_elder_mode_everything_fits(page: Page, site: Server) -> None:
    sign_in(page, site, "cadre")
    page.context.add_cookies([{"name": "ui", "value": "zh.elder.m.normal", "url": site.url}])
    page.goto(f"{site.url}/exams/practice")
    for name in ("练习：判断题", "练习：填空题"):
        page.goto(f"{site.url}/exams/practice")
        assert page.evaluate(FITS)
        page.get_by_role("button", name=name).click()
        fill_in(page)
        page.get_by_role("button", name="提交答案").click()
        expect(page.locator(".presult")).to_be_visible()
        assert page.evaluate(FITS)
        for step in page.locator(".psteps a, .psteps li > span").all():
            box = step.bounding_box()
            assert box is not None
            assert box["height"] >= FINGER
    for path in ("notebook", "record"):
        page.goto(f"{site.url}/exams/practice/{path}")
        assert page.evaluate(FITS), path


def test_without_script(browser: Browser, site: Server) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site, "cadre")
    page.goto(f"{site.url}/exams/practice")
    page.get_by_role("button", name="练习：判断题").click()
    page.get_by_role("button", name="提交答案").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有作答")
    page.locator("label.opt").first.click()
    page.get_by_role("button", name="提交答案").click()
    expect(page.locator(".presult")).to_contain_text("正确答案")
    page.get_by_role("link", name="下一题").click()
    expect(page.locator("#practice_question")).to_contain_text("第 2 题 / 共 4 题")
    context.close()
