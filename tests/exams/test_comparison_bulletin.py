"""Rounds and years side by side; and the 通报 of a round as text, document and sheet."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from lxml import etree
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.exams.queries import comparison
from portal.exams.rules.round import RosterStatus, RoundKind
from portal.web.docx import W
from tests.support.after import build_elsewhere, closed, score
from tests.support.exams import build_round, enrol, sit
from tests.support.people import csrf


@pytest.fixture
def rounds(session, office):
    """A round sat here in 2026 and one on paper in 2025, both over."""
    here = build_round(session(), office, title="今年考试", people=("cadre", "leader", "foreign_cadre"))
    enrol(session(), here, office.people["manager"], status=RosterStatus.DEFERRED, reason="因公出差")
    enrol(session(), here, office.people["reviewer"], status=RosterStatus.EXEMPT, reason="产假")
    sit(session(), here, office.people["cadre"])
    sit(session(), here, office.people["leader"], right=1)
    closed(here)
    paper = build_elsewhere(
        session(), office, title="去年考试", kind=RoundKind.PAPER, year=2025, people=("cadre", "leader")
    )
    score(session(), paper, office.people["cadre"], 95)
    score(session(), paper, office.people["leader"], 85)
    session.commit()
    return here, paper


def test_a_column_a_round_and_a_column_a_year(session, office, rounds) -> None:
    officer, now = office.viewer(session(), "exam_officer"), clock.now()
    assert comparison.usual(comparison.comparable(session(), officer, now), now) == list(rounds)
    columns = comparison.columns(session(), officer, now, rounds, by_year=False)
    assert [column.name for column in columns] == ["去年考试", "今年考试"]
    assert [column.total.participation_rate for column in columns] == [10_000, 6667]
    assert [column.total.pass_rate for column in columns] == [10_000, 5000]
    second = build_elsewhere(session(), office, title="去年统考", year=2025, people=("cadre",))
    years = comparison.columns(session(), officer, now, [*rounds, second], by_year=True)
    assert [(column.name, column.total.should, column.total.taken) for column in years] == [
        ("2025", 3, 2), ("2026", 3, 2),
    ]  # fmt: skip
    shorts = [column.short for column in comparison.columns(session(), officer, now, [*rounds, second], by_year=False)]
    assert sorted(shorts) == ["2025①", "2025②", "2026"]


def test_the_page_the_plot_and_its_table_and_the_sheet(session, office, rounds, client_as) -> None:
    client = client_as("exam_officer")
    page = client.get("/exams/comparison").text
    assert "今年考试" in page
    assert "66.67%" in page
    assert '<svg class="chart"' in page
    assert "查看数据表" in page
    query = f"/exams/comparison?round={rounds[0].id}&round={rounds[1].id}&export=xlsx"
    with client.get(query) as answer:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = [list(row) for row in sheet.values]
    assert ["今年考试", "合计", 3, 2, 1, 1, "66.67%", "50.00%", "50.00%"] in [row[:9] for row in rows]
    assert client_as("cadre").get("/exams/comparison").status_code == 403


def test_the_liaison_compares_the_own_people(session, office, rounds, client_as) -> None:
    page = client_as("liaison").get("/exams/comparison").text
    assert "东风街道一社区" in page
    assert "西山街道" not in page


def text_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    return "\n".join("".join(part.itertext(f"{{{W}}}t")) for part in root.iter(f"{{{W}}}p"))


def test_the_circular_is_filled_changed_and_taken_away(session, office, rounds, client_as) -> None:
    client = client_as("exam_officer")
    url = f"/exams/rounds/{rounds[0].id}/bulletin"
    page = client.get(url).text
    assert "应考 3 人，实考 2 人，参考率 66.67%；缓考 1 人，免考 1 人" in page
    form = {
        "csrf_token": csrf(client), "title": "关于考试情况的通报", "to": "各单位：", "opening": "现通报如下：",
        "overall": "改过的一段。", "units": "", "demands": "请督促补考。", "signer": "测试局", "day": "2026-06-01",
    }  # fmt: skip
    with client.post(url, data={**form, "format": "docx"}) as answer:
        text = text_of(answer.data)
    assert "改过的一段。" in text
    assert "一、总体情况" in text
    assert "二、有关要求" in text, "a paragraph left empty leaves its heading out"
    assert "2026年6月1日" in text
    assert "66.67%" in text
    with client.post(url, data={**form, "format": "xlsx"}) as answer:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert list(sheet.values)[-1] == ("合计", 3, 2, 1, 1, "66.67%", "50.00%", "50.00%")
    formats = [entry.detail["format"] for entry in session.scalars(
        select(AuditEntry).where(AuditEntry.action == "bulletin.export").order_by(AuditEntry.id)
    )]  # fmt: skip
    assert formats == ["docx", "xlsx"]
    assert client.post(url, data={**form, "title": ""}).status_code == 422


def test_the_circular_holds_the_units_in_sight(session, office, rounds, client_as) -> None:
    page = client_as("liaison").get(f"/exams/rounds/{rounds[0].id}/bulletin").text
    assert "应考 1 人，实考 1 人" in page
    assert "西山街道" not in page
