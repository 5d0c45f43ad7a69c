"""The English is complete, and an English page shows Chinese only where the data are Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from babel.support import NullTranslations
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session, scoped_session

from portal.web import catalogues, i18n
from portal.web.catalogues import CHINESE, problems
from portal.web.i18n import COOKIE
from tests.conftest import drop_kept
from tests.support.people import PEOPLE
from tests.support.routes import plain_pages

ENGLISH = "en.normal.m.normal"
# Chinese by intent: the seal in the brand, and the name of the other language in its own script.
BY_INTENT = ["法", "中文"]


def test_every_text_has_its_english() -> None:
    found = problems()
    assert not found, "\n".join(found)


def texts_of_data(app: Flask, session: scoped_session[Session]) -> list[str]:
    """Every Chinese text in the database, and what the site calls itself; longest first."""
    site = app.config["PORTAL"]
    found = {site.bureau, site.site_name, site.phone}
    connection = session.connection()
    for table in inspect(connection).get_table_names():
        for row in connection.execute(text(f"SELECT * FROM {table}")):
            found |= {value for value in row if isinstance(value, str) and CHINESE.search(value)}
            # Details of the log are JSON; the page shows the values in it.
            found |= set(re.findall(r'"([^"]*)"', str([value for value in row if isinstance(value, str)])))
    return sorted((each for each in found if each), key=len, reverse=True)


def chinese_left(page: str, data: list[str]) -> Iterator[str]:
    """Runs of Chinese on a page, in text or in what is read aloud, that are no data."""
    shown = re.sub(r"<!--.*?-->|<script\b.*?</script>", " ", page, flags=re.DOTALL)
    shown = unescape(shown)
    for value in data:
        shown = shown.replace(value, " ")
    for match in re.finditer(r"[\u4e00-\u9fff][^<>\"]*", shown):
        if match.group().strip() not in BY_INTENT:
            yield match.group().strip()


class Marked(NullTranslations):
    """A catalogue that has every text: what is still Chinese on a page never went through it."""

    def gettext(self, message: str) -> str:
        """The places of the message, between marks."""
        return f"[{' '.join(re.findall(r'%[(][a-z_]+[)][sd]', message))}]" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The same for both forms."""
        return self.gettext(msgid1)

    ugettext, ungettext = gettext, ngettext


def left_on_pages(client: FlaskClient, app: Flask, data: list[str]) -> dict[str, list[str]]:
    """endpoint -> Chinese that should not be there, over all pages without a parameter."""
    client.set_cookie(COOKIE, ENGLISH)
    found: dict[str, list[str]] = {}
    for endpoint, path in plain_pages(app):
        answer = client.get(path)
        if answer.mimetype == "text/html" and (left := list(chinese_left(answer.text, data))):
            found[endpoint] = left
    return found


@pytest.fixture
def marked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue above. What is kept of the true one is not seen here, nor what is kept of this one elsewhere."""

    def forget() -> None:
        i18n._translated.cache_clear()
        app.extensions.pop("fixed-parts", None)
        drop_kept(app)

    forget()
    with monkeypatch.context() as patched:
        patched.setattr(i18n, "catalogue", lambda _language: Marked())
        yield
    forget()


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("label", [*PEOPLE, None])
def test_no_page_says_anything_past_the_catalogue(
    app: Flask,
    session: scoped_session[Session],
    client_as: Callable[[str], FlaskClient],
    label: str | None,
) -> None:
    client = client_as(label) if label else app.test_client()
    found = left_on_pages(client, app, texts_of_data(app, session))
    assert not found, "\n".join(f"{endpoint}: {left}" for endpoint, left in found.items())


@pytest.mark.parametrize("label", ["exam_officer", "system_admin", "audit_admin", None])
def test_an_english_page_is_english(
    app: Flask, session: scoped_session[Session], client_as: Callable[[str], FlaskClient], label: str | None
) -> None:
    client = client_as(label) if label else app.test_client()
    found = left_on_pages(client, app, texts_of_data(app, session))
    assert not found, "\n".join(f"{endpoint}: {left}" for endpoint, left in found.items())


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_an_error_page_is_english(
    app: Flask, session: scoped_session[Session], client_as: Callable[[str], FlaskClient], status: int
) -> None:
    client = client_as("cadre")
    client.set_cookie(COOKIE, ENGLISH)
    answer = {
        400: lambda: client.post("/accounts/logout"),
        403: lambda: client.get("/audit/"),
        404: lambda: client.get("/no-such-page"),
        405: lambda: client.delete("/healthz"),
    }[status]()
    assert answer.status_code == status
    assert list(chinese_left(answer.text, texts_of_data(app, session))) == []


def test_the_scan_sees_chinese() -> None:
    assert list(chinese_left('<p title="甲">乙 x</p><b>中文</b><i>丙</i>', ["丙"])) == ["甲", "乙 x"]


def test_a_text_that_would_break_an_attribute_is_found() -> None:
    assert catalogues.BREAKS.search('Take "x" out?')
    assert catalogues.BREAKS.search("a <b>")
    assert not catalogues.BREAKS.search("Take “x” out? It's > 5 & fine")
