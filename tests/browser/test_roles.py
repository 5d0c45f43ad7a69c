"""Every role signs in to its own home: both languages, both sizes, three display modes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.browsing import sign_in
from tests.support.exams import build_round
from tests.support.people import PEOPLE, Office
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

ROLES = [label for label in PEOPLE if not label.startswith("foreign")]
SIZES = ((1366, 768), (390, 844))
MODES = {"normal": "normal.m.normal", "elder": "elder.m.normal", "contrast": "normal.m.high"}
# What each role finds in its menu, beside home and exams, which everybody has; others find what is their own alone.
MENU = {
    "liaison": ["题库", "考试管理", "我的学习", "法规库", "集体学习", "会议"],
    "study_officer": ["我的学习", "法规库", "集体学习", "会议"],
    "exam_officer": ["题库", "考试管理", "我的学习", "法规库", "议定事项"],
    "leader": ["考试管理", "我的学习", "法规库", "集体学习", "会议"],
    "manager": ["题库", "考试管理", "我的学习", "法规库", "集体学习", "会议", "人员"],
    "system_admin": ["我的学习", "法规库", "议定事项", "人员", "单位", "学习形式", "后台任务", "系统状态"],
    "security_admin": ["我的学习", "法规库", "议定事项", "人员"],
    "audit_admin": ["我的学习", "法规库", "议定事项", "审计日志"],
}


@pytest.fixture
def site(server: Server) -> Server:
    """A running site with an open round."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        build_round(session, Office.load(session), people=ROLES)
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    return server


@pytest.mark.parametrize("role", ROLES)
def test_home_of(browser: Browser, site: Server, role: str) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    sign_in(page, site, role)
    labels = page.locator("nav.side a span").all_text_contents()
    assert labels == ["首页", "考试", *MENU.get(role, ["我的学习", "法规库", "议定事项"])]
    for language, name in (("zh", "zh-CN"), ("en", "en")):
        for mode, rest in MODES.items():
            context.add_cookies([{"name": "ui", "value": f"{language}.{rest}", "url": site.url}])
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.goto(site.url)
                where = f"{role} {language} {mode} {width}"
                html = page.locator("html")
                expect(html).to_have_attribute("lang", name)
                expect(html).to_have_attribute("data-mode", "elder" if mode == "elder" else "normal")
                expect(html).to_have_attribute("data-contrast", "high" if mode == "contrast" else "normal")
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                expect(page.get_by_role("link", name="Start exam" if language == "en" else "开始考试")).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
                assert faults == [], where
    context.close()
