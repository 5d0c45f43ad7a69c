"""Fragments, redirects, display choices and form fields."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from portal.core.errors import RuleError
from portal.web.errors import explain, register_messages
from portal.web.forms import PointsField, PortalForm, TextField, points_text
from portal.web.i18n import COOKIE, Display
from tests.support.people import csrf

HTMX = {"HX-Request": "true"}


def test_a_page_says_what_it_varies_by(client_as: Callable[[str], FlaskClient]) -> None:
    answer = client_as("audit_admin").get("/audit/")
    assert {"HX-Request", "HX-Request-Type", "Cookie"} <= set(answer.vary)
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        (HTMX, True),
        ({**HTMX, "HX-Request-Type": "partial"}, True),
        ({**HTMX, "HX-Request-Type": "full"}, False),
        ({**HTMX, "HX-Boosted": "true"}, False),
        ({**HTMX, "HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "false"}, False),
        ({}, False),
    ],
)
def test_only_a_swap_gets_a_fragment(
    client_as: Callable[[str], FlaskClient], headers: dict[str, str], *, fragment: bool
) -> None:
    text = client_as("audit_admin").get("/audit/", headers=headers).text
    assert ("<!DOCTYPE html>" not in text) is fragment
    assert 'id="results"' in text


def test_leaving_a_page(client_as: Callable[[str], FlaskClient]) -> None:
    client = client_as("cadre")
    answer = client.post("/accounts/logout", data={"csrf_token": csrf(client)}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/accounts/login")
    client = client_as("cadre")
    answer = client.post("/accounts/logout", data={"csrf_token": csrf(client)})
    assert (answer.status_code, answer.location) == (303, "/accounts/login")
    assert "已退出" in client.get("/accounts/login").text, "the message survives the new session"


def test_a_token_in_the_header_counts(client_as: Callable[[str], FlaskClient]) -> None:
    client = client_as("cadre")
    answer = client.post("/accounts/logout", headers={**HTMX, "X-CSRFToken": csrf(client)})
    assert answer.status_code == 200


# --- display choices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("zh.elder.l.high", "zh.elder.l.high.on"),
        ("en.normal.xl.normal", "en.normal.xl.normal.on"),
        ("", "zh.normal.m.normal.on"),
        ("fr.elder.huge.high", "zh.elder.m.high.on"),
        ("en", "en.normal.m.normal.on"),
        ("....", "zh.normal.m.normal.on"),
        ("en.elder.l.high.more.and.more", "en.elder.l.high.on"),
        ("<script>.x.y.z", "zh.normal.m.normal.on"),
        ("\x00", "zh.normal.m.normal.on"),
        ("zh.normal.m.normal.off", "zh.normal.m.normal.off"),
    ],
)
def test_a_choice_is_read_kindly(text: str, read: str) -> None:
    assert str(Display.parse(text)) == read


def test_a_choice_is_kept_in_the_browser(app: Flask) -> None:
    client = app.test_client()
    token = csrf(client)
    answer = client.post("/prefs", data={"csrf_token": token, "lang": "en", "next": "/accounts/login"})
    assert (answer.status_code, answer.location) == (303, "/accounts/login")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value == "en.normal.m.normal.on"
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    page = client.get("/accounts/login").text
    assert '<html lang="en"' in page
    client.post("/prefs", data={"csrf_token": token, "mode": "elder", "size": "nonsense"})
    page = client.get("/accounts/login").text
    assert '<html lang="en" data-mode="elder" data-size="m" data-contrast="normal" data-keys="on">' in page


def test_a_choice_sends_nobody_elsewhere(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/prefs", data={"csrf_token": csrf(client), "lang": "en", "next": "//evil.example"})
    assert answer.location == "/"


def test_htmx_reloads_the_page_after_a_choice(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/prefs", data={"lang": "en"}, headers={**HTMX, "X-CSRFToken": csrf(client)})
    assert answer.headers["HX-Refresh"] == "true"


# --- forms -----------------------------------------------------------------------------------------------------------


class Sample(PortalForm):
    """Two fields of ours."""

    name = TextField("name")
    points = PointsField("points")


@pytest.mark.parametrize(
    ("typed", "hundredths"),
    [("2.5", 250), ("0.01", 1), ("3", 300), (" 10 ", 1000), ("", None), ("1e1", 1000), ("-1", -100)],
)
def test_points_are_whole_hundredths(app: Flask, typed: str, hundredths: int | None) -> None:
    with app.test_request_context(method="POST"):
        form = Sample(MultiDict({"points": typed}), meta={"csrf": False})
        assert form.validate()
        assert form.points.data == hundredths


@pytest.mark.parametrize(
    "typed", ["x", "1.234", "NaN", "Infinity", "-Infinity", "sNaN", "1e400", "1e999999", "1,5", "2.5.5"]
)
def test_points_that_make_no_sense_are_refused_at_the_field(app: Flask, typed: str) -> None:
    with app.test_request_context(method="POST"):
        form = Sample(MultiDict({"points": typed}), meta={"csrf": False})
        assert not form.validate()
        assert form.points.errors
        assert typed in str(form.points()), "what was typed stays"


@pytest.mark.parametrize(
    ("hundredths", "text"), [(250, "2.5"), (300, "3"), (0, "0"), (1, "0.01"), (10_000, "100"), (-250, "-2.5")]
)
def test_points_are_shown_short(hundredths: int, text: str) -> None:
    assert points_text(hundredths) == text


def test_text_is_cut_at_its_ends(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        form = Sample(MultiDict({"name": " \u3000 王 某\u3000 \t"}), meta={"csrf": False})
        assert form.name.data == "王 某"


def test_a_rule_error_lands_at_its_field_or_above_the_form(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        form = Sample(MultiDict({}), meta={"csrf": False})
        form.refuse(RuleError("number-taken", number="5%"), "name")
        form.refuse(RuleError("changed-meanwhile"))
        assert form.name.errors == ["工号 5% 已有人使用。"]
        assert len(form.form_errors) == 1
        with pytest.raises(KeyError):
            explain(RuleError("nobody-wrote-a-sentence"))


def test_one_code_has_one_sentence(app: Flask) -> None:
    with pytest.raises(ValueError, match="two sentences"):
        register_messages(app, {"not-found": "something else"})
