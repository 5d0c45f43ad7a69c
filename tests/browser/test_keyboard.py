"""From signing in to the result with the keyboard alone, and with a finger on a phone in elder mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.exams import build_bank, build_round, sit
from tests.support.people import PASSWORD, Office, number_of
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

QUESTIONS = 8
FINGER = 44  # CSS pixels: WCAG 2.5.5, which elder mode keeps to

# What has the focus: seen at all, marked by an outline (its label's, where the input itself is drawn by it), uncovered.
FOCUS = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const drawn = focused.closest("label.opt") || focused;
  const box = drawn.getBoundingClientRect();
  const marked = [focused, drawn].some(each => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height, 30) / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    name: (focused.getAttribute("aria-label") || focused.textContent || focused.name).trim().slice(0, 40),
    marked,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    uncovered: Boolean(top) && (drawn.contains(top) || top.contains(drawn)),
  };
}"""


@pytest.fixture
def site(server: Server) -> Server:
    """A site with an open round of eight questions, and one sheet handed in."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        office = Office.load(session)
        bank = build_bank(session, office, each=2)
        round_ = build_round(session, office, title="2026年度学法考试", bank=bank, show_answers="at_once")
        sit(session, round_, office.people["leader"], right=3)
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of the office's size."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def tab_to(page: Page, wanted: Locator, *, most: int = 40) -> list[str]:
    """Press Tab until it has the focus; every stop on the way must be seen. Gives the names of the stops."""
    wanted.wait_for()
    stops: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:  # past the last one: the browser's own bar
            continue
        stops.append(found["name"])
        assert found["marked"], f"no mark of the focus on {stops}"
        assert found["seen"], f"the focus is outside the window: {stops}"
        assert found["uncovered"], f"something lies over the focus: {stops}"
        if wanted.evaluate("each => each === document.activeElement"):
            return stops
    raise AssertionError(f"not reached by Tab: {stops}")


def press(page: Page, wanted: Locator, key: str = "Enter") -> list[str]:
    stops = tab_to(page, wanted)
    page.keyboard.press(key)
    return stops


def sign_in(page: Page, site: Server, person: str) -> None:
    page.goto(site.url)
    expect(page.locator("#number")).to_be_focused()
    page.keyboard.type(number_of(person))
    assert len(tab_to(page, page.locator("#password"))) == 1, "the password comes right after the number"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def test_the_exam_with_the_keyboard_alone(page: Page, site: Server) -> None:
    sign_in(page, site, "cadre")
    stops = press(page, page.get_by_role("link", name="开始考试"))
    assert stops[0] == "跳到主要内容"
    press(page, page.get_by_role("button", name="信息无误，开始考试"))
    page.wait_for_selector("#exam")
    for place in range(1, QUESTIONS + 1):
        section = page.locator(f"#q{place}")
        expect(section).to_be_visible()
        kind, inputs = section.get_attribute("data-type"), section.locator("input")
        tab_to(page, inputs.first)
        if kind == "fill":
            page.keyboard.type("甲")
        else:
            page.keyboard.press("Space")
            expect(inputs.first).to_be_checked()
        if place < QUESTIONS:
            press(page, section.get_by_role("button", name="下一题"))
            expect(page.locator(f"#q{place + 1}")).to_be_focused()
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    press(page, page.locator(f"#q{QUESTIONS}").get_by_role("button", name="去交卷"))
    expect(page.get_by_text(f"{QUESTIONS} 题全部已答")).to_be_visible()
    press(page, page.get_by_role("button", name="确认交卷"))
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    press(page, page.locator("summary", has_text="查看经过"))
    expect(page.locator(".tl li").first).to_be_visible()


def test_a_dialog_keeps_the_focus_and_gives_it_back(page: Page, site: Server) -> None:
    sign_in(page, site, "exam_officer")
    page.wait_for_url(f"{site.url}/")
    page.goto(f"{site.url}/exams/rounds/1/results/attempts/1")
    reason = page.locator("#reason")
    tab_to(page, reason, most=60)
    page.keyboard.type("走错考场")
    button = page.get_by_role("button", name="作废")
    press(page, button)
    dialog = page.locator("#confirm")
    expect(dialog).to_be_visible()
    inside = "dialog => dialog.contains(document.activeElement) || document.activeElement === document.body"
    names = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert dialog.evaluate(inside)
        names.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 4)"))
    assert {"确定", "取消"} <= names
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.textContent.trim()") != "确定":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("答卷已作废，不再计入成绩。")).to_be_visible()


def test_the_exam_with_a_finger_in_elder_mode(browser: Browser, site: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "ui", "value": "zh.elder.m.normal", "url": site.url}])
    page = context.new_page()

    def tap(wanted: Locator) -> None:
        wanted.scroll_into_view_if_needed()
        box = wanted.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= FINGER, wanted
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        wanted.tap()

    page.goto(site.url)
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    page.fill("#number", number_of("cadre"))
    page.fill("#password", PASSWORD)
    tap(page.locator("#login_form button[type=submit]"))
    tap(page.get_by_role("link", name="开始考试"))
    tap(page.get_by_role("button", name="信息无误，开始考试"))
    page.wait_for_selector("#exam")
    for place in range(1, QUESTIONS + 1):
        section = page.locator(f"#q{place}")
        expect(section).to_be_visible()
        if section.get_attribute("data-type") == "fill":
            section.locator("input").first.fill("甲")
        else:
            tap(section.locator("label.opt").first)
            expect(section.locator("input").first).to_be_checked()
        if place < QUESTIONS:
            tap(section.get_by_role("button", name="下一题"))
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    tap(page.locator(f"#q{QUESTIONS}").get_by_role("button", name="去交卷"))
    tap(page.get_by_role("button", name="确认交卷"))
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
