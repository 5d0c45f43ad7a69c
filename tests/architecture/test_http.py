"""What every answer carries, and that reading changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session, scoped_session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import TestResponse

from portal.accounts.models import LoginSession
from portal.config import ROOT
from portal.core import clock
from portal.web.security import HEADERS
from tests.support.people import PEOPLE, csrf
from tests.support.routes import plain_pages, rules, sample_path

# Rows that a GET may touch, and why: "table" -> columns that may differ.
MAY_CHANGE_ON_GET = {"login_sessions": {"last_seen_at"}}


def check_headers(answer: TestResponse, where: str) -> None:
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, f"{where}: {name}"
    assert "Cache-Control" in answer.headers, where
    assert len(answer.headers.get_all("Content-Security-Policy")) == 1, where


@pytest.fixture
def faults_shown(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Faults become pages, as they do outside tests."""
    monkeypatch.setitem(app.config, "SHOW_FAULT_PAGES", True)
    return app


def break_view(app: Flask, monkeypatch: pytest.MonkeyPatch, endpoint: str, error: Exception) -> None:
    """Put a view in place that only fails, as open as the one it stands for."""
    from portal.web.access import public

    @public
    def broken() -> str:
        raise error

    monkeypatch.setitem(app.view_functions, endpoint, broken)


@pytest.mark.parametrize("label", ["exam_officer", "audit_admin", "cadre", None])
def test_every_route_sends_the_headers(app: Flask, client_as: Callable[[str], FlaskClient], label: str | None) -> None:
    client = client_as(label) if label else app.test_client()
    token = csrf(client)
    for rule in rules(app):
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            if rule.endpoint == "accounts.logout":
                continue
            answer = client.open(sample_path(app, rule), method=method, data={"csrf_token": token})
            check_headers(answer, f"{method} {rule.endpoint}")
            assert answer.status_code < 500, f"{method} {rule.endpoint}: {answer.status_code}"


def test_pages_are_not_kept_by_caches(client_as: Callable[[str], FlaskClient], app: Flask) -> None:
    client = client_as("exam_officer")
    for _, path in plain_pages(app):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store, private", path
        assert "Cookie" in answer.headers["Vary"], path


def test_error_pages_send_the_headers(
    faults_shown: Flask, client_as: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as("cadre")
    missing = client.get("/no/such/page")
    assert missing.status_code == 404
    check_headers(missing, "404")
    wrong_method = client.post("/healthz", data={"csrf_token": csrf(client)})
    assert wrong_method.status_code == 405
    check_headers(wrong_method, "405")
    monkeypatch.setitem(faults_shown.config, "MAX_CONTENT_LENGTH", 1000)
    monkeypatch.setitem(faults_shown.config, "MAX_FORM_MEMORY_SIZE", 1000)
    large = client.post("/prefs", data={"csrf_token": csrf(client), "x": "y" * 5000})
    assert large.status_code == 413
    check_headers(large, "413")
    break_view(faults_shown, monkeypatch, "home.healthz", RequestEntityTooLarge())
    raised = client.get("/healthz")
    assert raised.status_code == 413
    check_headers(raised, "413 raised")


def test_a_fault_shows_a_number_and_no_detail(
    faults_shown: Flask,
    client_as: Callable[[str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_view(faults_shown, monkeypatch, "home.healthz", ZeroDivisionError("secret detail"))
    answer = client_as("cadre").get("/healthz")
    assert answer.status_code == 500
    check_headers(answer, "500")
    assert "secret detail" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    reference = next(record.args[0] for record in caplog.records if record.name == "portal")  # type: ignore[index]
    assert str(reference) in answer.text, "the page shows the number under which the log has the fault"


def test_static_files_send_the_headers(app: Flask) -> None:
    client = app.test_client()
    for path in ("css/app.css", "js/app.js", "img/icons.svg"):
        with client.get(f"/static/{path}") as answer:
            assert answer.status_code == 200, path
            check_headers(answer, path)
            assert "Set-Cookie" not in answer.headers, path
    answer = client.get("/static/no-such-file.js")
    assert answer.status_code == 404
    check_headers(answer, "missing static file")


def test_static_files_stay_inside_their_folder(app: Flask) -> None:
    client = app.test_client()
    for path in ("../manage.py", "..%2fmanage.py", "%2e%2e/manage.py", "css/../../manage.py"):
        answer = client.get(f"/static/{path}")
        assert answer.status_code == 404, path


def test_asset_addresses_change_with_the_file(app: Flask) -> None:
    from portal.web.assets import asset

    with app.test_request_context():
        address = asset("css/app.css")
    digest = hashlib.sha256((ROOT / "static" / "css" / "app.css").read_bytes()).hexdigest()[:12]
    assert address.endswith(f"v={digest}")


def test_over_tls_browsers_are_told_to_stay(app: Flask) -> None:
    from portal.web.security import HSTS, SafeHeaders

    def named(name: str, *, tls: bool, said: Sequence[tuple[str, str]] = ()) -> list[str]:
        completed = SafeHeaders(app.wsgi_app, tls=tls).completed([*said, ("Content-Type", "text/html")])
        return [value for key, value in completed if key.lower() == name.lower()]

    assert named("Strict-Transport-Security", tls=True) == [HSTS]
    assert named("Strict-Transport-Security", tls=False) == []
    assert named("X-Frame-Options", tls=False) == ["DENY"]
    assert named("X-Frame-Options", tls=False, said=[("x-frame-options", "SAMEORIGIN")]) == ["SAMEORIGIN"]


def rows(session: scoped_session[Session]) -> dict[str, str]:
    """A digest of every table, without the columns that a GET may touch."""
    found = {}
    connection = session.connection()
    for table in sorted(inspect(connection).get_table_names()):
        skipped = MAY_CHANGE_ON_GET.get(table, set())
        columns = [c["name"] for c in inspect(connection).get_columns(table) if c["name"] not in skipped]
        content = connection.execute(text(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(columns)}"))
        found[table] = hashlib.sha256(repr(content.all()).encode()).hexdigest()
    return found


@pytest.mark.parametrize("label", [*PEOPLE, None])
def test_reading_changes_no_row(
    app: Flask, session: scoped_session[Session], client_as: Callable[[str], FlaskClient], label: str | None
) -> None:
    client = client_as(label) if label else app.test_client()
    before = rows(session)
    for endpoint, path in plain_pages(app):
        client.get(path)
        after = rows(session)
        changed = [table for table in after if after[table] != before[table]]
        assert not changed, f"GET {path} ({endpoint}) changes {changed}"


# Names that some page reads or that mean something to `url_for`, and values that no page has offered.
ARGUMENTS = (
    "after", "before", "cols", "day", "endpoint", "export", "kind", "next", "open", "print", "q", "size", "sort",
    "state", "unit", "up", "view", "year", "_anchor", "_external", "_method", "_scheme",
)  # fmt: skip
ODD = ("-1", "020269", "x", "²", "９", "\x00", "\ud83d", "💩", "9" * 30, "9" * 5000)


@pytest.mark.parametrize("label", ["exam_officer", "study_officer", "system_admin", "audit_admin"])
def test_no_argument_breaks_a_page(app: Flask, client_as: Callable[[str], FlaskClient], label: str) -> None:
    client = client_as(label)
    for endpoint, path in plain_pages(app):
        for value in ODD:
            asked = urlencode(dict.fromkeys(ARGUMENTS, value), errors="surrogatepass")
            answer = client.get(f"{path}?{asked}")
            assert answer.status_code < 500, f"{endpoint}: {value[:9]!r}"


def test_last_seen_moves_once_a_minute(
    session: scoped_session[Session], client_as: Callable[[str], FlaskClient]
) -> None:
    client = client_as("cadre")
    row = session.query(LoginSession).one()
    long_ago = clock.now() - timedelta(minutes=5)
    row.last_seen_at = long_ago
    session.commit()
    client.get("/accounts/me")
    session.expire_all()
    first = session.query(LoginSession).one().last_seen_at
    assert first > long_ago
    client.get("/accounts/me")
    session.expire_all()
    assert session.query(LoginSession).one().last_seen_at == first
