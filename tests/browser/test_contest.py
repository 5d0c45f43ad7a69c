"""A contest in the browser: the leaderboard moves by itself, and a question whose time runs out gives way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.exams import build_contest, sit
from tests.support.people import PASSWORD, Office, number_of
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

SECONDS = 6


@pytest.fixture
def site(server: Server) -> Server:
    """A site with one contest in which the leader has taken part, with short times for each question."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        office = Office.load(session)
        round_ = build_contest(
            session, office, names="all", board_during="everybody", question_seconds=SECONDS, per_type=1,
            least_people=1,
        )  # fmt: skip
        sit(session, round_, office.people["leader"], right=0)
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


def page_of(browser: Browser, site: Server, label: str, *, script: bool = True) -> Page:
    """Somebody's browser, signed in; what it complains about fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=script)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.url)
    page.fill("#number", number_of(label))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    page.wait_for_url(f"{site.url}/")
    return page


def begin(page: Page, site: Server) -> None:
    page.goto(f"{site.url}/exams/take/1")
    page.get_by_role("button", name="信息无误，开始竞赛").click()
    expect(page.locator("#question")).to_be_visible()


def hand_in(browser: Browser, site: Server, label: str) -> None:
    """Take part as quickly as one can."""
    page = page_of(browser, site, label)
    begin(page, site)
    for place in range(1, 5):
        question = page.locator(f"#question[data-place='{place}']")
        expect(question).to_be_visible()
        page.locator("#question button[value=next]").click()
        expect(question).to_have_count(0)
    expect(page.get_by_role("link", name="看排行榜")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_the_leaderboard_moves_on_two_pages(browser: Browser, site: Server) -> None:
    """One watches on a phone, one on the wall; two more people hand in, and neither page is touched."""
    phone, wall = page_of(browser, site, "liaison"), page_of(browser, site, "exam_officer")
    phone.goto(f"{site.url}/exams/contests/1")
    wall.goto(f"{site.url}/exams/rounds/1/wall")
    on_phone = phone.locator("#board table").first.locator("tbody tr")
    on_wall = wall.locator("section").first.locator("tbody tr")
    expect(on_wall).to_have_count(1)
    for count, label in ((2, "cadre"), (3, "foreign_cadre")):
        hand_in(browser, site, label)
        expect(on_wall).to_have_count(count)
        expect(on_phone).to_have_count(count)
    for page in (phone, wall):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()


def test_a_question_whose_time_runs_out(browser: Browser, site: Server) -> None:
    """What was chosen is kept, the next question comes by itself, and the clock goes on through a reload."""
    page = page_of(browser, site, "cadre")
    begin(page, site)
    page.locator("#question label.opt").first.click()
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.locator("#question[data-place='1'] label.opt input").first).to_be_checked()
    expect(page.locator("#question[data-place='2']")).to_be_visible(timeout=(SECONDS + 3) * 1000)
    expect(page.get_by_role("timer")).to_contain_text("秒")
    for place in (3, 4):
        expect(page.locator(f"#question[data-place='{place}']")).to_be_visible(timeout=(SECONDS + 3) * 1000)
    expect(page.get_by_role("link", name="看排行榜")).to_be_visible(timeout=(SECONDS + 5) * 1000)
    page.context.close()


def test_without_script(browser: Browser, site: Server) -> None:
    """The buttons post, and the page goes on by itself when the time is over."""
    page = page_of(browser, site, "cadre", script=False)
    begin(page, site)
    page.locator("#question label.opt").first.click()
    page.locator("#question button[value=next]").click()
    expect(page.locator("#question[data-place='2']")).to_be_visible()
    expect(page.locator("#question[data-place='3']")).to_be_visible(timeout=(SECONDS + 4) * 1000)
    page.context.close()


def test_the_network_is_gone_for_a_moment(browser: Browser, site: Server) -> None:
    """The page says so, keeps what was chosen, and sends it when the connection is back."""
    page = page_of(browser, site, "cadre")
    begin(page, site)
    page.context.set_offline(True)
    page.locator("#question label.opt").first.click()
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    expect(page.locator("#offline")).to_be_hidden()
    page.context.close()


def test_a_connection_that_says_nothing_is_given_up(browser: Browser, site: Server) -> None:
    """The first save hangs: after the time limit, shortened here, the next try stores the answer."""
    page = page_of(browser, site, "cadre")
    page.add_init_script(
        "const real = setTimeout; window.setTimeout = (what, ms) => real(what, ms === 15000 ? 200 : ms);"
    )
    hung: list[Route] = []

    def first_hangs(route: Route) -> None:
        route.continue_() if hung else hung.append(route)

    page.route("**/answers", first_hangs)
    begin(page, site)
    page.locator("#question label.opt").first.click()
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    assert len(hung) == 1
    page.context.close()


def test_signed_out_the_page_says_what_to_do(browser: Browser, site: Server) -> None:
    page = page_of(browser, site, "cadre")
    begin(page, site)
    page.route("**/answers", lambda route: route.fulfill(status=401, json={}))
    page.locator("#question label.opt").first.click()
    link = page.locator("#signed-out a")
    expect(link).to_be_visible()
    assert "/accounts/login?next=" in (link.get_attribute("href") or "")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.unroute("**/answers")
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    expect(page.locator("#signed-out")).to_be_hidden()
    page.context.close()


def test_a_void_token_is_renewed(browser: Browser, site: Server) -> None:
    """As after signing in again in another window."""
    page = page_of(browser, site, "cadre")
    begin(page, site)
    page.evaluate("document.querySelector(\"meta[name='csrf-token']\").content = 'void'")
    page.locator("#question label.opt").first.click()
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    page.context.close()
