"""Study as its keepers and readers do it: forty people on a phone, twelve past sessions by sheet, a manager's question.

Clicks are counted, never the time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Browser, Locator, Page, expect

from portal import create_app
from portal.accounts.services import create_user
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import db, writing
from portal.study.queries import attendance as people
from portal.study.rules.attendance import Attendance
from portal.study.services import attendance, sessions
from tests.conftest import make_config
from tests.support.people import PASSWORD, PEOPLE, Office, number_of
from tests.support.server import SECRET, Server
from tests.support.study import build_session

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 768}
FORTY = 40
LEADER = f"测试{chr(0x7532 + list(PEOPLE).index('leader'))}"


@pytest.fixture
def site(server: Server) -> Server:
    """A bureau of forty whose last session has them all on its list."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        office, today = Office.load(session), clock.today()
        officer, section = office.viewer(session, "study_officer"), office.units["D0102"]
        there = sum(person.unit_id in {office.units[code].id for code in ("D01", "D0101", "D0102")}
                    for person in office.people.values())  # fmt: skip
        for number in range(FORTY - there):
            create_user(
                session, actor=system_viewer(), now=clock.now(), number=f"P{number:03d}", name=f"同志{number:02d}",
                unit_id=section.id, password_hash="x", must_change_password=False,
            )  # fmt: skip
        day = max(today - timedelta(days=7), today.replace(month=1, day=1))
        row = build_session(session, office, officer, code="first_topic", day=day, today=today, title="上次学习")
        told = {"actor": officer, "now": clock.now(), "today": today, "row": row}
        attendance.add_unit(session, **told, unit_id=office.units["D01"].id)
        attendance.mark_rest(session, **told, status=Attendance.PRESENT)
        sessions.set_topics(session, **told, topics=[sessions.Topic("全面依法治国讲话")])
        leader = office.people["leader"]
        sessions.add_speech(session, **told, name=leader.name, topic="体会", minutes=10, user_id=leader.id)
        lines = people.entries(row.id)
        assert len(session.execute(lines).all()) == FORTY
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    server.start_worker()
    return server


@contextmanager
def signed_in(browser: Browser, site: Server, label: str, path: str, **options: object) -> Iterator[Page]:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login?next={path}")
    page.fill("#number", number_of(label))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    page.wait_for_url(f"{site.url}{path}")
    yield page
    context.close()


class Clicks:
    """Counts what a hand does at a desk."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, what: Locator) -> None:
        self.count += 1
        what.click()


class Taps:
    """Counts what a finger does."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, what: Locator) -> None:
        self.count += 1
        what.tap()


def test_forty_people_on_a_phone_take_seven_taps(browser: Browser, site: Server) -> None:
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    with signed_in(browser, site, "study_officer", "/study/sessions", **options) as page:
        tap = Taps()
        tap(page.get_by_role("link", name="记一次学习"))
        tap(page.get_by_label("学习名称"))
        page.keyboard.type("学习《信访工作条例》")
        page.get_by_label("形式", exact=True).select_option(label="党组第一议题")  # a list of the phone's own
        tap.count += 1
        tap(page.get_by_role("button", name="保存，登记到会"))
        expect(page.locator("#tally")).to_contain_text(f"应到 {FORTY}")
        boxes = page.locator(".att .ck")
        tap(boxes.nth(0))
        tap(boxes.nth(1))
        tap(page.get_by_role("button", name="勾选的缺席，其余出席"))
        expect(page.locator("#tally")).to_contain_text(f"实到 {FORTY - 2}")
        expect(page.locator("#tally")).to_contain_text("缺席 2")
        assert tap.count == 7
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "no sideways scroll"


def test_one_tap_marks_one_person_and_the_counter_moves(browser: Browser, site: Server) -> None:
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    with signed_in(browser, site, "study_officer", "/study/sessions/1", **options) as page:
        first = page.locator(".att").first
        first.get_by_role("button", name="请假").tap()
        expect(page.locator("#tally")).to_contain_text("请假 1")
        expect(page.locator(".att").first.get_by_role("button", name="请假")).to_have_attribute("aria-pressed", "true")


def _sheet(folder: Path) -> Path:
    """Twelve sessions of last year as a colleague keeps them."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet("学习情况")
    rows = [["日期", "形式", "名称", "参加人员", "学习内容"]]
    year = clock.today().year - 1
    rows += [
        [f"{year}年{month}月中下旬", "专题讲座", f"第{month}讲", "同志01、同志02", "讲话"] for month in range(1, 13)
    ]
    for line, cells in enumerate(rows):
        sheet.write_row(line, 0, cells)
    book.close()
    path = folder / "补录.xlsx"
    path.write_bytes(target.getvalue())
    return path


def test_twelve_past_sessions_come_in_by_sheet(browser: Browser, site: Server, tmp_path: Path) -> None:
    with signed_in(browser, site, "study_officer", "/study/sessions", viewport=DESK) as page:
        click = Clicks()
        click(page.get_by_role("link", name="补录"))
        page.set_input_files("input[name=file]", _sheet(tmp_path))
        click.count += 1  # the browser's own window to choose a file
        click(page.get_by_role("button", name="上传并预览"))
        expect(page.get_by_text("共识别 12 = 12 可导入 + 0 重复 + 0 不导入")).to_be_visible(timeout=120_000)
        click(page.get_by_role("button", name="确认导入 12 条"))
        expect(page.get_by_text("已导入 12 条。").first).to_be_visible(timeout=120_000)
        assert click.count == 4
        page.goto(f"{site.url}/study/sessions?year={clock.today().year - 1}")
        expect(page.get_by_role("link", name="第12讲")).to_be_visible()
        expect(page.get_by_text("中下旬").first).to_be_visible()


def test_a_manager_learns_in_three_clicks_how_many_on_what_who_spoke_and_who_never(
    browser: Browser, site: Server
) -> None:
    with signed_in(browser, site, "manager", "/", viewport=DESK) as page:
        click = Clicks()
        click(page.get_by_role("navigation", name="主导航").get_by_role("link", name="集体学习"))
        click(page.get_by_role("link", name="情况", exact=True))
        click(page.get_by_role("link", name="党组第一议题").first)
        expect(page.locator("main")).to_contain_text(re.compile(r"学习次数\s*1 次"))
        expect(page.locator("main")).to_contain_text(LEADER)
        expect(page.locator("main")).to_contain_text("全面依法治国讲话")
        expect(page.locator("main")).to_contain_text(f"从未发言{FORTY - 1}")
        assert click.count == 3
