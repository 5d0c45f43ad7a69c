"""The officer imports the real Word bank: upload, preview with its sum, accept, and the questions are there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from portal import create_app
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.services import bank as banks
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.people import PASSWORD, Office, number_of
from tests.support.server import SECRET, Server

pytestmark = pytest.mark.browser

SHARED = os.environ.get("PORTAL_SHARED", "")


@pytest.fixture
def site(server: Server) -> Server:
    """A site with an empty bank, its server and its worker."""
    app = create_app(replace(make_config(server.folder), testing=False, secret_key=SECRET))
    with app.app_context(), writing() as session:
        unit = Office.load(session).units["D"].id
        banks.create_bank(session, actor=system_viewer(), now=clock.now(), name="普法题库", unit_id=unit)
        session.commit()
        db.session.remove()
        db.engine.dispose()
    server.start()
    server.start_worker()
    return server


@pytest.mark.skipif(not SHARED, reason="PORTAL_SHARED is not set: the real Word bank is not at hand")
def test_the_word_bank_comes_in(browser: Browser, site: Server) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(site.url)
    page.fill("#number", number_of("exam_officer"))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="题库").click()
    page.get_by_role("link", name="普法题库").first.click()
    page.get_by_role("link", name="导入题目").first.click()
    page.set_input_files("input[name=file]", Path(SHARED) / "data" / "questions" / "pufa-2023.docx")
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_text("共识别 2162 = 2149 可导入 + 13 重复 + 0 不导入")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("单选题 968，多选题 550，判断题 644")).to_be_visible()
    assert count(site) == 0
    page.get_by_role("button", name="确认导入 2149 条").click()
    expect(page.get_by_text("已导入 2149 条。")).to_be_visible(timeout=120_000)
    assert count(site) == 2149
    page.get_by_role("link", name="查看普法题库").click()
    expect(page.get_by_role("status").filter(has_text="共 2,149 条").first).to_be_visible(timeout=30_000)
    context.close()


def test_a_wrong_file_is_told_in_plain_words(browser: Browser, site: Server, tmp_path: Path) -> None:
    fake = tmp_path / "题库.docx"
    fake.write_bytes(b"this is no Word file at all")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login?next=/exams/banks/1")
    page.fill("#number", number_of("exam_officer"))
    page.fill("#password", PASSWORD)
    page.click("#login_form button[type=submit]")
    page.get_by_role("link", name="导入题目").first.click()
    page.set_input_files("input[name=file]", fake)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator(".summary, .note.red").filter(has_text="Word")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert count(site) == 0
    context.close()


def count(site: Server) -> int:
    """Questions in the database."""
    with closing(sqlite3.connect(site.folder / "portal.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM questions").fetchone()[0])
