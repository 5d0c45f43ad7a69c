"""An administrator's first day in a real browser: the second factor, and the password again with the form kept."""

from __future__ import annotations

import re
import sqlite3

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.people import PASSWORD, number_of
from tests.support.server import Server

pytestmark = pytest.mark.browser


def forget_confirmations(site: Server) -> None:
    """As if everybody's ten minutes were over."""
    with sqlite3.connect(site.folder / "portal.db") as connection:
        connection.execute("UPDATE login_sessions SET confirmed_at = NULL")
    connection.close()


def give_password(page: Page, site: Server) -> None:
    page.goto(f"{site.url}/accounts/login")
    page.fill("#number", number_of("security_admin"))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")


def set_up(page: Page) -> list[str]:
    """Set the app up on the page of the second factor; gives the recovery codes."""
    page.get_by_role("button", name="开始设置").click()
    secret = page.input_value("#secret")
    box = page.locator(".qrbox svg").bounding_box()
    assert box is not None
    assert box["width"] > 150, "large enough for a camera"
    page.fill("#code", pyotp.TOTP(secret).now())
    page.get_by_role("button", name="开启", exact=True).click()
    return page.locator(".codes code").all_inner_texts()


def test_set_up_sign_in_again_and_confirm(browser: Browser, server: Server) -> None:
    server.require_totp = "administrators"
    server.start()
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)

    give_password(page, server)
    page.wait_for_url(f"{server.url}/accounts/second-factor")
    codes = set_up(page)
    assert len(codes) == 10
    context.clear_cookies()

    give_password(page, server)
    page.wait_for_url(f"{server.url}/accounts/second-step*")
    page.fill("#code", codes[0])
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{server.url}/")

    page.goto(f"{server.url}/accounts/people?q={number_of('cadre')}")
    page.locator("a.subj").click()
    page.wait_for_url(re.compile(r"/accounts/people/\d+$"))
    forget_confirmations(server)
    page.select_option("#role", "leader")
    page.get_by_role("button", name="授予").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("确认是您本人")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill("#confirm_password", PASSWORD)
    page.get_by_role("button", name="确认并继续").click()
    page.wait_for_url(re.compile(r"/accounts/people/\d+$"))
    expect(page.locator(".rows").filter(has_text="领导")).to_be_visible()
    assert faults == []
    context.close()
