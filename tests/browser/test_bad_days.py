"""What goes wrong on the day of an exam: lost networks, killed browsers, wrong clocks, sleep, a server that dies.

Nobody waits here: the page's clock is playwright's, and for the server time passes by tests/support/travel.py.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.exams import build_bank, build_round
from tests.support.people import PASSWORD, Office, number_of
from tests.support.server import SECRET, Server
from tests.support.travel import pass_time

pytestmark = pytest.mark.browser

MINUTES = 240
OTHER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/106.0.0.0 Safari/537.36"
)
NewPage = Callable[..., Page]
FORBIDDEN = """
for (const name of ["getItem", "setItem", "removeItem"]) {
  Object.defineProperty(Storage.prototype, name, { value() { throw new DOMException("no", "SecurityError"); } });
}
"""
FULL = """
const full = () => { throw new DOMException("full", "QuotaExceededError"); };
Object.defineProperty(Storage.prototype, "setItem", { value: full });
"""


@pytest.fixture
def site(server: Server) -> Server:
    """A site with an open round of four hours that lists the cadre."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        office = Office.load(session)
        bank = build_bank(session, office, each=3)
        build_round(
            session, office, title="2026年度学法考试", bank=bank, per_type=3, minutes=MINUTES, show_answers="at_once"
        )
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """A page in a browser of its own; with `skew` its clock is wrong by that much."""
    contexts: list[BrowserContext] = []

    def make(*, skew: timedelta = timedelta(0), script: str = "", **more: Any) -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, **more)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.clock.install(time=datetime.now(UTC) + skew)
        return page

    yield make
    for context in contexts:
        context.close()


def sign_in(page: Page, site: Server) -> None:
    page.goto(site.url)
    page.fill("#number", number_of("cadre"))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")


def begin(page: Page, site: Server) -> None:
    sign_in(page, site)
    page.get_by_role("link", name="开始考试").click()
    page.get_by_role("button", name="信息无误，开始考试").click()
    page.wait_for_selector("#exam")


def choice_places(page: Page) -> list[int]:
    """The places of the single-choice questions and judgements, in their order."""
    found = page.locator("section.q[data-type=single], section.q[data-type=judge]")
    return [int(each.get_attribute("data-pos") or 0) for each in found.all()]


def choose(page: Page, place: int, option: int) -> None:
    page.locator(f"#q{place} input[value='{option}']").evaluate("radio => radio.click()")


def stored(site: Server) -> dict[int, str]:
    """What the database holds, by place."""
    rows = ask(site, "SELECT position, value FROM answers")
    return {place: "".join(json.loads(value)) for place, value in rows}


def ask(site: Server, question: str) -> list[Any]:
    with closing(sqlite3.connect(site.folder / "portal.db")) as connection:
        return connection.execute(question).fetchall()


def kill(page: Page) -> None:
    """End the page as a power cut does: closing a context ends its offline state first, and a retry could slip out."""
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.context.close()


def all_saved(page: Page) -> None:
    expect(page.locator("#save")).to_have_attribute("data-state", "saved", timeout=30_000)
    expect(page.locator(".qsave[data-state=unsaved]")).to_have_count(0)


def minutes_left(page: Page) -> int:
    """What the timer shows, seconds cut off."""
    return int((page.locator("#clock").text_content() or "").split(":")[0])


def test_ten_minutes_without_a_network(new_page: NewPage, site: Server) -> None:
    page = new_page()
    begin(page, site)
    first, *others = choice_places(page)
    choose(page, first, 0)
    all_saved(page)
    promised = ask(site, "SELECT due_at FROM attempts")
    page.context.set_offline(True)
    for place in others[:3]:
        choose(page, place, 1)
    expect(page.locator("#offline")).to_contain_text("恢复后自动补传")
    expect(page.locator("#save")).to_contain_text("3 题")
    assert ask(site, "SELECT due_at FROM attempts") == promised
    pass_time(site.folder, timedelta(minutes=10))
    page.clock.fast_forward("10:00")
    choose(page, others[3], 1)
    assert set(stored(site)) == {first}
    page.context.set_offline(False)
    all_saved(page)
    assert stored(site) == {first: "0", **dict.fromkeys(others[:4], "1")}
    expect(page.locator("#offline")).to_be_hidden()
    assert minutes_left(page) in range(MINUTES - 13, MINUTES - 9)
    kinds = [kind for (kind,) in ask(site, "SELECT kind FROM attempt_events ORDER BY id")]
    assert kinds[0] == "start"
    assert {"offline", "online"} <= set(kinds)


def test_a_killed_browser_and_another_one(new_page: NewPage, site: Server) -> None:
    killed = new_page()
    begin(killed, site)
    both, mine, *_ = choice_places(killed)
    saved = choice_places(killed)[2]
    choose(killed, saved, 0)
    all_saved(killed)
    killed.context.set_offline(True)
    choose(killed, both, 1)
    choose(killed, mine, 1)
    expect(killed.locator("#save")).to_contain_text("2 题")
    address, left_behind = killed.url, killed.context.storage_state()
    kill(killed)

    other = new_page(user_agent=OTHER)
    sign_in(other, site)
    other.get_by_role("link", name="继续考试").click()
    other.get_by_role("button", name="在这里继续").click()
    other.wait_for_selector("#exam")
    assert stored(site) == {saved: "0"}
    expect(other.locator(f"#q{saved} input:checked")).to_have_value("0")
    choose(other, both, 0)
    all_saved(other)

    back = new_page(storage_state=left_behind)
    back.goto(address)
    expect(back.get_by_role("button", name="在这里继续")).to_be_visible()
    assert stored(site) == {saved: "0", both: "0"}
    back.get_by_role("button", name="在这里继续").click()
    back.wait_for_selector("#exam")
    all_saved(back)
    assert stored(site) == {saved: "0", both: "0", mine: "1"}
    expect(back.locator(f"#q{both} input:checked")).to_have_value("0")
    stale = "SELECT detail FROM attempt_events WHERE kind = 'stale'"
    until = time.monotonic() + 10
    while not (evidence := ask(site, stale)) and time.monotonic() < until:  # it is sent after what counts
        back.wait_for_timeout(100)
    assert [json.loads(detail)["answers"] for (detail,) in evidence] == [{str(both): ["1"]}]
    choose(other, both, 1)
    expect(other.locator("#notice")).to_contain_text("另一台设备")
    assert stored(site)[both] == "0"


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_is_wrong_by_a_day(new_page: NewPage, site: Server, days: int) -> None:
    page = new_page(skew=timedelta(days=days))
    begin(page, site)
    assert abs(page.evaluate("Date.now()") / 1000 - datetime.now(UTC).timestamp()) > 80_000
    assert minutes_left(page) in (MINUTES - 1, MINUTES)
    for place in choice_places(page):
        choose(page, place, 0)
    all_saved(page)
    assert minutes_left(page) in (MINUTES - 1, MINUTES)
    assert set(stored(site)) == set(choice_places(page))
    assert ask(site, "SELECT state FROM attempts") == [("in_progress",)]
    page.get_by_role("banner").get_by_role("button", name="交卷").click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    expect(page.get_by_text("本人交卷")).to_be_visible()


def test_a_page_that_is_open_for_three_hours(new_page: NewPage, site: Server) -> None:
    page = new_page()
    begin(page, site)
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if "/answers" in answer.url else None)
    pass_time(site.folder, timedelta(hours=3))
    page.clock.fast_forward("03:00:00")
    place = choice_places(page)[0]
    choose(page, place, 1)
    all_saved(page)
    assert stored(site) == {place: "1"}
    assert set(statuses) == {200}
    assert minutes_left(page) in range(MINUTES - 183, MINUTES - 179)
    page.get_by_role("banner").get_by_role("button", name="交卷").click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    pass_time(site.folder, timedelta(minutes=50))
    page.reload()
    expect(page.get_by_role("region", name="得分")).to_be_visible()
    pass_time(site.folder, timedelta(minutes=65))
    page.reload()
    expect(page.locator("#login_form")).to_be_visible()


def test_a_laptop_asleep_past_the_deadline(new_page: NewPage, site: Server) -> None:
    page = new_page()
    begin(page, site)
    place, late, *_ = choice_places(page)
    choose(page, place, 1)
    all_saved(page)
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=30))
    pass_time(site.folder, timedelta(minutes=MINUTES + 2))
    page.clock.resume()
    choose(page, late, 1)
    expect(page.locator("#notice")).to_contain_text("已交卷")
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#notice").get_by_role("link", name="查看结果")).to_be_visible()
    page.clock.fast_forward("00:06")
    expect(page.get_by_role("heading", name="2026年度学法考试")).to_be_visible()
    page.wait_for_url("**/result")
    assert stored(site) == {place: "1"}
    assert [kind for (kind,) in ask(site, "SELECT kind FROM attempt_events WHERE kind = 'late'")] == ["late"]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('exam:')).length") == 0


def test_a_server_that_is_killed_and_started_again(new_page: NewPage, site: Server) -> None:
    page = new_page()
    begin(page, site)
    first, *others = choice_places(page)
    choose(page, first, 0)
    all_saved(page)
    site.kill()
    for place in others:
        choose(page, place, 1)
    expect(page.locator("#save")).to_contain_text("秒后重试")
    expect(page.locator(".qsave[data-state=unsaved]")).to_have_count(len(others))
    site.start()
    page.clock.fast_forward("00:16")
    all_saved(page)
    assert stored(site) == {first: "0", **dict.fromkeys(others, "1")}
    page.reload()
    expect(page.locator("#exam")).to_be_visible()
    expect(page.locator(f"#q{others[-1]} input:checked")).to_have_value("1")


@pytest.mark.parametrize("script", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_a_browser_that_keeps_nothing(new_page: NewPage, site: Server, script: str) -> None:
    page = new_page(script=script)
    begin(page, site)
    expect(page.locator("#unkept")).to_contain_text("断网留存已关闭")
    first, second, *_ = choice_places(page)
    choose(page, first, 0)
    all_saved(page)
    assert stored(site) == {first: "0"}
    page.context.set_offline(True)
    choose(page, second, 1)
    expect(page.locator("#offline")).to_contain_text("留在本页")
    expect(page.locator("#save")).to_contain_text("留在本页")
    page.context.set_offline(False)
    all_saved(page)
    assert stored(site) == {first: "0", second: "1"}


def test_a_script_that_does_not_arrive(new_page: NewPage, site: Server) -> None:
    page = new_page()
    page.route(re.compile(r"/js/exam\b"), lambda route: route.abort())
    begin(page, site)
    places = choice_places(page)
    expect(page.locator("section.q:visible")).to_have_count(12)
    for place in places:
        page.locator(f"#q{place} input[value='1']").check(force=True)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert stored(site) == dict.fromkeys(places, "1")
