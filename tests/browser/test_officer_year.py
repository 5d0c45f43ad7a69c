"""The exam officer's year in one go: from a file of questions to the certificate that somebody checks.

What is seen on the way is Chinese on a desk; at the end the officer reads the same pages in English on a phone.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from portal.core import clock
from tests.support.browsing import sign_in, window
from tests.support.people import number_of
from tests.support.server import Server

pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
TITLE = "2026年度学法考试"
BANK = """一、单选题
1. 信访事项应当自收到之日起多少日内登记？
A. 15日
B. 30日
C. 60日
答案：A
依据：《信访工作条例》第二十二条
2. 谁主管本行政区域的信访工作？
A. 信访局
B. 居委会
C. 合作社
答案：A
二、多选题
1. 下列哪些是信访的形式？
A. 书信
B. 走访
C. 传闻
答案：AB
三、简答题
1. 简述依法分类处理的含义。
答案：区分诉求，导入相应程序。
"""
SECTIONS = (("一、单选题", "single", 2, 20), ("二、多选题", "multiple", 1, 20), ("三、简答题", "short", 1, 40))


@pytest.fixture
def site(server: Server) -> Iterator[Server]:
    """An empty site with its worker."""
    server.start()
    server.start_worker()
    return server


@pytest.fixture
def officer(browser: Browser, site: Server) -> Iterator[Page]:
    """The officer at a desk; every question of the site is answered with yes."""
    with window(browser, DESK) as page:
        page.set_default_timeout(20_000)
        sign_in(page, site, "exam_officer")
        yield page


def press(page: Page, name: str, *, sure: bool = False) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()
    if sure:
        page.locator("#confirm [data-yes]").click()


def sql(site: Server, statement: str, *values: object) -> list[tuple[object, ...]]:
    """What time does in a year, and what a test looks up."""
    with closing(sqlite3.connect(site.folder / "portal.db", timeout=20)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def name_of(site: Server, label: str) -> str:
    return str(sql(site, "SELECT name FROM users WHERE number = ?", number_of(label))[0][0])


def local(days: float) -> str:
    return clock.to_local(clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def downloaded(page: Page, name: str, *, role: str = "button") -> Path:
    with page.expect_download() as begun:
        page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
    return Path(begun.value.path())


def import_bank(page: Page, folder: Path) -> None:
    """A file of questions, told by number, then written."""
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="题库").click()
    page.get_by_role("link", name="新建题库").first.click()
    page.fill("[name=name]", "学法题库")
    press(page, "保存")
    page.get_by_role("link", name="导入题目").first.click()
    file = folder / "学法题库.txt"
    file.write_text(BANK, encoding="utf-8")
    page.set_input_files("input[name=file]", file)
    press(page, "上传并预览")
    expect(page.get_by_text("共识别 4 = 4 可导入 + 0 重复 + 0 不导入")).to_be_visible(timeout=60_000)
    press(page, "确认导入 4 条")
    expect(page.locator("p.lamp.green")).to_contain_text("已导入 4 条。", timeout=60_000)


def publish(page: Page, site: Server) -> str:
    """Four steps of the wizard; the address of the round."""
    page.goto(f"{site.url}/exams/rounds/new")
    page.fill("[name=title]", TITLE)
    for name, value in (("opens_at", local(-1)), ("closes_at", local(9)), ("minutes", "60"), ("pass_line", "60")):
        page.fill(f"[name={name}]", value)
    press(page, "保存，下一步")
    for title, kind, count, points in (
        ("一、单选题", "single", 2, 20),
        ("二、多选题", "multiple", 1, 20),
        ("三、简答题", "short", 1, 40),
    ):
        page.fill("[name=title]", title)
        page.select_option("[name=type]", kind)
        page.fill("[name=count]", str(count))
        page.fill("[name=points]", str(points))
        press(page, "添加")
        expect(page.get_by_role("cell", name=title).first).to_be_visible()
    expect(page.get_by_text("合计 4 题，100 分")).to_be_visible()
    page.get_by_role("link", name="下一步：名单").first.click()
    for label in ("cadre", "leader", "liaison"):
        page.fill("[name=number]", number_of(label))
        press_in_card(page, "按工号加入一人", "加入")
        expect(page.get_by_text(number_of(label)).first).to_be_visible()
    page.get_by_role("link", name="下一步：检查并发布").click()
    press(page, "发布考试", sure=True)
    expect(page.get_by_text("进行中").first).to_be_visible()
    return page.url.rstrip("/")


def press_in_card(page: Page, card: str, name: str) -> None:
    page.locator("section.card").filter(has=page.get_by_role("heading", name=card)).get_by_role(
        "button", name=name
    ).click()


def sit(browser: Browser, site: Server, label: str) -> None:
    """A cadre on a phone: the notice, four answers, the count of what is left, the hand-in."""
    with window(browser, PHONE) as page:
        page.set_default_timeout(20_000)
        sign_in(page, site, label)
        page.get_by_role("link", name="开始考试").first.click()
        expect(page.get_by_text("全对才得分").first).to_be_visible()
        press(page, "信息无误，开始考试")
        expect(page.locator("#exam")).to_be_visible()
        expect(page.locator(".xmark span").first).to_have_attribute("data-t", re.compile(number_of(label)))
        choose(page, "15日", "信访局", "书信", "走访")
        page.goto(page.url.split("#")[0] + "/review")
        expect(page.get_by_text("还有 1 题未答").first).to_be_visible()
        page.get_by_role("link", name="去答第4题").click()
        page.locator("[data-type=short] textarea").fill("区分不同诉求，导入相应的程序办理。")
        page.locator("[data-type=short] textarea").dispatch_event("change")
        expect(page.locator("#save")).to_have_attribute("data-state", "saved")
        page.goto(page.url.split("#")[0] + "/review")
        press(page, "确认交卷")
        expect(page.get_by_text("待阅卷").first).to_be_visible()


def choose(page: Page, *options: str) -> None:
    for option in options:
        page.locator("label.opt").filter(has_text=option).locator("input").evaluate("box => box.click()")
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")


def mark_by_hand(page: Page, site: Server, round_: str) -> None:
    """One answer, blind, full marks."""
    page.goto(f"{round_}/marking")
    page.get_by_role("link", name="开始阅卷").click()
    expect(page.locator("p.answertext")).to_contain_text("区分不同诉求")
    assert page.get_by_text(name_of(site, "cadre")).count() == 0
    press(page, "满分")
    expect(page.get_by_text("这道题没有您要评的答案了").first).to_be_visible()


def analyse_and_try_out(page: Page, round_: str) -> None:
    """From the table of all questions to one, its answers by option, and a regrade that is only tried."""
    page.goto(f"{round_}/results")
    expect(page.get_by_role("link", name="题目分析")).to_be_hidden()
    page.locator("summary", has_text="高级").click()
    page.get_by_role("link", name="题目分析").click()
    page.get_by_role("link", name="谁主管本行政区域的信访工作").click()
    expect(page.get_by_role("cell", name="居委会")).to_be_visible()
    page.get_by_role("link", name="改判").first.click()
    page.get_by_text("全员给分").click()
    press(page, "试算")
    expect(page.get_by_text("已试算，尚未生效。").first).to_be_visible()
    press(page, "取消试算")
    expect(page.get_by_text("试算已取消").first).to_be_visible()


def excuse(page: Page, site: Server, round_: str) -> None:
    """The leader is deferred, with a reason."""
    entry = sql(
        site,
        "SELECT e.id FROM roster_entries e JOIN users u ON u.id = e.user_id WHERE u.number = ?",
        number_of("leader"),
    )
    page.goto(f"{round_}/roster/{entry[0][0]}")
    page.select_option("[name=status]", "deferred")
    page.fill("[name=reason]", "住院")
    press(page, "保存")
    expect(page.get_by_text("住院").first).to_be_visible()


def resit(page: Page, round_: str) -> None:
    """Two clicks from the list; who was absent or deferred is on it, and the draft only wants publishing."""
    page.goto(f"{round_}/results/not-sat")
    page.get_by_role("link", name="组织补考").first.click()
    press(page, "建立补考")
    expect(page.get_by_text("应考 2 人").first).to_be_visible()
    page.goto(page.url.replace("/roster", "/check"))
    press(page, "发布考试", sure=True)
    expect(page).to_have_url(re.compile(r"/rounds/\d+$"))


def report(page: Page, round_: str) -> None:
    """The circular as a document and as a sheet."""
    page.goto(f"{round_}/bulletin")
    word, sheet = downloaded(page, "下载 Word 通报"), downloaded(page, "下载 Excel 统计表")
    with zipfile.ZipFile(word) as archive:
        text = archive.read("word/document.xml").decode()
    assert "参考率" in text
    assert "关于" in text
    with zipfile.ZipFile(sheet) as archive:
        assert any(name.startswith("xl/worksheets/") for name in archive.namelist())


def certify(browser: Browser, site: Server, page: Page, round_: str) -> None:
    """Issued by the officer, read and downloaded by the cadre, checked by anybody with code and name."""
    page.goto(f"{round_}/certificates")
    press(page, "发放合格证书（1 人）", sure=True)
    expect(page.get_by_text("合格证书已发放").first).to_be_visible()
    with window(browser, PHONE) as phone:
        phone.set_default_timeout(20_000)
        sign_in(phone, site, "cadre")
        phone.goto(f"{site.url}/exams/history")
        phone.get_by_role("link", name=re.compile(r"^20\d\d-\d{6}$")).click()
        expect(phone.locator("article.cert")).to_contain_text("考试合格")
        code = (phone.locator("article.cert code").text_content() or "").removeprefix("验证码：")
        pdf = "".join(PdfReader(downloaded(phone, "下载 PDF", role="link")).pages[0].extract_text().split())
        assert code in pdf
        phone.goto(f"{site.url}/exams/certificates/check")
        phone.fill("[name=code]", code.lower())
        phone.fill("[name=name]", name_of(site, "cadre"))
        press(phone, "验证")
        expect(phone.get_by_text("证书有效。")).to_be_visible()


def in_english_on_a_phone(browser: Browser, site: Server, round_: str) -> None:
    """The same pages: English, and nothing wider than the screen."""
    with window(browser, PHONE) as page:
        page.set_default_timeout(20_000)
        sign_in(page, site, "exam_officer")
        page.context.add_cookies([{"name": "ui", "value": "en.normal.m.normal", "url": site.url}])
        for path, heading in ENGLISH.items():
            page.goto(f"{round_}{path}")
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


ENGLISH = {
    "": TITLE,
    "/results": "Results by person",
    "/results/items": "Item analysis",
    "/marking": "Marking",
    "/bulletin": "Exam circular",
    "/certificates": "Certificates",
    "/results/not-sat": "Who has not sat",
}


def test_the_year(browser: Browser, site: Server, officer: Page, tmp_path: Path) -> None:
    page = officer
    import_bank(page, tmp_path)
    round_ = publish(page, site)
    page.goto(f"{round_}/codes")
    press(page, "全部打印")
    expect(page.locator(".slips li")).to_have_count(3)
    sit(browser, site, "cadre")
    page.goto(f"{round_}/monitor")
    expect(page.get_by_role("row").filter(has_text=name_of(site, "cadre"))).to_contain_text("已交卷")
    mark_by_hand(page, site, round_)
    page.goto(f"{round_}/results")
    expect(page.get_by_role("row").filter(has_text=name_of(site, "cadre"))).to_contain_text("100")
    analyse_and_try_out(page, round_)
    excuse(page, site, round_)
    page.goto(f"{round_}/results/not-sat")
    expect(page.locator("#remind-all")).to_have_value(re.compile(TITLE))
    closed = (clock.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.000000")
    sql(site, "UPDATE exam_rounds SET closes_at = ?", closed)
    resit(page, round_)
    report(page, round_)
    certify(browser, site, page, round_)
    in_english_on_a_phone(browser, site, round_)
