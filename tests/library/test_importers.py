"""Files as they come: every layout that is known, every irregularity told, nothing refused that can be read."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.library.importers import MAX_BYTES, parse_file, parse_many
from portal.library.importers.model import Document
from portal.library.importers.tree import read_document
from tests.support.library import document, law


def kinds(found: Document) -> list[str]:
    return [each.kind for each in found.warnings]


def addresses(found: Document) -> list[str]:
    return [piece.address for piece in found.pieces]


def test_a_plain_law() -> None:
    found = document(law("中华人民共和国甲法", "为了甲，制定本法。", "有下列情形：\n\n（一）子；\n\n（二）丑。"))
    assert found.title == "中华人民共和国甲法"
    assert addresses(found) == ["chp_1", "art_1", "art_2", "art_3"]
    assert found.pieces[2].text == "有下列情形：\n（一）子；\n（二）丑。"
    assert found.pieces[2].path == "第一章 总则"
    assert found.pieces[0].span == 3
    assert (found.as_of, found.in_force_from, found.basis) == (date(2020, 1, 1), date(2020, 3, 1), "final_article")
    assert found.warnings == []


def test_parts_chapters_sections_and_what_has_no_number() -> None:
    first = "# 甲法\n## 第一编 总则\n### 第一章 甲\n#### 第一节 子\n第一条 甲。\n#### 第二节 丑\n第二条 乙。\n"
    found = document(first + "### 第二章 乙\n第三条 丙。\n## 附则\n第四条 丁。")
    assert addresses(found)[:3] == ["part_1", "part_1__chp_1", "part_1__chp_1__sec_1"]
    assert [piece.span for piece in found.pieces if piece.kind == "part"] == [7, 1]
    assert found.pieces[-1].path == "附则"
    assert found.article_count == 4


@pytest.mark.parametrize(
    ("text", "kind", "articles"),
    [
        ("# 甲案\n\n## 案情\n\n张某。\n\n## 结果\n\n支持。", "no-articles", 0),
        ("# 修正案\n一、将第一条修改为：\n二、本修正案自2020年1月1日起施行。", "no-articles", 0),
        ("# 甲编\n第九百八十九条 甲。\n第九百九十条 乙。", "starts-above-one", 2),
        ("# 甲法\n第一条 甲。\n第三条 乙。", "gap", 2),
        ("# 甲法\n第一条 甲。\n第一条之一 乙。\n第二条 丙。", "inserted", 3),
        ("# 甲法\n第一条 甲。\n第二条 乙。\n附件：表格", "annex", 2),
        ("# 甲法\n第一条 甲。\n第二条 乙。\n附件一 办法\n第一条 丙。", "annex-articles", 3),
        ("# 甲法\n## 序言\n前面的话。\n第一条 甲。", "preamble", 1),
        ("# 甲法\n第一条 甲\u200b甲。", "zero-width", 1),
        ("# 甲法\n第一条 甲\u3000甲。", "full-width-space", 1),
        ("# 甲法\n第一条 甲。", "no-date", 1),
        ("# 甲法\n第一条 甲。 第二条 乙。 第三条 丙。", "several-in-a-line", 3),
        ("# 甲法\n第一条 甲。\n第三条 丙。\n第二条 乙。", "out-of-order", 3),
        ("<!-- INFO END -->\n第一条 甲。", "no-title", 1),
    ],
)
def test_irregular_texts_come_in_and_are_told(text: str, kind: str, articles: int) -> None:
    found = document(text)
    assert kind in kinds(found)
    assert found.article_count == articles
    assert len(set(addresses(found))) == len(found.pieces)


def test_a_line_that_only_speaks_of_an_article_begins_none() -> None:
    found = document("# 甲法\n第一条 甲。\n第三百八十九条规定的，从其规定。\n第二条的规定除外。\n第二条 乙。")
    assert found.article_count == 2
    assert "第三百八十九条规定" in found.pieces[0].text


def test_a_date_in_the_name_that_differs_is_told() -> None:
    assert "date-differs" in kinds(document(law("甲法", "甲。"), "甲法(2021-05-05).md"))


@given(st.text(alphabet="第一二条章节编甲，。 \n#附件（）：目录0\u200b", max_size=120))
def test_any_text_comes_in_whole(text: str) -> None:
    """Whatever the lines are, each piece has an address of its own and goes through JSON unchanged."""
    found = read_document(text.split("\n"), "某法.txt")
    assert len(set(addresses(found))) == len(found.pieces)
    assert found.title
    assert Document.from_dict(found.to_dict()) == found


NATIONAL = [
    "中华人民共和国甲法",
    "（2020年1月1日第十三届全国人民代表大会常务委员会第十五次会议通过　2022年6月24日第三十五次会议修订）",
    "目　　录",
    "第一章　总　　则",
    "第二章　附　　则",
    "第一章　总　　则",
    "　　第一条　为了甲，制定本法。",
    "　　第二条　有下列情形之一的：",
    "　　（一）子；",
    "第二章　附　　则",
    "　　第三条　本法自2023年1月1日起施行。",
]


def word(path: Path, lines: list[str]) -> Path:
    made = docx.Document()
    for line in lines:
        made.add_paragraph(line)
    made.save(str(path))
    return path


def test_a_word_document_of_the_national_database(tmp_path: Path) -> None:
    found = parse_file(word(tmp_path / "甲法_20220624.docx", NATIONAL), "甲法_20220624.docx")
    assert found.title == "中华人民共和国甲法"
    assert addresses(found) == ["chp_1", "art_1", "art_2", "chp_2", "art_3"]
    assert found.pieces[0].heading == "总则"
    assert (found.as_of, found.in_force_from) == (date(2022, 6, 24), date(2023, 1, 1))
    assert found.warnings == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "甲法.txt"
    path.write_bytes("\r\n".join(NATIONAL).encode(encoding))
    found = parse_file(path, path.name)
    assert (found.title, found.article_count) == ("中华人民共和国甲法", 3)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "空.txt").write_bytes(b"")
    old = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + "WordDocument".encode("utf-16-le")
    (tmp_path / "旧.docx").write_bytes(old)
    (tmp_path / "假.docx").write_text("第一条 甲。", encoding="utf-8")
    (tmp_path / "乱.txt").write_bytes(b"\xff\xff\x81 abc" * 50)
    (tmp_path / "图.pdf").write_bytes(b"%PDF-1.7 x")
    with (tmp_path / "大.txt").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    names = ["空.txt", "旧.docx", "假.docx", "乱.txt", "图.pdf", "大.txt", "无.txt"]
    found = parse_many([str(tmp_path / name) for name in names])
    codes = dict(zip(names, [each["code"] for each in found], strict=True))
    assert codes == {
        "乱.txt": "file-encoding", "空.txt": "file-empty", "旧.docx": "file-old-doc", "假.docx": "file-not-docx",
        "图.pdf": "file-pdf",        "大.txt": "file-too-large", "无.txt": "file-unreadable",
    }  # fmt: skip
    with pytest.raises(RuleError):
        parse_file(tmp_path / "空.txt", "空.txt")


def test_the_public_collection() -> None:
    """Articles counted by hand in each file; what is irregular there, and nothing else, is told."""
    if not os.environ.get("PORTAL_SHARED"):
        pytest.skip("PORTAL_SHARED is not set")
    laws = Path(os.environ["PORTAL_SHARED"]) / "data" / "laws"
    found = {path.stem: parse_file(path, path.name) for path in laws.glob("*.md")}
    assert sum(each.article_count for each in found.values()) == 2374
    told = {name: kinds(each) for name, each in found.items() if each.warnings}
    assert told == {
        "人格权编": ["starts-above-one"],
        "刑法": ["inserted", "annex"],
        "刑法修正案（十二）(2023-12-29)": ["no-articles"],
        "加班费的仲裁时效应当如何认定": ["no-articles", "no-date"],
        "宪法": ["preamble"],
        "行政复议法(2023-09-01)": ["zero-width"],
        "飞行基本规则(2007-10-18)": ["several-in-a-line", "annex"],
    }
    assert found["信访工作条例(2022-02-25)"].in_force_from == date(2022, 5, 1)
    assert found["政府信息公开条例(2019-04-03)"].in_force_from == date(2019, 5, 15)
