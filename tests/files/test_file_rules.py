"""What a file is by its content, whatever its name says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal.core.errors import RuleError
from portal.files import images, rules

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#1a56a0").save(out, form, **options)
    return out.getvalue()


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<a/>")
    return out.getvalue()


GOOD = {
    "照片.JPG": (picture(), rules.JPEG),
    "图.png": (picture("PNG"), rules.PNG),
    "图.webp": (picture("WEBP"), rules.WEBP),
    "动图.gif": (picture("GIF"), rules.GIF),
    "通知.pdf": (b"%PDF-1.7\n%%EOF", rules.PDF),
    "公文.ofd": (package("OFD.xml"), rules.OFD),
    "通知.docx": (package("[Content_Types].xml", "word/document.xml"), rules.DOCX),
    "名单.xlsx": (package("xl/workbook.xml"), rules.XLSX),
    "课件.pptx": (package("ppt/presentation.xml"), rules.PPTX),
    "旧通知.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), rules.OLE),
    "旧通知.wps": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), rules.OLE),
    "说明.txt": ("《信访工作条例》\r\n第一条".encode(), rules.TEXT),
    "国标.txt": ("《信访工作条例》\t第一条".encode("gb18030"), rules.TEXT),
}

BAD = {
    "空.pdf": (b"", "upload-empty"),
    "网页.txt": (b"  <html><script>alert(1)</script>", "upload-type"),
    "图.svg": (SVG, "upload-type"),
    "图.png": (SVG, "upload-type"),
    "程序.exe": (b"MZ\x90\x00" + bytes(200), "upload-type"),
    "照片.pdf": (picture(), "upload-name-lies"),
    "照片.jpg": (picture("PNG"), "upload-name-lies"),
    "照片.exe": (picture(), "upload-type"),
    "加密.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file-encrypted"),
    "压缩.zip": (package("a.txt"), "upload-type"),
    "跑出去.docx": (package("word/document.xml", "../../a"), "archive-bad-name"),
    "半个.docx": (package("word/document.xml")[:60], "archive-damaged"),
    "二进制.txt": (b"abc\x00def", "upload-type"),
    "控制符.txt": (b"abc\x1b[2Jdef", "upload-type"),
}


@pytest.mark.parametrize("name", GOOD)
def test_content_tells_the_type(tmp_path: Path, name: str) -> None:
    data, wanted = GOOD[name]
    (tmp_path / "a").write_bytes(data)
    assert rules.file_type(tmp_path / "a", name) is wanted


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_and_why(tmp_path: Path, name: str) -> None:
    data, code = BAD[name]
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(RuleError) as caught:
        rules.file_type(tmp_path / "a", name)
    assert caught.value.code == code


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(rules.MAX_BYTES + 1)
    with pytest.raises(RuleError) as caught:
        rules.file_type(tmp_path / "a", "大.pdf")
    assert caught.value.code == "upload-too-big"


@given(st.text(max_size=300))
def test_a_clean_name_has_nothing_that_hurts(name: str) -> None:
    clean = rules.clean_name(name)
    assert 0 < len(clean) <= rules.NAME_LENGTH
    assert not set(clean) & set('/\\<>:"|?*\r\n\x00')
    assert rules.clean_name(clean) == clean


def test_a_long_name_keeps_its_ending() -> None:
    assert rules.clean_name("很" * 300 + ".docx").endswith("很.docx")
    assert rules.clean_name("C:\\资料\\通知.pdf") == "通知.pdf"


def test_a_picture_loses_where_it_was_taken_and_what_hangs_behind_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a private note"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    data = picture(size=(80, 40), exif=exif) + b"<script>alert(1)</script>"
    (tmp_path / "a").write_bytes(data)
    made, small, width, height = images.redraw(tmp_path / "a", rules.JPEG, "a.jpg")
    assert (width, height) == (40, 80), "it stands upright"
    with Image.open(io.BytesIO(made)) as again:
        assert not again.getexif()
        assert again.size == (40, 80)
    assert b"private note" not in made
    assert b"script" not in made
    with Image.open(io.BytesIO(small)) as thumb:
        assert thumb.format == "WEBP"


def test_the_small_picture_is_small_and_transparency_stays(tmp_path: Path) -> None:
    Image.new("RGBA", (2000, 1000), (10, 20, 30, 0)).save(tmp_path / "a", "PNG")
    made, small, _, _ = images.redraw(tmp_path / "a", rules.PNG, "a.png")
    with Image.open(io.BytesIO(small)) as thumb:
        assert thumb.size == (images.THUMB, images.THUMB // 2)
    with Image.open(io.BytesIO(made)) as again:
        assert again.mode == "RGBA"
        assert again.getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("cut", [20, 200, -3])
def test_half_a_picture_is_refused(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a").write_bytes(picture(size=(400, 300))[:cut])
    with pytest.raises(RuleError) as caught:
        images.redraw(tmp_path / "a", rules.JPEG, "a.jpg")
    assert caught.value.code == "image-broken"


def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (30_000, 30_000)).save(tmp_path / "a", "PNG")
    assert (tmp_path / "a").stat().st_size < rules.MAX_BYTES
    monkeypatch.setattr(Image.Image, "load", lambda _self: pytest.fail("unpacked"))
    with pytest.raises(RuleError) as caught:
        images.redraw(tmp_path / "a", rules.PNG, "a.png")
    assert caught.value.code == "image-too-large"
