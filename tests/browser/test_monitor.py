"""The monitor draws itself anew every few seconds; whoever works in it must not notice."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Route, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.exams import begin, build_round
from tests.support.people import PASSWORD, Office, number_of
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

POLL = re.compile(r"/monitor\??$")


@pytest.fixture
def site(server: Server) -> Server:
    """A site with an exam that two people sit."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        office = Office.load(session)
        round_ = build_round(session, office)
        for label in ("cadre", "leader"):
            begin(session, round_, office.people[label])
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


def test_focus_and_filters_outlive_the_refresh(browser: Browser, site: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(site.url)
    page.fill("#number", number_of("exam_officer"))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    page.wait_for_url(f"{site.url}/")
    page.clock.install()
    page.goto(f"{site.url}/exams/rounds/1/monitor")
    link = page.get_by_role("link", name="加时").first
    link.focus()
    before = link.get_attribute("aria-label")
    with page.expect_response("**/monitor*"):
        page.clock.fast_forward("00:06")
    expect(page.locator("#results")).not_to_have_class("htmx-swapping")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == before
    # A refresh is under way when somebody narrows the list: what was asked for last stands.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(POLL, hold)
    page.clock.fast_forward("00:06")
    for _ in range(50):
        if held:
            break
        page.wait_for_timeout(20)
    assert len(held) == 1
    page.get_by_role("button", name="筛选条件").click()
    page.select_option("#f-doing", "sitting")
    expect(page.locator(".chip")).to_contain_text("答题中")
    held[0].continue_()
    page.unroute(POLL)
    with page.expect_response("**/monitor*doing=sitting*"):
        page.clock.fast_forward("00:06")
    expect(page.locator(".chip")).to_contain_text("答题中")
    assert page.locator("#results .tbl.resp tbody tr").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
