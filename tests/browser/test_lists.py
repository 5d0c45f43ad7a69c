"""Lists in a real browser: a row beside its list, the keyboard, many rows at once, search; with script and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from portal import create_app
from portal.accounts.models import User, UserState
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.browsing import sign_in, window
from tests.support.exams import build_bank
from tests.support.people import Office
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

PEOPLE = "/accounts/people"
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def site(server: Server) -> Server:
    """A running site with a question bank."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        build_bank(session, Office.load(session), name="题库", each=6)
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desk's window; a fault in the console fails the test."""
    with window(browser, DESK) as opened:
        yield opened


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_a_row_opens_beside_its_list_and_closes_again(page: Page, site: Server) -> None:
    sign_in(page, site, "system_admin")
    page.goto(f"{site.url}{PEOPLE}?sort=name&size=50")
    link = page.locator("tbody tr").nth(2).locator("a.subj")
    name = link.text_content() or ""
    link.click()
    heading = page.locator("#panel h2")
    expect(heading).to_be_focused()
    expect(page.locator("tbody tr.open a.subj")).to_have_text(name)
    assert "open=" in page.url
    assert "sort=name" in page.url
    page.reload()
    expect(page.locator("#panel h2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    assert focused(page) == name
    assert "open=" not in page.url
    page.locator("tbody tr").nth(1).locator("a.subj").click()
    expect(page.locator("#panel h2")).to_be_focused()
    page.locator("[data-panel-close]").click()
    expect(page.locator("#panel")).to_be_empty()


@pytest.mark.parametrize(
    ("role", "path"), [("audit_admin", "/audit/"), ("exam_officer", "/exams/banks/1"), ("manager", PEOPLE)]
)
def test_every_list_with_pages_of_rows_has_the_panel(page: Page, site: Server, role: str, path: str) -> None:
    sign_in(page, site, role)
    page.goto(f"{site.url}{path}")
    page.locator("tbody a.subj").first.click()
    expect(page.locator("#panel h2")).to_be_focused()
    page.locator("#panel").get_by_role("link", name="整页").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_phone_and_elder_mode_open_the_page_of_the_row(page: Page, site: Server) -> None:
    sign_in(page, site, "manager")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"{site.url}{PEOPLE}")
    page.locator("tbody a.subj").first.click()
    page.wait_for_url(f"{site.url}{PEOPLE}/*")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.context.add_cookies([{"name": "ui", "value": "zh.elder.m.normal.on", "url": site.url}])
    page.goto(f"{site.url}{PEOPLE}")
    page.locator("tbody a.subj").first.click()
    page.wait_for_url(f"{site.url}{PEOPLE}/*")


def test_the_keyboard_moves_selects_and_opens(page: Page, site: Server) -> None:
    sign_in(page, site, "system_admin")
    page.goto(f"{site.url}{PEOPLE}")
    names = page.locator("tbody a.subj").all_text_contents()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    assert focused(page) == names[2]
    page.keyboard.press("k")
    assert focused(page) == names[1]
    page.keyboard.press("x")
    expect(page.locator("tbody tr.sel-row a.subj")).to_have_text(names[1])
    expect(page.locator("[data-picked]")).to_have_text("已选 1 条")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jx?k")
    assert page.input_value("#f-q") == "jx?k"
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("tbody tr.sel-row a.subj")).to_have_text(names[1])


def test_single_keys_can_be_switched_off_and_that_is_remembered(page: Page, site: Server) -> None:
    sign_in(page, site, "system_admin")
    page.goto(f"{site.url}{PEOPLE}")
    page.keyboard.press("?")
    page.get_by_role("button", name="关闭单键快捷键").click()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    for _ in range(2):
        for key in ("j", "x", "?", "/"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement === document.body")
        expect(page.locator("tbody tr.sel-row")).to_have_count(0)
        page.goto(f"{site.url}{PEOPLE}")
    page.goto(f"{site.url}/accounts/me")
    page.get_by_role("button", name="打开快捷键").click()
    expect(page.locator("html")).to_have_attribute("data-keys", "on")


def states(site: Server) -> dict[str, int]:
    app = create_app(replace(make_config(site.folder), testing=False, secret_key=SECRET))
    with app.app_context():
        found = db.session.execute(select(User.state, func.count()).group_by(User.state)).all()
        db.session.remove()
        db.engine.dispose()
    return {UserState(row[0]).value: row[1] for row in found}


def test_many_rows_are_chosen_asked_about_and_reported(page: Page, site: Server) -> None:
    sign_in(page, site, "system_admin")
    page.goto(f"{site.url}{PEOPLE}")
    status = page.locator("[data-picked]")
    expect(status).to_be_empty()
    expect(status).to_have_attribute("role", "status")
    page.locator("[data-pick-all]").check()
    expect(status).to_have_text("已选 14 条")
    page.locator("[data-pick]").first.uncheck()
    expect(status).to_have_text("已选 13 条")
    page.get_by_role("button", name="停用账号").click()
    expect(page.get_by_text("将处理 13 条")).to_be_visible()
    page.get_by_role("button", name="确认停用账号 13 条").click()
    expect(page.get_by_text("已处理 12 条，未处理 1 条")).to_be_visible()
    expect(page.get_by_text("不能停用自己的账号")).to_be_visible()
    assert states(site) == {"active": 2, "disabled": 12}


def test_all_of_the_filter_without_script(browser: Browser, site: Server) -> None:
    context = browser.new_context(viewport=DESK, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site, "exam_officer")
    page.goto(f"{site.url}/exams/banks/1?type=single")
    page.locator("input[name=id]").first.check()
    page.get_by_role("button", name="停用题目").click()
    expect(page.get_by_text("将处理 1 条")).to_be_visible()
    page.goto(f"{site.url}/exams/banks/1?size=20")
    page.locator("input[name=all]").check()
    page.get_by_role("button", name="停用题目").click()
    page.get_by_role("button", name="确认停用题目 24 条").click()
    expect(page.get_by_text("24 条全部处理完成")).to_be_visible()
    context.close()


def test_views_and_columns_without_script(browser: Browser, site: Server) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site, "manager")
    page.goto(f"{site.url}{PEOPLE}?state=active")
    page.locator("summary", has_text="选列").click()
    page.locator(".colpick input[value=position]").uncheck()
    page.get_by_role("button", name="前移：单位").click()
    heads = page.locator("thead th").all_text_contents()
    assert [head.strip() for head in heads] == ["工号", "单位", "姓名", "领导干部", "状态"]
    page.locator("summary", has_text="存为视图").click()
    page.fill("#view-name", "在用人员")
    page.locator(".pop[open] button[type=submit]").click()
    expect(page.locator("nav.views a[aria-current]")).to_have_text("在用人员 14")
    assert "cols=number%2Cunit%2Cname%2Cleader%2Cstate" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_columns_move_before_they_are_applied(page: Page, site: Server) -> None:
    sign_in(page, site, "manager")
    page.goto(f"{site.url}{PEOPLE}")
    page.locator("summary", has_text="选列").click()
    page.get_by_role("button", name="前移：状态").click()
    page.get_by_role("button", name="前移：状态").click()
    page.locator(".colpick input[value=number]").click()
    expect(page.locator(".colpick input[value=number]")).to_be_checked()
    page.get_by_role("button", name="应用").click()
    page.wait_for_url("**cols=**")
    heads = [head.strip() for head in page.locator("thead th").all_text_contents()]
    assert heads == ["工号", "姓名", "单位", "状态", "职务", "领导干部"]
    page.locator("summary", has_text="选列").click()
    page.keyboard.press("Escape")
    expect(page.locator(".pop[open]")).to_have_count(0)
    assert focused(page) == "选列"


def test_search_shows_results_while_typing_but_not_while_composing(page: Page, site: Server) -> None:
    sign_in(page, site, "manager")
    page.goto(f"{site.url}/search")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/search?" in request.url else None)
    box = page.locator("#search-q")
    box.evaluate(
        """box => { box.focus(); box.value = "T0";
             box.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true })); }"""
    )
    page.wait_for_timeout(700)
    assert asked == []
    box.press_sequentially("01")
    expect(page.locator("#results mark").first).to_have_text("T001")
    expect(box).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}{PEOPLE}/*")


def test_the_box_in_the_bar_leads_to_the_results(page: Page, site: Server) -> None:
    sign_in(page, site, "exam_officer")
    page.keyboard.press("/")
    page.keyboard.type("题库")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    expect(page.locator("#results mark").first).to_have_text("题库")
    page.context.add_cookies([{"name": "ui", "value": "zh.elder.m.normal.on", "url": site.url}])
    page.goto(site.url)
    expect(page.locator(".gsearch")).to_be_hidden()


def test_the_star_stays_under_the_finger(page: Page, site: Server) -> None:
    sign_in(page, site, "exam_officer")
    page.goto(f"{site.url}/exams/banks/1")
    star = page.get_by_role("button", name="收藏")
    star.focus()
    page.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    page.goto(f"{site.url}/favourites")
    expect(page.get_by_role("link", name="题库").last).to_be_visible()


def test_everything_is_printed_at_once(page: Page, site: Server) -> None:
    sign_in(page, site, "manager")
    page.add_init_script("window.print = () => { window.printed = true; };")
    page.goto(f"{site.url}{PEOPLE}?state=active&print=all")
    page.wait_for_function("window.printed")
    page.emulate_media(media="print")
    expect(page.locator(".printwords")).to_contain_text("筛选条件：状态：在用；共 14 条")
    expect(page.locator(".printhead")).to_contain_text("打印人")
    for hidden in (".fbox", ".pager", ".liststate", ".bar", "tbody .ck"):
        for each in page.locator(hidden).all():
            expect(each).to_be_hidden()
