"""Uploads as networks really carry them: far too large, broken off, cut in the middle. In front of the real server."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from portal import create_app
from portal.extensions import db, writing
from tests.conftest import make_config
from tests.support.imports import Site, multipart
from tests.support.people import Office, csrf, sign_in
from tests.support.server import SECRET, Server, site_folder

MEGABYTE = 1024 * 1024
HUGE = 200 * MEGABYTE


@dataclass
class Line:
    """A raw connection of somebody signed in, to the upload form."""

    server: Server
    path: str
    cookie: str
    token: str

    def begin(self, *headers: str) -> socket.socket:
        """Send the head of an upload."""
        line = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        head = [
            f"POST {self.path} HTTP/1.1", "Host: portal", f"Cookie: portal={self.cookie}", *headers,
            "Content-Type: multipart/form-data; boundary=edge",
        ]  # fmt: skip
        line.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        return line

    def body(self, content: bytes) -> bytes:
        return multipart({"csrf_token": self.token.encode()}, "题库.txt", content)

    def answer(self, line: socket.socket) -> tuple[int, str]:
        """(status, body) of what the server says, though it may have closed its ear."""
        said = b""
        try:
            while block := line.recv(65536):
                said += block
                head, _, rest = said.partition(b"\r\n\r\n")
                if b"content-length:" in head.lower():
                    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                    if len(rest) >= length:
                        break
        except ConnectionError:
            pass
        line.close()
        return int(said.split(b" ", 2)[1]), said.decode(errors="replace")


@pytest.fixture(scope="module")
def line(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """One server for all; nothing in here leaves anything behind."""
    folder = site_folder(base_folder, tmp_path_factory.mktemp("uploads") / "site")
    app = create_app(replace(make_config(folder), secret_key=SECRET))
    site = Site(app)
    with app.app_context(), writing() as session:
        client = sign_in(app, Office.load(session).people["liaison"])
        session.commit()
        token = csrf(client)
        db.session.remove()
        db.engine.dispose()
    cookie = client.get_cookie("portal")
    assert cookie is not None
    server = Server(folder, workers=1)
    server.start()
    yield Line(server, site.upload_url, cookie.value, token)
    server.stop()


def peak(server: Server) -> int:
    """The most memory that any process of the server has ever held, in bytes."""
    assert server.process is not None
    found = subprocess.run(["ps", "-o", "pid=", "-g", str(server.process.pid)], capture_output=True, check=True)
    status = [Path(f"/proc/{pid}/status").read_text() for pid in found.stdout.decode().split()]
    return max(int(each.split("VmHWM:")[1].split()[0]) * 1024 for each in status)


def nothing_kept(server: Server) -> None:
    """No file, no row, and the server answers as ever."""
    folder = server.folder / "imports"
    until = time.monotonic() + 10
    while folder.exists() and list(folder.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists() or list(folder.iterdir()) == []
    connection = sqlite3.connect(server.folder / "portal.db")
    assert connection.execute("SELECT count(*) FROM import_batches").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("kind", ["browser", "htmx", "without a length"])
def test_two_hundred_megabytes_are_refused_while_they_arrive(line: Line, kind: str) -> None:
    chunked = kind == "without a length"
    before = peak(line.server)
    headers = {"browser": ["Accept: text/html"], "htmx": ["HX-Request: true"], "without a length": []}[kind]
    upload = line.begin("Transfer-Encoding: chunked" if chunked else f"Content-Length: {HUGE}", *headers)
    sent, block = 0, bytes(MEGABYTE // 4)
    parts = [line.body(b"")[:-12]]
    try:
        while sent < HUGE:
            part = parts.pop() if parts else block
            upload.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n" if chunked else part)
            sent += len(part)
    except ConnectionError:
        pass  # the server has heard enough
    status, said = line.answer(upload)
    assert status == 413
    assert "文件太大" in said
    assert "一次上传不能超过 40 MB" in said
    assert "data-say" in said, "htmx shows this line in the page at hand"
    assert sent < HUGE / 2
    assert peak(line.server) - before < 40 * MEGABYTE
    nothing_kept(line.server)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_a_connection_lost_in_mid_upload_leaves_nothing(line: Line, share: float) -> None:
    body = line.body("1. 问？（ A ）\nA. 一\nB. 二\n".encode() * 60_000)
    upload = line.begin(f"Content-Length: {len(body)}")
    upload.sendall(body[: int(len(body) * share)])
    upload.close()
    nothing_kept(line.server)
    again = line.begin("Content-Length: 4")
    again.sendall(b"none")
    assert line.answer(again)[0] == 400, "the server goes on"


def test_half_a_form_is_told_as_what_it_is(line: Line) -> None:
    """The length fits, the last boundary is missing: a proxy or a browser has cut it."""
    body = line.body("1. 问？（ A ）\nA. 一\nB. 二\n".encode() * 1000)
    half = body[: len(body) // 2]
    upload = line.begin(f"Content-Length: {len(half)}")
    upload.sendall(half)
    status, said = line.answer(upload)
    assert status == 400
    assert "上传的内容没有完整送达，没有保存" in said
    nothing_kept(line.server)


def test_the_whole_form_comes_in(line: Line) -> None:
    """What the tests above send would work if it arrived; it takes its batch back, whatever runs after it."""
    body = line.body("1. 问？（ A ）\nA. 一\nB. 二\n".encode())
    upload = line.begin(f"Content-Length: {len(body)}")
    upload.sendall(body)
    assert line.answer(upload)[0] == 303
    connection = sqlite3.connect(line.server.folder / "portal.db", isolation_level=None)
    assert connection.execute("DELETE FROM import_batches").rowcount == 1
    connection.close()
    shutil.rmtree(line.server.folder / "imports")
