"""Pages drawn once for what they show: filled for each reader, and drawn anew when anything that they show differs."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask, g
from flask_login import current_user
from hypothesis import given
from hypothesis import strategies as st

from portal.web import kept
from portal.web.kept import KeptPage, KeptPages, hole, takes_gzip
from portal.web.pages import frozen, kept_page

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


@given(st.lists(st.tuples(TEXT, st.sampled_from(["name", "token"])), max_size=6), TEXT, TEXT, TEXT)
def test_a_page_comes_back_filled_whether_packed_or_not(parts, last, name, token) -> None:
    values = {"name": name, "token": token}
    html = "".join(text + hole(which) for text, which in parts) + last
    expected = ("".join(text + values[which] for text, which in parts) + last).encode()
    page = KeptPage.of(html)
    assert page.plain(values) == expected
    assert gzip.decompress(page.gzipped(values)) == expected  # the checksum and the length are checked there


def test_a_long_page_too() -> None:
    text = "考试" * 400_000
    assert gzip.decompress(KeptPage.of(text + hole("x") + text).gzipped({"x": "中"})) == f"{text}中{text}".encode()


def test_what_fills_a_hole_is_not_compressed() -> None:
    """Else its length would tell whether it repeats what stands beside it (BREACH)."""
    page, secret = KeptPage.of("token-0123456789 " * 20 + hole("token")), "token-0123456789 " * 20
    other = "".join(chr(33 + (index * 37) % 90) for index in range(len(secret)))
    assert len(page.gzipped({"token": secret})) == len(page.gzipped({"token": other}))
    assert secret.encode() in page.gzipped({"token": secret})


def test_what_nobody_asked_for_makes_room(monkeypatch) -> None:
    pages = KeptPages()
    page = KeptPage.of("x" * 1000)
    monkeypatch.setattr(kept, "BYTES", 3 * (page.size + kept.weight("a")))
    for key in "abc":
        pages.put(key, page)
    pages.get("a")
    pages.put("d", page)
    pages.put("d", page)
    assert [key for key in "abcd" if pages.get(key)] == ["a", "c", "d"]


def test_long_keys_make_room_too(monkeypatch) -> None:
    """Keys hold the rows that a page shows, and are as large as the page."""
    pages, page = KeptPages(), KeptPage.of("x")
    monkeypatch.setattr(kept, "BYTES", 100_000)
    for number in range(50):
        pages.put(("page", (str(number) * 5_000, frozenset({"a"}))), page)
    assert 0 < len(pages._pages) < 20
    assert pages._bytes <= kept.BYTES
    for key in list(pages._pages):
        pages.put(key, KeptPage.of("y" * 1000))
    while pages._pages:
        oldest, gone = pages._pages.popitem(last=False)
        pages._bytes -= gone.size + kept.weight(oldest)
    assert pages._bytes == 0


@pytest.mark.parametrize(("path", "known"), [("/exams/", {}), ("/exams/rounds", {"sort": "title"})])
def test_arguments_that_a_page_does_not_know_are_not_kept(app: Flask, client_as, path: str, known) -> None:
    client = client_as("exam_officer")
    assert client.get(path, query_string=known).status_code == 200
    seen = len(app.extensions["kept-pages"]._pages)
    assert seen == 1
    for number in range(3):
        assert client.get(path, query_string={"junk": str(number)}).status_code == 200
    assert len(app.extensions["kept-pages"]._pages) == seen


@pytest.mark.parametrize(
    ("header", "takes"), [("gzip, deflate, br", True), ("", False), ("br", False), ("gzip; q=0", False)]
)
def test_who_takes_gzip(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes


def test_what_is_shown_is_told_apart() -> None:
    @dataclass
    class Line:
        name: str
        parts: list[int]

    assert frozen({"a": [Line("甲", [1, 2])]}) == frozen({"a": [Line("甲", [1, 2])]})
    assert frozen({"a": [Line("甲", [1, 2])]}) != frozen({"a": [Line("甲", [1, 3])]})
    assert frozen(date(2026, 1, 1)) != frozen(date(2026, 1, 2))
    with pytest.raises(TypeError):
        frozen({"a": object()})


def my_exams(client, **headers: str) -> str:
    answer = client.get("/exams/", headers=headers)
    assert answer.status_code == 200
    return gzip.decompress(answer.data).decode() if answer.headers.get("Content-Encoding") == "gzip" else answer.text


def test_one_page_serves_two_readers_each_with_their_own_name_and_token(app: Flask, client_as, office) -> None:
    roles = ("cadre", "foreign_cadre")
    clients = [client_as(role) for role in roles]
    pages = [my_exams(client, **{"Accept-Encoding": "gzip"}) for client in clients]
    assert len(app.extensions["kept-pages"]._pages) == 1
    for client, page, role, other in zip(clients, pages, roles, reversed(roles), strict=True):
        token = page.split('name="csrf-token" content="')[1].split('"')[0]
        assert page.count(token) >= 3
        assert client.post("/prefs", data={"csrf_token": token, "lang": "en"}).status_code == 303
        assert f"<span>{office.people[role].name}</span>" in page
        assert f"<span>{office.people[other].name}</span>" not in page
        assert kept._MARK not in page


def test_gzip_only_for_who_takes_it(client_as) -> None:
    client = client_as("cadre")
    packed = client.get("/exams/", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/exams/")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert {each.strip() for each in plain.headers["Vary"].split(",")} >= {"Accept-Encoding", "Cookie", "HX-Request"}
    assert packed.headers["Cache-Control"] == "no-store, private"


def test_language_and_display_have_pages_of_their_own(client_as) -> None:
    client = client_as("cadre")
    first = my_exams(client)
    for choice, expected in (("en.normal.m.normal", '<html lang="en"'), ("zh.elder.l.high", 'data-contrast="high"')):
        client.set_cookie("ui", choice)
        assert expected in my_exams(client)
        assert expected not in first


def test_a_message_is_shown_once(client_as) -> None:
    client = client_as("cadre")
    before = my_exams(client)
    with client.session_transaction() as session:
        session["_flashes"] = [("success", "只此一次")]
    assert "只此一次" in my_exams(client)
    assert "只此一次" not in my_exams(client)
    assert "只此一次" not in before


@pytest.mark.parametrize("asked", ["current_user.id", "asks()", "display_form() ~ current_user.id"])
def test_a_page_that_asks_more_of_its_reader_is_not_kept(app: Flask, session, office, asked: str) -> None:
    app.jinja_env.globals["asks"] = lambda: current_user.id
    with app.test_request_context("/exams/"):
        g._login_user = office.viewer(session(), "cadre")
        answer = kept_page(app.jinja_env.from_string("{{ " + asked + " }}"), None, {})  # type: ignore[arg-type]
        html = answer.get_data(as_text=True)
        assert html.endswith(str(office.people["cadre"].id))
        assert kept._MARK not in html
        assert current_user.id == office.people["cadre"].id
        assert "csrf_token" not in g or kept._MARK not in g.csrf_token
    assert app.extensions["kept-pages"]._pages == {}


def test_the_clock_is_out_of_reach_of_a_page_that_is_kept(app: Flask, session, office) -> None:
    with app.test_request_context("/exams/"):
        g._login_user = office.viewer(session(), "cadre")
        with pytest.raises(TypeError):
            kept_page(app.jinja_env.from_string("{{ now() }}"), None, {})  # type: ignore[arg-type]
