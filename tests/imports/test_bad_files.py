"""Files as they really come: empty, renamed, locked, malicious. Each is refused in words and nothing of it is kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from tests.support.imports import Site

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
PNG = bytes.fromhex("89504E470D0A1A0A0000000D49484452")


def ole(stream: str) -> bytes:
    """The container of old Office files and of encrypted new ones, as far as one looks at it."""
    return OLE + bytes(504) + stream.encode("utf-16-le") + bytes(1024)


def archive(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return buffer.getvalue()


def locked() -> bytes:
    """An archive whose part asks for a password: the bit of it set in both headers."""
    data = bytearray(archive({"xl/workbook.xml": b"<a/>"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def nested() -> bytes:
    """Ten bombs in one archive: each opens to 60 MB."""
    bomb = archive({"word/document.xml": bytes(60_000_000)})
    return archive({"word/document.xml": b"<w/>", **{f"word/embeddings/{n}.docx": bomb for n in range(10)}})


def lying() -> bytes:
    """60 MB that claim to be ten bytes, in both headers."""
    data = bytearray(archive({"word/document.xml": bytes(60_000_000)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(data)


def wide() -> bytes:
    """Many parts that pack well: each under the limit, all together over it."""
    return archive({"word/document.xml": b"<w/>", **{f"word/media/{n}.bin": bytes(9_000_000) for n in range(24)}})


BAD: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("empty word", "题库.docx", bytes, "文件是空的"),
    ("empty excel", "题库.xlsx", bytes, "文件是空的"),
    ("doc renamed", "题库.docx", lambda: ole("WordDocument"), "这是旧版 Word 文件"),
    ("doc renamed to excel", "题库.xlsx", lambda: ole("WordDocument"), "这是旧版 Word 文件"),
    ("picture renamed", "题库.xlsx", lambda: PNG + bytes(2000), "内容却不是 Excel 工作簿"),
    ("picture renamed to text", "题库.txt", lambda: PNG + bytes(range(256)) * 8, "内容却不是文字"),
    ("excel renamed", "题库.docx", lambda: archive({"xl/workbook.xml": b"<a/>"}), "内容却不是 Word 文档"),
    ("encrypted excel", "题库.xlsx", lambda: ole("EncryptedPackage"), "打开密码"),
    ("encrypted zip", "题库.xlsx", locked, "打开密码"),
    ("many parts", "题库.docx", wide, "展开后超过 200 MB"),
    ("lying sizes", "题库.docx", lying, "文件已损坏"),
    ("half an archive", "题库.docx", lambda: archive({"word/document.xml": b"<w/>" * 999})[:-30], "文件已损坏"),
]


@pytest.mark.parametrize(("name", "content", "said"), [each[1:] for each in BAD], ids=[each[0] for each in BAD])
def test_a_bad_file_is_told_why_and_not_kept(site: Site, name: str, content: Callable[[], bytes], said: str) -> None:
    client = site.client("liaison")
    answer = site.upload(client, content(), name)
    assert answer.status_code == 422
    assert said in answer.text
    assert list((site.app.config["PORTAL"].instance / "imports").iterdir()) == []


def test_a_bomb_inside_a_file_is_never_opened(site: Site) -> None:
    """Only the outer archive is unpacked; what lies in it stays shut, and the next file comes in as ever."""
    client = site.client("liaison")
    url = site.work(site.upload(client, nested(), "题库.docx"))
    assert site.batch(url).summary["found"] == 0
    assert "未识别到任何题目" in client.get(url).text
    assert "共识别 33" in client.get(site.ready(client)).text
