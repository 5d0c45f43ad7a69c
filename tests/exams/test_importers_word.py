"""Word files: numbers that Word writes itself, tables, embedded parts, and files that are no Word files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document

from portal.core.errors import RuleError
from portal.exams.importers import ParsedRow
from portal.exams.importers.docx_numbering import chinese, render, roman
from portal.exams.importers.reading import parse_file

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
NUMBERING = f"""<w:numbering {W}>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0">
<w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1、"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0">
<w:start w:val="1"/><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
</w:numbering>"""


def paragraph(text: str, number: int = 0) -> str:
    properties = f'<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr></w:pPr>' if number else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def package(body: str, parts: dict[str, bytes] | None = None, relations: str = "") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {W} {R}><w:body>{body}</w:body></w:document>")
        archive.writestr("word/numbering.xml", NUMBERING)
        space = "http://schemas.openxmlformats.org/package/2006/relationships"
        archive.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{space}">{relations}</Relationships>')
        for name, part in (parts or {}).items():
            archive.writestr(name, part)
    return data.getvalue()


def read(tmp_path: Path, data: bytes) -> list[ParsedRow]:
    path = tmp_path / "bank.docx"
    path.write_bytes(data)
    return parse_file(path, "bank.docx").rows


def keys(rows: list[ParsedRow]) -> list[tuple[str, str, object]]:
    return [(row.number, row.kind.value, row.content and row.content.key) for row in rows]


NUMBERED = (
    paragraph("一、选择题")
    + paragraph("甲是（ ）", 1) + paragraph("一", 2) + paragraph("二", 2) + paragraph("答案：B")
    + paragraph("乙是（ ）", 1) + paragraph("一", 3) + paragraph("二", 3) + paragraph("答案：AB")
)  # fmt: skip
EXPECTED = [("1", "single", (1,)), ("2", "multiple", (0, 1))]


def test_numbers_and_letters_that_word_writes_itself(tmp_path: Path) -> None:
    assert keys(read(tmp_path, package(NUMBERED))) == EXPECTED


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("chunk.html", "<html><head><title>x</title></head><body><p>1. 甲是（ ）</p><p>A. 一<br>B. 二</p>"
         "<p>答案：B</p>"
         "<p>2. 乙是（ ）</p>"
         "<p>A. 一 B. 二</p><p>答案：AB</p></body></html>".encode()),
        ("chunk.html", "<html><body><div>1. 甲是（B）</div><div>A. 一 B. 二</div>"
         "<div>2. 乙是（AB）</div><div>A. 一 B. 二</div>"
         "</body></html>".encode("gb18030")),
        ("chunk.txt", "1. 甲是（B）\r\nA. 一\r\nB. 二\r\n2. 乙是（AB）\r\nA. 一\r\nB. 二".encode()),
        ("chunk.docx", package(NUMBERED)),
        ("chunk.mht", "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
         "<html><body><p>1. 甲是（B）</p><p>A. 一 B. 二</p><p>2. 乙是（AB）</p>"
         "<p>A. 一 B. 二</p></body></html>".encode()),
    ],
    ids=["html", "html-gb", "txt", "docx", "mht"],
)  # fmt: skip
def test_body_that_is_one_embedded_part(tmp_path: Path, name: str, part: bytes) -> None:
    relation = f'<Relationship Id="r1" Type="aFChunk" Target="{name}"/>'
    data = package('<w:altChunk r:id="r1"/>', {f"word/{name}": part}, relation)
    assert keys(read(tmp_path, data)) == EXPECTED


def test_embedded_part_that_is_missing_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "bank.docx"
    path.write_bytes(package('<w:altChunk r:id="r9"/>'))
    result = parse_file(path, "bank.docx")
    assert [note.code for note in result.warnings] == ["no-questions", "part-unread"]


def table(tmp_path: Path, rows: list[list[str]], before: list[str]) -> list[ParsedRow]:
    document = Document()
    for text in before:
        document.add_paragraph(text)
    grid = document.add_table(len(rows), len(rows[0]))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            grid.cell(row, column).text = text
    path = tmp_path / "table.docx"
    document.save(str(path))
    return parse_file(path, "table.docx").rows


def test_table_with_a_header_is_read_by_columns(tmp_path: Path) -> None:
    rows = table(
        tmp_path, [["题干", "A", "B", "答案"], ["甲是", "一", "二", "B"], ["乙是", "一", "二", "AB"]], ["题库"]
    )
    assert keys(rows) == [("", "single", (1,)), ("", "multiple", (0, 1))]
    assert rows[0].where == "表格1!2"


def test_table_of_numbers_stems_and_answers(tmp_path: Path) -> None:
    rows = table(tmp_path, [["1", "甲是权利。", "√"], ["2", "乙是义务。", "×"]], ["一、判断题"])
    assert keys(rows) == [("1", "judge", (0,)), ("2", "judge", (1,))]


def test_table_that_only_lays_out_options(tmp_path: Path) -> None:
    rows = table(tmp_path, [["A. 一", "B. 二"], ["C. 三", "D. 四"]], ["1. 甲是（C）"])
    assert keys(rows) == [("1", "single", (2,))]


def test_answer_grid_in_a_table(tmp_path: Path) -> None:
    before = ["1. 甲（ ）", "A. 一 B. 二", "2. 乙（ ）", "A. 一 B. 二", "参考答案"]
    rows = table(tmp_path, [["题号", "1", "2"], ["答案", "B", "AB"]], before)
    assert keys(rows) == EXPECTED


def test_ways_of_counting() -> None:
    assert [chinese(number) for number in (1, 10, 11, 20, 35, 105)] == [
        "一",
        "十",
        "十一",
        "二十",
        "三十五",
        "一百〇五",
    ]
    assert [roman(number) for number in (4, 9, 14)] == ["IV", "IX", "XIV"]
    assert [render(3, style) for style in ("upperLetter", "lowerRoman", "decimalEnclosedCircle", "bullet")] == [
        "C",
        "iii",
        "③",
        "",
    ]


OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.docx", b"", "file-empty"),
        ("a.docx", "1. 甲".encode(), "file-not-docx"),
        ("a.xlsx", "1. 甲".encode(), "file-not-xlsx"),
        ("a.docx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "file-encrypted"),
        ("a.doc", OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "file-old-doc"),
        ("a.docx", b"PK\x03\x04 broken", "archive-damaged"),
        ("a.txt", b"\x00\x01\x02\x03" * 50, "file-not-text"),
        ("a.txt", b"\x81\xff\xfe\xff\xff", "file-encoding"),
        ("a.pdf", b"%PDF-1.7", "file-pdf"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "file-kind-unknown"),
    ],
)
def test_files_that_cannot_be_read_say_what_to_do(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(RuleError) as caught:
        parse_file(path, name)
    assert caught.value.code == code


def test_workbook_renamed_to_docx(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(RuleError, match="file-not-docx"):
        parse_file(path, "a.docx")
