"""合格证书 as PDF: what a reader finds in the file, the square, what is left out and said, and the pages."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select

from portal.core import clock
from portal.exams import certificate_pdf
from portal.exams.certificate_text import sheet_of
from portal.exams.models_records import Certificate
from portal.exams.services import certificates
from portal.web import pdf
from tests.exams.test_certificates import held, issue, round_  # noqa: F401  a fixture
from tests.support.after import build_elsewhere, score

ROW = {
    "id": 1, "code": "ABCDEFGH23456789", "name": "胡海霞", "unit_name": "云栖街道综合治理办公室",
    "title": "2026年度学法考试",
    "number": "2026-000012",
    "score": 9250, "sat_on": date(2026, 11, 3), "issued_at": datetime(2026, 11, 5, 2, tzinfo=UTC),
    "voided_at": None,
}  # fmt: skip


def sheet(**changes):
    return sheet_of({**ROW, **changes}, "云川区信访局")


def address(code: str) -> str:
    return f"https://portal.example/exams/certificates/check?code={code}"


def drawn(*sheets) -> tuple[PdfReader, int]:
    target = io.BytesIO()
    count = certificate_pdf.write(target, "合格证书", sheets, address)
    return PdfReader(target), count


def downloaded(client, path: str) -> PdfReader:
    with client.get(f"{path}?export=pdf") as answer:
        assert (answer.status_code, answer.mimetype) == (200, pdf.PDF)
        return PdfReader(io.BytesIO(answer.data))


def words(page) -> str:
    return "".join(page.extract_text().split())


def test_a_reader_finds_every_word_of_the_sheet() -> None:
    found, count = drawn(sheet())
    assert (count, len(found.pages), found.metadata.title) == (1, 1, "合格证书")
    page = found.pages[0]
    assert page.mediabox.width > page.mediabox.height
    text = words(page)
    one = sheet()
    for part in (one.heading, one.sentence, one.number, one.shown_code, one.hint, one.issuer, one.day):
        assert "".join(part.split()) in text, part


def test_no_font_is_carried_and_the_same_certificate_gives_the_same_file() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    for target in (first, second):
        certificate_pdf.write(target, "合格证书", [sheet()], address)
    assert first.getvalue() == second.getvalue()
    assert len(first.getvalue()) < 20_000
    assert b"/FontFile" not in first.getvalue()


def test_the_square_is_drawn_dot_by_dot() -> None:
    """Painting the rectangles of the page gives the square that leads to the check, and nothing else."""
    import segno

    found, _count = drawn(sheet())
    rows = [list(row) for row in segno.make(address(ROW["code"]), error="m").matrix]
    dot = certificate_pdf._SQUARE / len(rows)
    painted = Image.new("1", (len(rows), len(rows)))
    drawing = found.pages[0].get_contents().get_data().decode("latin-1")
    for left, bottom, wide in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) [\d.]+ re", drawing):
        if abs(float(wide) - dot) < 0.01:
            x = round((float(left) - certificate_pdf._EDGE) / dot)
            y = round((certificate_pdf._FOOT + certificate_pdf._SQUARE - float(bottom)) / dot) - 1
            painted.putpixel((x, y), 1)
    assert [[bool(painted.getpixel((x, y))) for x in range(len(rows))] for y in range(len(rows))] == [
        [bool(dark) for dark in row] for row in rows
    ]


def test_a_name_that_the_font_has_not_is_left_out_and_told() -> None:
    found, count = drawn(sheet(), sheet(name="张𬱖", number="2026-000013"))
    assert (count, len(found.pages)) == (1, 2)
    assert "2026-000013" in words(found.pages[1])
    assert "2026-000012" not in words(found.pages[1])


def test_long_names_stay_above_the_foot() -> None:
    found, _count = drawn(sheet(title="关于加强和改进新时代" * 20, unit_name="综合治理" * 20))
    assert ("综合治理" * 20) in words(found.pages[0])


@given(text=st.text(alphabet="法律，。（）《》12ab ", max_size=80), size=st.integers(8, 30))
def test_lines_lose_nothing_and_begin_with_no_closing_mark(text: str, size: int) -> None:
    found = pdf.lines(text, size, room=600, indent=2 * size)
    assert "".join(found) == text
    assert not any(line[0] in "，。）》" for line in found[1:])


def test_the_holder_and_the_officer_download_it(session, office, round_, client_as) -> None:  # noqa: F811
    issue(session, office, round_)
    session.commit()
    mine = next(each for each in held(session, round_) if each.user_id == office.people["cadre"].id)
    cadre = client_as("cadre")
    assert "下载 PDF" in cadre.get(f"/exams/certificates/{mine.id}").text
    for client, path in (
        (cadre, f"/exams/certificates/{mine.id}"),
        (client_as("exam_officer"), f"/exams/rounds/{round_.id}/certificates/{mine.id}"),
    ):
        assert mine.number in words(downloaded(client, path).pages[0])
    assert client_as("leader").get(f"/exams/certificates/{mine.id}?export=pdf").status_code == 404


def test_all_of_a_round_without_the_void_ones(session, office, round_, client_as) -> None:  # noqa: F811
    issue(session, office, round_)
    first, second = held(session, round_)
    certificates.void(
        session(), actor=office.viewer(session(), "exam_officer"), now=clock.now(), certificate=first, reason="错发"
    )
    session.commit()
    officer = client_as("exam_officer")
    here = f"/exams/rounds/{round_.id}/certificates"
    assert "export=pdf" in officer.get(here).text
    found = downloaded(officer, here)
    assert len(found.pages) == 1
    assert second.number in words(found.pages[0])
    refused = officer.get(f"{here}/{first.id}?export=pdf")
    assert refused.status_code == 303
    assert "不能下载 PDF" in officer.get(f"{here}/{first.id}").text
    assert "下载 PDF" not in officer.get(f"{here}/{first.id}").text


def test_the_page_offers_the_other_way_where_a_name_cannot_be_written(session, office, client_as) -> None:
    superior = build_elsewhere(session(), office)
    row = score(session(), superior, office.people["cadre"], 90)
    assert row is not None
    issue(session, office, superior)
    mine = session.scalars(select(Certificate).where(Certificate.round_id == superior.id)).one()
    mine.name = "张𬱖"
    session.commit()
    cadre = client_as("cadre")
    answer = cadre.get(f"/exams/certificates/{mine.id}?export=pdf", follow_redirects=True)
    assert "𬱖" in answer.text
    assert "另存为 PDF" in answer.text
